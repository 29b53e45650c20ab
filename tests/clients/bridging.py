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

from person import Person
from server import SLOWNESS, Server, free_port

HERE = Path(__file__).resolve().parent


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

    def __init__(self, binary: Path):
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

    def steps(self) -> list:
        return [self.starts, self.brings_a_ghost_into_a_room, self.carries_messages_both_ways,
                self.misses_nothing_while_the_server_restarts, self.is_answered_by_a_bot]

    def starts(self) -> None:
        self.ada = Person(self.server, "ada")
        self.bridge = Program([*install(), HERE / "bridge/bridge.mjs", self.registration, self.server.url, self.port],
                              self.folder, "bridge")
        self.agents.append(self.bridge)
        self.bridge.wait("ready")

    def brings_a_ghost_into_a_room(self) -> None:
        self.ada.make_room(invite=["@_echo_eve:localhost"])
        self.ada.wait_for_join("@_echo_eve:localhost")

    def wait_for_echo(self, text: str) -> None:
        echo = self.ada.wait_for(lambda event: event["content"].get("body") == f"echo: {text}", f"the echo of {text!r}")
        assert echo["sender"] == "@_echo_eve:localhost", echo

    def carries_messages_both_ways(self) -> None:
        for number in range(5):
            self.ada.say(f"hello {number}")
            self.wait_for_echo(f"hello {number}")

    def misses_nothing_while_the_server_restarts(self) -> None:
        self.ada.say("before the restart")
        self.server.kill()
        self.server.start()
        self.ada.say("after the restart")
        self.wait_for_echo("before the restart")
        self.wait_for_echo("after the restart")

    def is_answered_by_a_bot(self) -> None:
        account = Person(self.server, "robot")
        bot = Program([*install(), HERE / "bridge/bot.mjs", self.server.url, account.token, self.folder / "bot.json"],
                      self.folder, "bot")
        self.agents.append(bot)
        bot.wait("ready")
        self.ada.invite(account.user_id)
        self.ada.wait_for_join(account.user_id)
        asked = self.ada.say("!ping")
        answer = self.ada.wait_for(lambda event: event["sender"] == account.user_id and event["type"] == "m.room.message",
                                   "the bot's answer")
        assert answer["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == asked, answer

    def close(self) -> None:
        for agent in self.agents:
            agent.stop()
        self.server.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)
