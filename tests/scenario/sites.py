"""Statements about web sites, for previews."""
import json

from fake_site import Site
from pictures import picture
from values import ScriptError


class SiteStatements:
    def do_site(self, words, scope) -> None:
        """site w: a web site on loopback; {w.url} is its address."""
        site = Site()
        self.world.outsiders.append(site)
        scope.set(words[0], site)

    def do_serve(self, words, scope) -> None:
        """serve w /path page "…" | png:64x48 | redirect "…" | …: see tests/support/fake_site.py."""
        name, path, manner, *rest = words
        if made := picture(manner):
            kind = "image/" + manner.split(":")[0]
            scope.get(name).manners[path] = ["file", json.loads(rest[0]) if rest else kind, made]
            return
        if not hasattr(Site, f"do_{manner}"):
            raise ScriptError(f"no site serves {manner!r}")
        scope.get(name).manners[path] = [manner, *(json.loads(scope.json_text(word)) if word.startswith('"') else word
                                                   for word in rest)]

    def do_asked(self, words, scope) -> None:
        """asked w ["/path"…]: exactly this was asked of the site since the last time, in this order."""
        wanted, found = json.loads(scope.json_text(words[1])), scope.get(words[0]).take_asked()
        if found != wanted:
            raise self.failure(f"the site was asked for {found}")
