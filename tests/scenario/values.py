"""Values of scenario scripts: placeholders, paths into captured answers, literals."""
import hashlib
import json
import re
from urllib.parse import quote

PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.:@*-]*(?:\[[^\]{}\"]*\][\w.:@*\[\]-]*)?)\}")
LITERAL = re.compile(r'^("|-?\d|\[|\{\s*["}]|true$|false$|null$)')
META = re.compile(r"^(?P<name>\w+):(?P<what>status|length|sha256|text|ms|server|media|header\((?P<header>[\w-]+)\))$")


class ScriptError(Exception):
    """The script itself is wrong."""


class Missing:
    """What a path that leads nowhere yields."""

    def __repr__(self):
        return "(nothing)"


MISSING = Missing()


class Capture:
    """An answer under a name: its JSON, and what lies around it."""

    def __init__(self, answer, milliseconds: float):
        self.answer, self.milliseconds = answer, milliseconds
        try:
            self.value = json.loads(answer.body)
        except ValueError:
            self.value = MISSING

    def meta(self, what: str, header: str | None):
        if header:
            return self.answer.headers.get(header.lower(), MISSING)
        body = self.answer.body
        if what in ("server", "media"):  # the parts of content_uri
            server, media = self.value["content_uri"].removeprefix("mxc://").split("/")
            return server if what == "server" else media
        return {"status": self.answer.status, "length": len(body), "sha256": hashlib.sha256(body).hexdigest(),
                "text": body.decode("utf-8", "replace"), "ms": int(self.milliseconds)}[what]


def split(line: str) -> list[str]:
    """Words of a statement; quotes and brackets hold a word together."""
    words, word, depth, quoted, escaped = [], "", 0, False, False
    for char in line:
        if quoted:
            word += char
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                quoted = False
        elif char.isspace() and depth == 0:
            if word:
                words.append(word)
            word = ""
        else:
            word += char
            quoted = char == '"'
            depth += (char in "{[(") - (char in "}])")
    if word:
        words.append(word)
    return words


def arrow(words: list[str]):
    """Splits off "-> 200 M_X name": (words before, (statuses, errcode, name))."""
    if "->" not in words:
        return words, ((200,), None, None)
    at = words.index("->")
    statuses, errcode, name = (200,), None, None
    for word in words[at + 1:]:
        if re.fullmatch(r"\d{3}(\|\d{3})*", word):
            statuses = tuple(map(int, word.split("|")))
        elif re.fullmatch(r"[A-Z][A-Z0-9_.]+", word):
            errcode = word
        else:
            name = word
    return words[:at], (statuses, errcode, name)


def open_brackets(text: str) -> int:
    depth, quoted, escaped = 0, False, False
    for char in text:
        if quoted:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                quoted = False
        elif char == '"':
            quoted = True
        else:
            depth += (char in "{[") - (char in "}]")
    return depth


class Scope:
    """Everything that has a name in a script."""

    def __init__(self, parent: "Scope | None" = None):
        self.names: dict[str, object] = {}
        self.parent = parent

    def set(self, name: str, value) -> None:
        self.names[name] = value

    def get(self, name: str):
        if name in self.names:
            return self.names[name]
        if self.parent:
            return self.parent.get(name)
        raise ScriptError(f"nothing is called {name!r}")

    # ---- text -----------------------------------------------------------------------------------------------------

    def text(self, template: str) -> str:
        return PLACEHOLDER.sub(lambda m: as_text(self.expression(m[1])), template)

    def path(self, template: str) -> str:
        """A request target: placeholders percent-encoded, the rest as written but for what HTTP cannot carry."""
        out, end = "", 0
        for match in PLACEHOLDER.finditer(template):
            out += quote(template[end:match.start()], safe="/%?&=:@!$*'(),;~+-._")
            out += quote(as_text(self.expression(match[1])), safe="")
            end = match.end()
        return out + quote(template[end:], safe="/%?&=:@!$*'(),;~+-._")

    def json_text(self, template: str) -> str:
        """JSON with placeholders: inside quotes as text, elsewhere as a value."""
        out, at, quoted = "", 0, False
        while at < len(template):
            char = template[at]
            match = PLACEHOLDER.match(template, at) if char == "{" else None
            if match:
                value = self.expression(match[1])
                out += json.dumps(as_text(value))[1:-1] if quoted else json.dumps(value)
                at = match.end()
                continue
            if char == "\\" and quoted:
                out += template[at:at + 2]
                at += 2
                continue
            quoted ^= char == '"'
            out += char
            at += 1
        return out

    # ---- expressions ----------------------------------------------------------------------------------------------

    def expression(self, text: str):
        """A literal, or a name with a path: s1.rooms.join.{lobby}.timeline.events[type=m.room.name][0].content"""
        if LITERAL.match(text):
            try:
                return json.loads(self.json_text(text))
            except ValueError as error:
                raise ScriptError(f"not JSON: {text} ({error})") from None
        whole = PLACEHOLDER.fullmatch(text)
        if whole:
            return self.expression(whole[1])
        meta = META.match(text)
        if meta:
            capture = self.get(meta["name"])
            if not isinstance(capture, Capture):
                raise ScriptError(f"{meta['name']} is not an answer")
            return capture.meta(meta["what"], meta["header"])
        match = re.match(r"\w+", text)
        if not match:
            raise ScriptError(f"not an expression: {text}")
        value = self.get(match[0])
        if isinstance(value, Capture):
            value = value.value
        return self.walk(value, text[match.end():])

    def walk(self, value, path: str):
        at, many = 0, False
        while at < len(path):
            step, at = self.step(path, at)
            if many:
                value = [found for found in (select(item, step) for item in value) if found is not MISSING]
            elif step == "*":
                many = True
                value = list(value.values()) if isinstance(value, dict) else value
                if not isinstance(value, list):
                    return MISSING
            else:
                value = select(value, step)
                if value is MISSING:
                    return MISSING
        return value

    def keys_of(self, text: str) -> list[str]:
        """The keys that are written out in a path, its conditions included. Values of placeholders are no keys of ours."""
        match = re.match(r"\w+", text)
        if LITERAL.match(text) or META.match(text) or not match:
            return []
        out, path, at = [], text[match.end():], 0
        while at < len(path):
            placeholder = path[at:at + 2] == ".{"
            step, at = self.step(path, at)
            if isinstance(step, list):
                out += [key for condition, _ in step for key in condition.split(".")]
            elif isinstance(step, str) and step != "*" and not placeholder:
                out.append(step)
        return out

    def step(self, path: str, at: int):
        """One step of a path, and the position behind it: a key, an index, "*", or a list of conditions."""
        if path[at] == ".":
            if path[at + 1:at + 2] == "{":
                end = path.index("}", at) + 1
                return as_text(self.expression(path[at + 1:end])), end
            match = re.compile(r"[^.\[]+").match(path, at + 1)
            if not match:
                raise ScriptError(f"bad path {path}")
            return match[0], match.end()
        if path[at] != "[":
            raise ScriptError(f"bad path {path}")
        if path[at + 1] == '"':
            end = path.index('"', at + 2)
            return self.text(path[at + 2:end]), end + 2
        end = path.index("]", at)
        inside = path[at + 1:end]
        if inside == "*":
            return "*", end + 1
        if re.fullmatch(r"-?\d+", inside):
            return int(inside), end + 1
        conditions = [part.split("=", 1) for part in inside.split(",")]
        return [(self.text(key), self.text(wanted)) for key, wanted in conditions], end + 1


def as_text(value) -> str:
    if isinstance(value, Capture):
        value = value.value
    if isinstance(value, str):
        return value
    if hasattr(value, "text"):
        return value.text
    return json.dumps(value)


def select(value, step):
    if isinstance(step, list):
        if not isinstance(value, list):
            return MISSING
        return [item for item in value if all(matches(item, key, wanted) for key, wanted in step)]
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and -len(value) <= step < len(value) else MISSING
    if hasattr(value, "fields"):
        if step not in value.fields():
            raise ScriptError(f"there is no {step!r} of it, only {', '.join(value.fields())}")
        return value.fields()[step]
    return value.get(step, MISSING) if isinstance(value, dict) else MISSING


def matches(item, key: str, wanted: str) -> bool:
    """key=wanted of a condition: the key may lead into an object (content.body), and its value is compared as text."""
    found = item
    if isinstance(item, dict) and key in item:
        found = item[key]
    else:
        for part in key.split("."):
            found = found.get(part, MISSING) if isinstance(found, dict) else MISSING
    return found is not MISSING and as_text(found) == wanted


def is_there(value) -> bool:
    return value is not MISSING and value != []
