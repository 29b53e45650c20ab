"""Statements about those whom the server calls or writes to: push gateways, mail servers, identity servers. A part of the
Runner in script.py; README.md describes them."""
import json
import time

from fake_gateway import Gateway
from fake_identity import IdentityServer
from fake_mail import Mailbox
from server import SLOWNESS
from values import arrow


class OutsideStatements:
    # ---- push gateways --------------------------------------------------------------------------------------------

    def do_gateway(self, words, scope) -> None:
        """gateway g [answers ok | reject KEY | status 503 | hang | garbage | flood | redirect URL]"""
        name, *manner = words
        if not manner:
            gateway = Gateway()
            self.world.outsiders.append(gateway)
            scope.set(name, gateway)
            return
        scope.get(name).manner = [scope.text(word) for word in manner[1:]]

    def do_pushed(self, words, scope) -> None:
        """pushed g 2 [-> name]: exactly so many notifications since the last time, in this order."""
        words, (_, _, name) = arrow(words)
        found = scope.get(words[0]).wait_for(int(words[1]), (15 if int(words[1]) else 1) * SLOWNESS)
        if name:
            scope.set(name, found)
        if len(found) != int(words[1]):
            raise self.failure(f"{len(found)} notifications came: {json.dumps(found)[:2000]}")

    def do_tried(self, words, scope) -> None:
        """tried g 3: at least so many requests, however they were answered, since the last time."""
        found = scope.get(words[0]).wait_attempts(int(words[1]), 15 * SLOWNESS)
        if found < int(words[1]):
            raise self.failure(f"{found} requests came")

    # ---- mail -----------------------------------------------------------------------------------------------------

    def do_mailbox(self, words, scope) -> None:
        """mailbox m [ok | busy | refuse]: before the server, which is told m.port."""
        name, *manner = words
        if manner:
            scope.get(name).manner = manner[0]
            return
        mailbox = Mailbox()
        self.outsider(name, mailbox, scope)

    def do_mailed(self, words, scope) -> None:
        """mailed m ADDRESS [-> name]: the next mail to the address; its subject, text and links."""
        words, (_, _, name) = arrow(words)
        mail = scope.get(words[0]).wait_for(scope.text(words[1]), 15 * SLOWNESS)
        if mail is None:
            raise self.failure(f"no mail came to {words[1]}")
        if name:
            scope.set(name, mail)

    def do_open_link(self, words, scope) -> None:
        """open_link mail.links[0] [-> 200 page]: the address of a mail, at the script's server."""
        self.follow("GET", words, scope)

    def do_confirm_link(self, words, scope) -> None:
        """confirm_link mail.links[0] [-> 200 page]: what the button on the page of such an address does."""
        self.follow("POST", words, scope)

    def follow(self, method: str, words, scope) -> None:
        words, expected = arrow(words)
        path, _, query = scope.expression(words[0]).split("://", 1)[1].partition("/")[2].partition("?")
        target, body, headers = f"/{path}?{query}", None, {}
        if method == "POST":
            target, body = f"/{path}", query.encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.monotonic()
        answer = self.world.request(self.world.server(None), method, target, body, headers)
        self.expect(answer, expected, scope, time.monotonic() - began)

    def do_not_mailed(self, words, scope) -> None:
        """not_mailed m ADDRESS: no further mail, within a second."""
        mail = scope.get(words[0]).wait_for(scope.text(words[1]), SLOWNESS)
        if mail is not None:
            raise self.failure(f"a mail came: {mail['subject']}")

    # ---- identity servers ---------------------------------------------------------------------------------------

    def do_identity(self, words, scope) -> None:
        """identity i: an identity server, {i.name}; it is asked {i.requests}."""
        self.outsider(words[0], IdentityServer(), scope)

    def do_proof(self, words, scope) -> None:
        """proof i TOKEN SENDER INVITED -> name: what the identity server signs for who was invited by address."""
        words, (_, _, name) = arrow(words)
        scope.set(name, scope.get(words[0]).proof(*map(scope.text, words[1:])))

    def outsider(self, name: str, made, scope) -> None:
        self.world.outsiders.append(made)
        scope.set(name, made)
