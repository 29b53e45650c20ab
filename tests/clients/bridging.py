"""A bridge and a bot that nobody here wrote (matrix-appservice-bridge, matrix-bot-sdk): people on one side, a ghost and a program
on the other. Without encryption: the libraries' cryptography is a binary that is downloaded, and stays away."""
import json
import os
import queue
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from server import SLOWNESS, Server, free_port

HERE = Path(__file__).resolve().parent
CLIENT = "/_matrix/client/v3"


def install() -> list:
    folder, lock = HERE / "bridge", HERE / "bridge/package-lock.json"
    stamp = folder / "node_modules/.installed.json"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
        stamp.write_text(lock.read_text())
    machine = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    node = HERE / f"jssdk/node_modules/node-linux-{machine}/bin/node"  # Debian's may be too old
    return [str(node) if node.exists() else "node"]


class Program:
    """A process that says lines of JSON."""

    def __init__(self, command: list, folder: Path, name: str):
        self.name, self.log = name, folder / f"{name}.log"
        self.lines: queue.Queue = queue.Queue()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        for line in self.process.stdout:
            if line.startswith("{"):
                self.lines.put(json.loads(line))

    def wait(self, key: str, seconds: float = 30) -> dict:
        end = time.monotonic() + seconds * SLOWNESS
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=0.5)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
                continue
            if key in line:
                return line
        raise AssertionError(f"{self.name} did not say {key!r}; {self.tail()}")

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-600:]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class BridgeStory:
    name = "bridge"

    def __init__(self, binary: Path, _external=None):
        self.folder = Path(tempfile.mkdtemp(prefix="peyk-bridge-"))
        self.port = free_port()
        registration = {
            "id": "echo", "url": f"http://127.0.0.1:{self.port}", "as_token": secrets.token_hex(32),
            "hs_token": secrets.token_hex(32), "sender_localpart": "_echo_bot", "rate_limited": False,
            "namespaces": {"users": [{"regex": "@_echo_.*", "exclusive": True}],
                           "aliases": [{"regex": "#_echo_.*", "exclusive": True}], "rooms": []}}
        self.registration = self.folder / "echo.yaml"
        self.registration.write_text(json.dumps(registration))
        self.server = Server(binary, {"appservices.files": [str(self.registration)]})
        self.server.start()
        self.agents: list[Program] = []
        self.ada: dict = {}
        self.since = self.room = ""
        self.seen: list[dict] = []  # events of the room that ada's syncs have brought

    def steps(self) -> list:
        return [self.starts, self.brings_a_ghost_into_a_room, self.carries_messages_both_ways,
                self.misses_nothing_while_the_server_restarts, self.is_answered_by_a_bot]

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Authorization": f"Bearer {self.ada['access_token']}"} if self.ada else {}
        answer = self.server.client().request(method, path, json.dumps(body or {}).encode() if method != "GET" else None,
                                              headers)
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json()

    def register(self, name: str) -> dict:
        return self.call("POST", f"{CLIENT}/register", {"auth": {"type": "m.login.dummy"}, "username": name,
                                                        "password": "a long password"})

    def say(self, text: str) -> str:
        return self.call("PUT", f"{CLIENT}/rooms/{quote(self.room)}/send/m.room.message/{secrets.token_hex(8)}",
                         {"msgtype": "m.text", "body": text})["event_id"]

    def wait_for(self, wanted, seconds: float = 30) -> dict:
        """An event that ada has seen already, or sees while she syncs on."""
        end = time.monotonic() + seconds * SLOWNESS
        while True:
            for event in self.seen:
                if wanted(event):
                    return event
            if time.monotonic() > end:
                break
            since = f"&since={self.since}" if self.since else ""
            answer = self.call("GET", f"{CLIENT}/sync?timeout=2000{since}")
            self.since = answer["next_batch"]
            joined = answer.get("rooms", {}).get("join", {}).get(self.room, {})
            self.seen += joined.get("state", {}).get("events", []) + joined.get("timeline", {}).get("events", [])
        raise AssertionError("what was waited for did not come: " + "; ".join(agent.tail() for agent in self.agents))

    def starts(self) -> None:
        self.ada = self.register("ada")
        self.bridge = Program([*install(), HERE / "bridge/bridge.mjs", self.registration, self.server.url, self.port],
                              self.folder, "bridge")
        self.agents.append(self.bridge)
        self.bridge.wait("ready")

    def brings_a_ghost_into_a_room(self) -> None:
        self.room = self.call("POST", f"{CLIENT}/createRoom",
                              {"preset": "private_chat", "invite": ["@_echo_eve:localhost"],
                               "initial_state": []})["room_id"]
        self.wait_for(lambda event: event["type"] == "m.room.member" and event.get("state_key") == "@_echo_eve:localhost"
                      and event["content"]["membership"] == "join")

    def carries_messages_both_ways(self) -> None:
        for number in range(5):
            self.say(f"hello {number}")
            echo = self.wait_for(lambda event: event["content"].get("body") == f"echo: hello {number}")
            assert echo["sender"] == "@_echo_eve:localhost", echo

    def misses_nothing_while_the_server_restarts(self) -> None:
        self.say("before the restart")
        self.server.kill()
        self.server.start()
        self.say("after the restart")
        for text in ("before the restart", "after the restart"):
            self.wait_for(lambda event: event["content"].get("body") == f"echo: {text}")

    def is_answered_by_a_bot(self) -> None:
        ada, self.ada = self.ada, {}
        account = self.register("robot")
        self.ada = ada
        bot = Program([*install(), HERE / "bridge/bot.mjs", self.server.url, account["access_token"],
                       self.folder / "bot.json"], self.folder, "bot")
        self.agents.append(bot)
        bot.wait("ready")
        self.call("POST", f"{CLIENT}/rooms/{quote(self.room)}/invite", {"user_id": account["user_id"]})
        self.wait_for(lambda event: event["type"] == "m.room.member" and event.get("state_key") == account["user_id"]
                      and event["content"]["membership"] == "join")
        asked = self.say("!ping")
        answer = self.wait_for(lambda event: event["sender"] == account["user_id"] and event["type"] == "m.room.message")
        assert answer["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == asked, answer

    def close(self) -> None:
        for agent in self.agents:
            agent.stop()
        self.server.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)
