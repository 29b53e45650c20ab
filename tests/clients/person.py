"""Somebody with plain HTTP, for stories whose other side is a program that nobody here wrote."""
import json
import secrets
import time
from urllib.parse import quote

from server import SLOWNESS, Server

CLIENT = "/_matrix/client/v3"


class Person:
    """An account that sees one room.

    seen: the room's events that its syncs have brought. receipts: event id -> who has read up to it, as last told.
    """

    def __init__(self, server: Server, name: str):
        self.server = server
        self.token = self.since = self.room = ""
        self.seen: list[dict] = []
        self.receipts: dict[str, set[str]] = {}
        made = self.call("POST", f"{CLIENT}/register", {"auth": {"type": "m.login.dummy"}, "username": name,
                                                        "password": "a long password"})
        self.token, self.user_id = made["access_token"], made["user_id"]

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.server.client().request(method, path, json.dumps(body or {}).encode() if method != "GET" else None,
                                              headers)
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json()

    def make_room(self, **wanted) -> str:
        self.room = self.call("POST", f"{CLIENT}/createRoom", {"preset": "private_chat", **wanted})["room_id"]
        return self.room

    def invite(self, user_id: str) -> None:
        self.call("POST", f"{CLIENT}/rooms/{quote(self.room)}/invite", {"user_id": user_id})

    def join(self, room: str) -> None:
        self.room = self.call("POST", f"{CLIENT}/join/{quote(room)}")["room_id"]

    def say(self, text: str) -> str:
        return self.call("PUT", f"{CLIENT}/rooms/{quote(self.room)}/send/m.room.message/{secrets.token_hex(8)}",
                         {"msgtype": "m.text", "body": text})["event_id"]

    def sync(self) -> None:
        since = f"&since={self.since}" if self.since else ""
        answer = self.call("GET", f"{CLIENT}/sync?timeout=2000{since}")
        self.since = answer["next_batch"]
        joined = answer.get("rooms", {}).get("join", {}).get(self.room, {})
        self.seen += joined.get("state", {}).get("events", []) + joined.get("timeline", {}).get("events", [])
        for news in joined.get("ephemeral", {}).get("events", []):
            if news["type"] == "m.receipt":
                for event_id, kinds in news["content"].items():
                    self.receipts.setdefault(event_id, set()).update(kinds.get("m.read", {}))

    def wait_until(self, told, what: str, seconds: float = 30):
        """What `told` answers as soon as that is something, after what was seen already or while it syncs on."""
        end = time.monotonic() + seconds * SLOWNESS
        while not (found := told()):
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not come")
            self.sync()
        return found

    def wait_for(self, wanted, what: str = "an event that was waited for", seconds: float = 30) -> dict:
        return self.wait_until(lambda: next((event for event in self.seen if wanted(event)), None), what, seconds)

    def wait_for_join(self, user_id: str) -> None:
        self.wait_for(lambda event: event["type"] == "m.room.member" and event.get("state_key") == user_id
                      and event["content"]["membership"] == "join", f"the joining of {user_id}")
