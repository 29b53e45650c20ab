"""What a story asks for and a browser cannot do: killing and starting the server, invitations, other clients, many rooms."""
import hashlib
import hmac
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from httpc import Answer, Client
from peyk_config import TEST_DEFAULTS
from second_host import SecondHost
from server import Server

CLIENTS = Path(__file__).resolve().parent.parent / "clients"
SECRET = TEST_DEFAULTS["registration"]["shared_secret"]
PASSWORD = "correct horse battery"


class Asked:
    """Answers a story's questions: {"do": "kill", …} is the method do_kill."""

    def answer(self, question: dict) -> dict:
        try:
            return getattr(self, "do_" + question.pop("do").replace("-", "_"))(**question) or {}
        except Exception as error:  # told to the story, which fails with it
            return {"error": f"{type(error).__name__}: {error}"}


class FarBackstage(Asked, SecondHost):
    def do_trust(self):
        self.trust()

    def do_link(self):
        return {"invitation": self.invitation}


class Backstage(Asked):
    def __init__(self, binary: Path, mode: str = "token"):
        self.nio = None
        self.admin: str | None = None
        self.scratch = tempfile.TemporaryDirectory()
        self.clerk_token = secrets.token_hex(16)
        self.server = Server(binary, {"registration.mode": mode, "appservices.files": [self.clerk()]})
        self.server.start()

    def clerk(self) -> str:
        """An application service that is never called, and may say when its messages were written."""
        path = Path(self.scratch.name) / "clerk.yaml"
        path.write_text(f"id: clerk\nurl: null\nas_token: {self.clerk_token}\nhs_token: {secrets.token_hex(16)}\nsender_localpart: _clerk\n"
                        "namespaces: {users: [{exclusive: true, regex: '@_clerk:.*'}], aliases: [], rooms: []}\n")
        return str(path)

    @property
    def url(self) -> str:
        return self.server.url

    def log_tail(self, lines: int) -> str:
        return self.server.log_tail(lines)

    def command(self, *command) -> tuple[list, dict]:
        """How a program of the story is run, and in which environment."""
        return list(command), dict(os.environ)

    def call(self, method: str, path: str, body: dict | None = None, token: str | None = None) -> dict:
        answer = self.request(self.server.client(), method, path, body, token)
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json()

    @staticmethod
    def request(client: Client, method: str, path: str, body: dict | None, token: str | None) -> Answer:
        return client.request(method, path, None if body is None else json.dumps(body).encode(),
                              {"Authorization": f"Bearer {token}"} if token else {})

    def register(self, name: str, admin: bool = False) -> dict:
        """An account, made with the shared secret of the test's configuration."""
        path = "/_synapse/admin/v1/register"
        nonce = self.call("GET", path)["nonce"]
        words = b"\0".join(part.encode() for part in (nonce, name, PASSWORD, "admin" if admin else "notadmin"))
        mac = hmac.new(SECRET.encode(), words, hashlib.sha1).hexdigest()
        return self.call("POST", path, {"nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac})

    def administrator(self) -> str:
        if self.admin is None:
            self.admin = self.register("root-" + secrets.token_hex(3), admin=True)["access_token"]
        return self.admin

    # ---- what stories ask for ---------------------------------------------------------------------------------------

    def do_kill(self):
        self.server.kill()

    def do_start(self):
        self.server.start()

    def do_admin(self):
        name = "root-" + secrets.token_hex(3)
        made = self.register(name, admin=True)
        return {"name": name, "user": made["user_id"], "token": made["access_token"]}

    def do_account(self, name: str):
        made = self.register(name)
        return {"user": made["user_id"], "token": made["access_token"]}

    def do_invitation(self, uses: int = 1, lifetime: float | None = None):
        """`lifetime` in seconds."""
        until = None if lifetime is None else {"expiry_time": int((time.time() + lifetime) * 1000)}
        token = self.call("POST", "/_synapse/admin/v1/registration_tokens/new", {"uses_allowed": uses, **(until or {})}, self.administrator())["token"]
        return {"token": token}

    def do_rooms(self, name: str, count: int):
        """An account in `count` rooms that another made and wrote in."""
        maker, user = self.register("maker-" + secrets.token_hex(3)), self.register(name)
        for n in range(count):
            room = self.call("POST", "/_matrix/client/v3/createRoom", {"name": f"Room {n:03}", "preset": "public_chat"}, maker["access_token"])["room_id"]
            self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", {}, user["access_token"])
            self.call("PUT", f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/t{n}", {"msgtype": "m.text", "body": f"Message {n}"}, maker["access_token"])

    def do_messages(self, token: str, room: str, count: int, word: str = "message"):
        """Numbered messages. Of many the last hundred are in order, those before it nearly: eight hands write them."""
        def write(client: Client, n: int) -> None:
            answer = self.request(client, "PUT", f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{word}{n}",
                                  {"msgtype": "m.text", "body": f"{word} {n} " + "lorem ipsum " * (n % 12)}, token)
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} {answer.body[:200]!r}")

        def hand(numbers: Iterator[int]) -> None:
            client = self.server.client()
            for n in numbers:
                write(client, n)

        together = count - 100 if count > 5000 else 0
        if together:
            numbers = iter(range(together))  # next() of it is one step, which threads cannot share
            with ThreadPoolExecutor(8) as hands:
                list(hands.map(hand, [numbers] * 8))
        hand(iter(range(together, count)))

    def do_past(self, room: str, times: list[int]):
        """A message in a public room for each of the moments, oldest first: "Written at MOMENT"."""
        self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", {}, self.clerk_token)
        for at in times:
            self.call("PUT", f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/at{at}?ts={at}", {"msgtype": "m.text", "body": f"Written at {at}."}, self.clerk_token)

    def do_nio(self, command: str, **parameters):
        if self.nio is None:
            sys.path.insert(0, str(CLIENTS))
            from agents import Agent
            self.nio = Agent("nio", "nio-" + secrets.token_hex(3), Path(self.scratch.name))
        if command == "start":
            self.nio.start(self.server.url, parameters["name"], PASSWORD)
            return {"user": self.nio.user_id, "device": self.nio.device_id}
        return self.nio(command, **parameters)

    def close(self) -> None:
        if self.nio:
            self.nio.close()
        self.server.dispose()
        self.scratch.cleanup()
