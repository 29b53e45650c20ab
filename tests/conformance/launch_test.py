#!/usr/bin/env python3
"""Whether tests/conformance/launch starts what outside suites expect, on an address of its own in 127.0.0.0/8."""
import argparse
import hashlib
import hmac
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support")]

from server import SLOWNESS  # noqa: E402

SERVICE = """id: bridge
url: null
as_token: token-of-the-service
hs_token: token-of-the-server
sender_localpart: bridge
rate_limited: false
namespaces:
  users: [{exclusive: true, regex: "@_bridge_.*"}]
  aliases: []
  rooms: []
"""


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


class Launched:
    """A server as `launch` starts it; its folder stays over restarts."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder
        self.address = "127." + ".".join(str(random.randrange(1, 255)) for _ in range(3))
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        # No HOME and hardly a PATH: a container may have neither.
        environment = {"SERVER_NAME": "hs1", "BIND_ADDRESS": self.address, "DATA_DIR": str(self.folder),
                       "PEYK": str(self.program), "PATH": "/usr/bin:/bin"}
        log = open(self.folder / "launch.log", "ab")
        self.process = subprocess.Popen([HERE / "launch"], env=environment, stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + 20 * SLOWNESS
        while time.monotonic() < end:
            check(self.process.poll() is None, f"it ended with {self.process.returncode}: {self.log()}")
            try:
                self.ask("GET", "/_matrix/client/versions")
                return
            except OSError:
                time.sleep(0.02)
        raise Wrong(f"nothing listens: {self.log()}")

    def stop(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        check(self.process.wait(timeout=10 * SLOWNESS) == 0, f"{how.name} ends it cleanly: {self.log()}")

    def log(self) -> str:
        return (self.folder / "launch.log").read_text(errors="replace")[-3000:]

    def trust(self) -> ssl.SSLContext:
        """The suite's authority; without one the server makes a certificate that vouches for itself."""
        given = self.folder / "ca/ca.crt"
        return ssl.create_default_context(cafile=given if given.exists() else self.folder / "tls.crt")

    def ask(self, method: str, path: str, body=None, token: str | None = None, tls: bool = False) -> tuple[int, dict]:
        base = f"https://{self.address}:8448" if tls else f"http://{self.address}:8008"
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(base + path, None if body is None else json.dumps(body).encode(), headers,
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=20 * SLOWNESS, context=self.trust() if tls else None) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


def make_ca(folder: Path) -> None:
    (folder / "ca").mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=suite", "-keyout", folder / "ca/ca.key", "-out", folder / "ca/ca.crt"],
                   check=True, capture_output=True)


def bare(server: Launched) -> None:
    """A folder with nothing in it."""
    server.start()
    status, versions = server.ask("GET", "/_matrix/client/versions", tls=True)
    check(status == 200 and versions["versions"], f"TLS without an authority: {status}")
    server.stop(signal.SIGTERM)


def run(server: Launched) -> None:
    server.start()
    for tls in (False, True):
        status, versions = server.ask("GET", "/_matrix/client/versions", tls=tls)
        check(status == 200 and versions["versions"], f"both ports answer, {tls=}")
    status, made = server.ask("POST", "/_matrix/client/v3/register", {
        "username": "ada", "password": "p", "auth": {"type": "m.login.dummy"}})
    check(status == 200 and made["user_id"] == "@ada:hs1", f"open registration, any password: {status} {made}")
    token = made["access_token"]
    status, room = server.ask("POST", "/_matrix/client/v3/createRoom", {"preset": "private_chat"}, token, tls=True)
    check(status == 200, f"every API on both ports: {status} {room}")
    status, state = server.ask("GET", f"/_matrix/client/v3/rooms/{room['room_id']}/state", token=token)
    check(status == 200 and all(event["type"] != "m.room.encryption" for event in state), "no forced encryption")
    status, nonce = server.ask("GET", "/_synapse/admin/v1/register")
    words = [nonce["nonce"], "root", "p", "admin"]
    mac = hmac.new(b"complement", "\0".join(words).encode(), hashlib.sha1).hexdigest()
    status, root = server.ask("POST", "/_synapse/admin/v1/register", {
        "nonce": nonce["nonce"], "username": "root", "password": "p", "admin": True, "mac": mac})
    check(status == 200 and root["user_id"] == "@root:hs1", f"the shared secret is 'complement': {status} {root}")
    status, listed = server.ask("GET", "/_matrix/client/v3/publicRooms")
    check(status == 200 and listed["chunk"] == [], f"the room list is open: {status} {listed}")
    shown = "/_matrix/client/v3/presence/@ada:hs1/status"
    status, _ = server.ask("PUT", shown, {"presence": "online"}, token)
    status, presence = server.ask("GET", shown, token=token)
    check(status == 200 and presence["presence"] == "online", f"presence is on: {status} {presence}")
    for number in range(30):
        status, _ = server.ask("POST", "/_matrix/client/v3/login", {"type": "m.login.password", "password": "wrong", "identifier": {
            "type": "m.id.user", "user": "ada"}})
        check(status == 403, f"no rate limits: {status} at attempt {number}")
    status, ghost = server.ask("POST", "/_matrix/client/v3/register", {
        "type": "m.login.application_service", "username": "_bridge_x"}, "token-of-the-service")
    check(status == 200 and ghost["user_id"] == "@_bridge_x:hs1", f"appservice/*.yaml is read: {status} {ghost}")

    server.stop(signal.SIGTERM)
    server.start()
    status, who = server.ask("GET", "/_matrix/client/v3/account/whoami", token=token, tls=True)
    check(status == 200 and who["user_id"] == "@ada:hs1", f"a restart on the same folder keeps the account: {status} {who}")
    status, joined = server.ask("GET", "/_matrix/client/v3/joined_rooms", token=token)
    check(joined.get("joined_rooms") == [room["room_id"]], f"and its rooms: {joined}")
    server.stop(signal.SIGINT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    given, empty = (Path(tempfile.mkdtemp(prefix="peyk-launch-")) for _ in range(2))
    make_ca(given)
    (given / "appservice").mkdir()
    (given / "appservice/bridge.yaml").write_text(SERVICE)
    passed, notes = 0, []
    for part, folder in ((run, given), (bare, empty)):
        launched = Launched(arguments.server.resolve(), folder)
        try:
            part(launched)
            passed += 1
        except Exception as error:
            notes.append(f"launch: {type(error).__name__}: {error}")
        finally:
            if launched.process and launched.process.poll() is None:
                launched.process.kill()
            shutil.rmtree(folder, ignore_errors=True)
    print(f"  launch: {'; '.join(notes) or 'ok'}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
