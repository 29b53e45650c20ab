"""The story that every pair of clients goes through, in steps; each step is one test."""
import hashlib
import json
import shutil
import struct
import subprocess
import tempfile
import threading
import time
import uuid
import zlib
from pathlib import Path
from urllib.parse import quote

from agents import Agent, AgentError
from server import SLOWNESS, External, Server

SENDS = 20  # of each client while the server is killed
KILLS = 3
MISSED = 35  # messages that a client misses while it does not sync, more than one page of a timeline and one of history


class Failed(Exception):
    pass


def expect(holds: bool, text: str) -> None:
    if not holds:
        raise Failed(text)


def png(width: int = 96, height: int = 64) -> bytes:
    rows = b"".join(b"\0" + bytes(v % 256 for x in range(width) for v in (x * 3, y * 5, x * y)) for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Story:
    def __init__(self, first: str, second: str, binary: Path, external: tuple[str, int] | None):
        self.kinds = (first, second)
        self.name = f"{first} and {second}"
        self.external = external
        self.folder = Path(tempfile.mkdtemp(prefix="peyk-clients-"))
        self.server = External(*external) if external else Server(binary)
        self.run_id = uuid.uuid4().hex[:6]
        self.agents: list[Agent] = []
        self.room = ""
        self.acknowledged: dict[str, str] = {}  # event id -> text
        self.reactions: dict[str, str] = {}  # event id -> key, all of them to `first`
        self.edits: dict[str, str] = {}  # event id -> what it edits
        self.slips: list[str] = []  # taken back
        self.pictures: list[tuple[str, str]] = []  # event id, sum of the clear picture

    def steps(self) -> list:
        libraries = ["jssdk" if kind == "sliding" else kind for kind in self.kinds]
        same = libraries[0] == libraries[1]
        steps = [self.register, self.make_an_encrypted_room]
        if libraries == ["jssdk", "jssdk"]:
            steps.append(self.set_up_cross_signing_and_backup)
        if same:
            steps.append(self.verify_by_emoji)
        steps += [self.exchange_text, self.send_an_encrypted_image, self.edit, self.react, self.redact]
        if libraries == ["nio", "nio"]:
            steps.append(self.catch_up_over_a_gap)
        steps += [self.send_while_the_server_is_killed, self.find_every_message_exactly_once, self.find_all_that_was_done_before]
        if libraries == ["jssdk", "jssdk"]:
            steps += [self.read_all_on_a_new_device, self.lose_the_password]
        return steps

    def txn(self) -> str:
        return f"t{uuid.uuid4().hex[:12]}"

    def close(self) -> None:
        for agent in self.agents:
            agent.close()
        self.server.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- steps ------------------------------------------------------------------------------------------------------

    def register(self) -> None:
        if isinstance(self.server, Server):
            self.server.start()
        names = ("ada", "bob")
        for kind, name in zip(self.kinds, names):
            agent = Agent(kind, name, self.folder)
            self.agents.append(agent)
            agent.start(self.server.url, f"{name}-{self.run_id}", self.password(name))
        self.ada, self.bob = self.agents

    @staticmethod
    def password(name: str) -> str:
        return f"correct horse {name}"

    def make_an_encrypted_room(self) -> None:
        self.room = self.ada("create_room", invite=[self.bob.user_id])["room"]
        self.bob("join", room=self.room)
        everybody = [self.ada.user_id, self.bob.user_id]
        for agent in self.agents:
            agent("wait_members", room=self.room, users=everybody)

    def set_up_cross_signing_and_backup(self) -> None:
        self.recovery = self.ada("bootstrap", password=self.password("ada"))
        self.bob("bootstrap", password=self.password("bob"))

    def verify_by_emoji(self) -> None:
        if self.kinds[1] == "nio":
            self.bob("knows_device", user=self.ada.user_id, device=self.ada.device_id)
        started = self.ada.begin("verify_start", user=self.bob.user_id, device=self.bob.device_id)
        if self.kinds[1] == "jssdk":
            self.bob("verify_accept")
        started.result(60)
        seen = [agent("verify_emoji")["emoji"] for agent in self.agents]
        expect(len(seen[0]) == 7 and seen[0] == seen[1], f"the emoji differ: {seen}")
        for wait in [agent.begin("verify_confirm") for agent in self.agents]:
            wait.result(60)
        cross = self.kinds[0] != "nio"
        self.ada("is_verified", user=self.bob.user_id, device=self.bob.device_id, **({"cross_signed": True} if cross else {}))
        self.bob("is_verified", user=self.ada.user_id, device=self.ada.device_id, **({"cross_signed": True} if cross else {}))

    def exchange_text(self) -> None:
        for sender, reader in ((self.ada, self.bob), (self.bob, self.ada), (self.ada, self.bob)):
            text = f"سلام from {sender.name} 🌍 {self.txn()}"
            event = sender("send", room=self.room, text=text, txn=self.txn())["event_id"]
            self.acknowledged[event] = text
            seen = reader("wait_event", event_id=event)
            expect(seen["content"]["body"] == text and seen["encrypted"] and seen["sender"] == sender.user_id,
                   f"{reader.name} sees {seen}")
            stored = self.get(f"/rooms/{quote(self.room)}/event/{quote(event)}")
            expect(stored["type"] == "m.room.encrypted" and text not in json.dumps(stored, ensure_ascii=False),
                   "the server can read the message")
        self.first = event

    def send_an_encrypted_image(self) -> None:
        file = self.folder / "picture.png"
        file.write_bytes(png())
        wanted = hashlib.sha256(file.read_bytes()).hexdigest()
        for sender, reader in ((self.ada, self.bob), (self.bob, self.ada)):
            event = sender("image", room=self.room, file=str(file), txn=self.txn())["event_id"]
            seen = reader("wait_event", event_id=event)
            expect(seen["content"]["msgtype"] == "m.image", f"{reader.name} sees {seen}")
            got = reader("fetch_image", event_id=event)
            expect(got["sha256"] == wanted, f"{reader.name} decrypts another picture")
            expect(got["stored_sha256"] != wanted, "the server holds the picture in clear")
            self.pictures.append((event, wanted))

    def edit(self) -> None:
        event = self.ada("edit", room=self.room, event_id=self.first, text="better words", txn=self.txn())["event_id"]
        self.edited = event
        seen = self.bob("wait_event", event_id=event)
        relation = seen["content"].get("m.relates_to", {})
        expect(seen["content"]["m.new_content"]["body"] == "better words" and relation.get("event_id") == self.first
               and relation.get("rel_type") == "m.replace", f"bob sees {seen}")

    def react(self) -> None:
        event = self.bob("react", room=self.room, event_id=self.first, key="👍", txn=self.txn())["event_id"]
        self.reactions[event] = "👍"
        seen = self.ada("wait_event", event_id=event)
        expect(seen["type"] == "m.reaction" and seen["content"]["m.relates_to"]["key"] == "👍", f"ada sees {seen}")

    def redact(self) -> None:
        event = self.ada("send", room=self.room, text="a slip", txn=self.txn())["event_id"]
        self.bob("wait_event", event_id=event)
        redaction = self.ada("redact", room=self.room, event_id=event, txn=self.txn())["event_id"]
        seen = self.bob("wait_event", event_id=redaction)
        expect(seen["type"] == "m.room.redaction" and seen.get("redacts") == event, f"bob sees {seen}")
        stored = self.get(f"/rooms/{quote(self.room)}/event/{quote(event)}")
        expect(stored["content"] == {}, f"the server keeps {stored}")
        self.redacted, self.redaction = event, redaction

    def catch_up_over_a_gap(self) -> None:
        """More was said than a timeline holds: the rest is fetched from the history."""
        before = self.bob("count_gaps")["gaps"]
        self.bob("pause")
        said = []
        for number in range(MISSED):
            text = f"while bob is away {number} {self.txn()}"
            event = self.ada("send", room=self.room, text=text, txn=self.txn())["event_id"]
            self.acknowledged[event] = text
            said.append(event)
        self.bob("resume")
        for event in said:
            seen = self.bob("wait_event", event_id=event)
            expect(seen["content"].get("body") == self.acknowledged[event], f"bob sees {seen}")
        expect(self.bob("count_gaps")["gaps"] > before, "the timeline had no gap")

    def send_while_the_server_is_killed(self) -> None:
        """Both send without pause; the server is killed in the middle, three times. Every send is acknowledged in the end:
        texts, reactions, edits of one's own texts, and texts that are taken back."""
        errors: list[Exception] = []

        def write(agent: Agent) -> None:
            try:
                for number in range(SENDS):
                    text = f"{agent.name} {number} {self.txn()}"
                    event = agent("send", timeout=120, room=self.room, text=text, txn=self.txn())["event_id"]
                    expect(event not in self.acknowledged, "two messages under one event id")
                    self.acknowledged[event] = text
                    if number % 7 == 3:
                        edit = agent("edit", timeout=120, room=self.room, event_id=event, text=f"better {text}", txn=self.txn())
                        self.edits[edit["event_id"]] = event
                    if number % 7 == 5:
                        slip = agent("send", timeout=120, room=self.room, text=f"slip {text}", txn=self.txn())["event_id"]
                        agent("redact", timeout=120, room=self.room, event_id=slip, txn=self.txn())
                        self.slips.append(slip)
                    if number % 5 == 0:
                        key = f"{agent.name} {number}"
                        event = agent("react", timeout=120, room=self.room, event_id=self.first, key=key, txn=self.txn())
                        self.reactions[event["event_id"]] = key
                    time.sleep(0.05)
            except Exception as error:
                errors.append(error)

        before = len(self.acknowledged)
        threads = [threading.Thread(target=write, args=(agent,)) for agent in self.agents]
        for thread in threads:
            thread.start()
        if isinstance(self.server, Server):
            for kill in range(1, KILLS + 1):
                end = time.monotonic() + 60 * SLOWNESS
                while len(self.acknowledged) - before < kill * SENDS // 2 and time.monotonic() < end:
                    time.sleep(0.005)
                self.server.kill()
                time.sleep(0.1)
                self.server.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        expect(len(self.acknowledged) - before == 2 * SENDS, f"{len(self.acknowledged) - before} sends were acknowledged")

    def find_every_message_exactly_once(self) -> None:
        history = self.history()
        ids = [event["event_id"] for event in history]
        expect(len(ids) == len(set(ids)), "an event is in the history twice")
        lost = [event for event in self.acknowledged if event not in ids]
        expect(not lost, f"lost: {lost}")
        for agent in self.agents:
            for event, text in self.acknowledged.items():
                try:
                    seen = agent("wait_event", timeout=20, event_id=event)
                except AgentError as error:
                    have = [e for e in agent("events", room=self.room)["events"] if e["event_id"] == event]
                    raise Failed(f"{agent.name} does not read {text!r} ({event}): {error}; it has {have}") from None
                expect(seen["content"].get("body") == text, f"{agent.name} reads {seen} instead of {text}")
            bodies = [e["content"].get("body") for e in agent("events", room=self.room)["events"]]
            for text in self.acknowledged.values():
                expect(bodies.count(text) == 1, f"{agent.name} has {bodies.count(text)} times {text!r}")

    def find_all_that_was_done_before(self) -> None:
        """The pictures, the edit, every reaction, the redaction and the verification have survived the kills too."""
        for agent in self.agents:
            for event, wanted in self.pictures:
                expect(agent("fetch_image", event_id=event)["sha256"] == wanted, f"{agent.name} decrypts another picture")
        first = self.get(f"/rooms/{quote(self.room)}/event/{quote(self.first)}")
        bundled = first["unsigned"]["m.relations"]["m.replace"]
        expect(bundled["event_id"] == self.edited, f"the edit is not the last one: {bundled}")
        expect(len(self.edits) >= 4 and len(self.slips) >= 4, f"edits {self.edits}, taken back {self.slips}")
        for edit, event in self.edits.items():
            told = self.get(f"/rooms/{quote(self.room)}/event/{quote(event)}")["unsigned"]["m.relations"]["m.replace"]
            expect(told["event_id"] == edit, f"{event} was edited by {edit}, not by {told}")
        for slip in self.slips:
            left = self.get(f"/rooms/{quote(self.room)}/event/{quote(slip)}")
            expect(left["content"] == {}, f"what was taken back is there: {left}")
        path = f"/_matrix/client/v1/rooms/{quote(self.room)}/relations/{quote(self.first)}/m.annotation"
        reactions = {event["event_id"]: event["content"]["m.relates_to"]["key"]
                     for event in self.get(f"{path}?limit=100", whole=True)["chunk"]}
        expect(reactions == self.reactions, f"reactions: {reactions} instead of {self.reactions}")
        redacted = self.get(f"/rooms/{quote(self.room)}/event/{quote(self.redacted)}")
        expect(redacted["content"] == {} and redacted["unsigned"]["redacted_because"]["event_id"] == self.redaction,
               f"the server keeps {redacted}")
        if hasattr(self, "recovery"):  # both have cross-signed: ada's signature under bob's key is kept by the server
            asked = json.dumps({"device_keys": {self.bob.user_id: []}}).encode()
            answer = self.server.client().request("POST", "/_matrix/client/v3/keys/query", asked,
                                                  headers={"Authorization": f"Bearer {self.ada.token}"}).json()
            signed = answer["master_keys"][self.bob.user_id]["signatures"]
            expect(self.ada.user_id in signed, f"signatures under bob's key: {signed}")

    def read_all_on_a_new_device(self) -> None:
        """A new device of ada, with nothing but the recovery key, reads the whole history out of the key backup."""
        end = time.monotonic() + 60 * SLOWNESS
        while (stored := self.get("/room_keys/version")["count"]) < 2:  # one session of each sender
            expect(time.monotonic() < end, f"the backup holds {stored} keys")
            time.sleep(0.1)
        tablet = Agent(self.kinds[0], "tablet", self.folder)
        self.agents.append(tablet)
        tablet.start(self.server.url, f"ada-{self.run_id}", self.password("ada"), login=True)
        restored = tablet("restore", private_key=self.recovery["private_key"])
        expect(restored["total"] > 0 and restored["imported"] == restored["total"],
               f"restored: {restored}")
        for event, text in self.acknowledged.items():
            seen = tablet("wait_event", event_id=event)
            expect(seen["content"].get("body") == text, f"the new device reads {seen}")
        for event, wanted in self.pictures:
            tablet("wait_event", event_id=event)
            expect(tablet("fetch_image", event_id=event)["sha256"] == wanted, "the new device decrypts another picture")

    def lose_the_password(self) -> None:
        """A reset link of the operator's lets ada in again, and opens nothing: what is encrypted needs the recovery key."""
        if not isinstance(self.server, Server):
            return
        made = subprocess.run([self.server.binary, "user", "reset-link", f"ada-{self.run_id}", "--config", self.server.config],
                              check=True, capture_output=True, text=True)
        token = made.stdout.rpartition("?token=")[2].split()[0]
        answer = self.server.client().request("POST", "/_peyk/client/v1/password_reset", json.dumps(
            {"token": token, "new_password": "another long one"}).encode())
        expect(answer.status == 200, f"the link: {answer.status} {answer.body[:300]!r}")
        stranger = Agent(self.kinds[0], "stranger", self.folder)
        self.agents.append(stranger)
        stranger.start(self.server.url, f"ada-{self.run_id}", "another long one", login=True)
        event = next(iter(self.acknowledged))
        readable = None
        try:
            readable = stranger("wait_event", timeout=3, event_id=event)
        except AgentError:
            pass
        expect(readable is None, f"without the recovery key the new device reads {readable}")
        stranger("restore", private_key=self.recovery["private_key"])
        expect(stranger("wait_event", event_id=event)["content"].get("body") == self.acknowledged[event], "the recovery key opens it")

    # ---- the server's side ------------------------------------------------------------------------------------------

    def get(self, path: str, whole: bool = False) -> dict:
        answer = self.server.client().request("GET", path if whole else "/_matrix/client/v3" + path,
                                              headers={"Authorization": f"Bearer {self.ada.token}"})
        expect(answer.status == 200, f"GET {path}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    def history(self) -> list[dict]:
        out, position = [], ""
        while True:
            page = self.get(f"/rooms/{quote(self.room)}/messages?dir=b&limit=50{position}")
            out += page["chunk"]
            if "end" not in page or not page["chunk"]:
                return out
            position = f"&from={quote(page['end'])}"
