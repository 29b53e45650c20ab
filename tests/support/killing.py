"""kill -9 under load: senders that retry with the same transaction id until they are answered, a server that is killed
again and again, and a count at the end of what was lost and what is there twice."""
import json
import random
import threading
import time
import uuid
from urllib.parse import quote

from httpc import Client
from server import Server

CLIENT = "/_matrix/client/v3"


class Sender(threading.Thread):
    def __init__(self, port: int, token: str, room: str, name: str, stopped: threading.Event):
        super().__init__(daemon=True)
        self.client = Client("127.0.0.1", port, timeout=10)
        self.token, self.room, self.label, self.stopped = token, room, name, stopped
        self.acknowledged: dict[str, str] = {}  # event id -> body
        self.retries = 0
        self.problem: str | None = None

    def run(self) -> None:
        number = 0
        while not self.stopped.is_set() and self.problem is None:
            number += 1
            text = f"{self.label} {number} {uuid.uuid4().hex}"
            self.send(f"{self.label}-{number}", text)

    def send(self, txn: str, text: str) -> None:
        path = f"{CLIENT}/rooms/{quote(self.room)}/send/m.room.message/{txn}"
        body = json.dumps({"msgtype": "m.text", "body": text}).encode()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                answer = self.client.request("PUT", path, body, {"Authorization": f"Bearer {self.token}"})
            except OSError:
                answer = None
            except Exception as error:
                if type(error).__name__ != "Disconnected":
                    raise
                answer = None
            if answer is not None and answer.status == 200:
                self.acknowledged[answer.json()["event_id"]] = text
                return
            if answer is not None and answer.status != 503:
                self.problem = f"a send is answered {answer.status} {answer.body[:200]!r}"
                return
            self.retries += 1
            time.sleep(0.005)
        self.problem = "a send found no answer for a minute"


def must(client: Client, method: str, path: str, body=None, token: str | None = None) -> dict:
    answer = client.request(method, CLIENT + path, None if body is None else json.dumps(body).encode(),
                            {"Authorization": f"Bearer {token}"} if token else {})
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
    return answer.json()


def history(client: Client, token: str, room: str) -> list[dict]:
    out, position = [], ""
    while True:
        page = must(client, "GET", f"/rooms/{quote(room)}/messages?dir=b&limit=1000{position}", None, token)
        out += page["chunk"]
        if "end" not in page or not page["chunk"]:
            return out
        position = f"&from={quote(page['end'], safe='')}"


def kill_under_load(binary, kills: int, senders: int = 8, seed: int = 1, report=lambda text: None) -> dict:
    """Counts over `kills` kills: acknowledged events, those lost, those there twice, sends that were retried."""
    chance = random.Random(seed)
    server = Server(binary, {"storage.durability": "sync"})
    stopped = threading.Event()
    threads: list[Sender] = []
    try:
        server.start()
        client = server.client()
        for number in range(senders):
            user = must(client, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "username": f"k{number}",
                                                      "password": "a long password"})
            room = must(client, "POST", "/createRoom", {"preset": "public_chat"}, user["access_token"])["room_id"]
            threads.append(Sender(server.port, user["access_token"], room, f"k{number}", stopped))
        client.drop()
        for thread in threads:
            thread.start()
        slowest = 0.0
        for kill in range(1, kills + 1):
            time.sleep(chance.uniform(0.02, 0.4))
            server.kill()
            slowest = max(slowest, server.start())
            if kill % 10 == 0:
                report(f"{kill} kills, {sum(len(t.acknowledged) for t in threads)} acknowledged")
            problems = [t.problem for t in threads if t.problem]
            if problems:
                raise RuntimeError(problems[0])
        stopped.set()
        for thread in threads:
            thread.join(90)
        lost = duplicated = changed = 0
        for thread in threads:
            events = history(server.client(), thread.token, thread.room)
            bodies = [e["content"].get("body") for e in events if e["type"] == "m.room.message"]
            found = {e["event_id"]: e["content"].get("body") for e in events}
            lost += sum(1 for event in thread.acknowledged if event not in found)
            changed += sum(1 for event, text in thread.acknowledged.items() if found.get(event, text) != text)
            duplicated += len(bodies) - len(set(bodies))
        server.stop()
        return {"kills": kills, "senders": senders, "acknowledged": sum(len(t.acknowledged) for t in threads),
                "retries": sum(t.retries for t in threads), "lost": lost, "duplicated": duplicated, "changed": changed,
                "slowest_start_ms": round(slowest * 1000)}
    finally:
        stopped.set()
        server.dispose()
