"""How long a lock takes, and what the process that follows still has in its memory."""
import json
import secrets
import subprocess
import time
from pathlib import Path

import surfaces
from canary import Nest
from installation import Installation
from planting import V3
from server import SLOWNESS

PASSPHRASE_WAY = "passphrase of the store"


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Locking:
    """A server with a passphrase, somebody who says something in a public room, and a lock."""

    def __init__(self, binary: Path, dump: Path, folder: Path):
        folder.mkdir(parents=True)
        self.nest, self.folder, self.dump = Nest(), folder, dump
        self.passphrase = self.nest.lay("Secrets", PASSPHRASE_WAY)
        self.server = Installation(binary, folder / "server", passphrase=self.passphrase)
        # As a service manager brings it: in a file. In an environment the kernel would keep it beside the process.
        words = self.server.elsewhere / "passphrase"
        words.write_text(self.passphrase)
        self.words = {"PEYK_STORAGE_PASSPHRASE_FILE": str(words)}
        self.server.environment |= self.words

    def live(self) -> None:
        server = self.server
        password = self.nest.lay("Secrets", "password")
        server.add_user("ada", password)
        server.start()
        login = server.http("POST", f"{V3}/login", "", json.dumps({
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": "ada"}, "password": password}).encode())
        self.token = login.json()["access_token"]
        self.nest.lay_whole("Secrets", "access token", self.token)
        self.room = server.http("POST", f"{V3}/createRoom", self.token, json.dumps({
            "preset": "public_chat", "name": self.nest.lay("Sensitive Info", "name of a room")}).encode()).json()["room_id"]
        for _ in range(20):
            self.say("message before the lock")
        answer = server.http("GET", f"{V3}/sync", self.token)
        assert answer.status == 200, answer

    def say(self, way: str) -> None:
        body = json.dumps({"msgtype": "m.text", "body": self.nest.lay("User Content", way)}).encode()
        answer = self.server.http("PUT", f"{V3}/rooms/{self.room}/send/m.room.message/{secrets.token_hex(8)}", self.token, body)
        assert answer.status == 200, answer

    def know_keys(self) -> None:
        """What a running server derives, from a copy of its folder."""
        dump = surfaces.Dump(self.dump, self.server.config, self.server.data, self.folder / "dump",
                             self.words)
        for name, key in dump.keys().items():
            self.nest.lay_bytes("Secrets", f"key: {name}", key)
        dump.close()

    def lock(self) -> float:
        """Seconds from the command until the new image runs; the answer that it gives."""
        pid = self.server.process.pid
        before = cmdline(pid)
        began = time.monotonic()
        command = subprocess.Popen([self.server.binary, "lock", "--config", self.server.config], cwd=self.server.run,
                                   env=self.server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while cmdline(pid) == before and time.monotonic() - began < 30 * SLOWNESS:
            time.sleep(0.002)
        gone = time.monotonic() - began
        if command.wait() != 0:
            raise AssertionError("peyk lock failed")
        return gone

    def measure(self) -> dict:
        """{"figures", "problems"}."""
        problems = []
        try:
            self.live()
            self.know_keys()
            self.nest.lay("Control", "never planted")
            pid = self.server.process.pid
            before = surfaces.Findings(self.nest.scanner())
            before.look("open", "memory", surfaces.memory(pid))
            seen = before.ways("open", "memory")
            gone = self.lock()
            after = surfaces.Findings(self.nest.scanner())
            after.look("locked", "memory", surfaces.memory(pid))
            status = self.server.http("GET", f"{V3}/account/whoami", self.token)
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        finally:
            self.server.dispose()
        for wanted in ("message before the lock", "key: purpose files"):
            if wanted not in seen:
                problems.append(f"control: an open server's memory does not show {wanted}")
        # Not needed any more once the store is open, and people use a passphrase for more than one thing.
        problems += [f"open: memory: {way}" for way in {PASSPHRASE_WAY, "password"} & seen]
        for row in after.rows:
            problems.append(f"locked: memory: {row['way']} ({row['form']}, {row['place']})")
        if self.passphrase.encode() in environment:
            problems.append("locked: the passphrase is in the environment")
        if status.status != 503:
            problems.append(f"locked: the server answers {status.status}")
        if gone > 2 * SLOWNESS:
            problems.append(f"a lock took {gone:.2f} s")
        keys = sum(1 for way in seen if way.startswith("key: "))
        return {"figures": {"seconds until the old process is gone": round(gone, 3), "keys in memory while open": keys,
                            "keys, passphrase and contents in memory after the lock": len(after.rows)},
                "problems": problems}
