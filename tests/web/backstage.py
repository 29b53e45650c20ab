"""What a story asks for and a browser cannot do: killing and starting the server, invitations, other clients, many rooms."""
import hashlib
import hmac
import json
import os
import secrets
import sys
import tempfile
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
        self.server = Server(binary, {"registration.mode": mode})
        self.server.start()
        self.nio = None
        self.admin: str | None = None
        self.scratch = tempfile.TemporaryDirectory()

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

    def do_invitation(self, uses: int = 1):
        token = self.call("POST", "/_synapse/admin/v1/registration_tokens/new", {"uses_allowed": uses}, self.administrator())["token"]
        return {"token": token}

    def do_rooms(self, name: str, count: int):
        """An account in `count` rooms that another made and wrote in."""
        maker, user = self.register("maker-" + secrets.token_hex(3)), self.register(name)
        for n in range(count):
            room = self.call("POST", "/_matrix/client/v3/createRoom", {"name": f"Room {n:03}", "preset": "public_chat"}, maker["access_token"])["room_id"]
            self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", {}, user["access_token"])
            self.call("PUT", f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/t{n}", {"msgtype": "m.text", "body": f"Message {n}"}, maker["access_token"])

    def do_messages(self, token: str, room: str, count: int, word: str = "message"):
        client = self.server.client()
        for n in range(count):
            answer = self.request(client, "PUT", f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{word}{n}",
                                  {"msgtype": "m.text", "body": f"{word} {n} " + "lorem ipsum " * (n % 12)}, token)
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} {answer.body[:200]!r}")

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
