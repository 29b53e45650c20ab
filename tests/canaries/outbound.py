#!/usr/bin/env python3
"""Does a server of the default configuration ever call anybody? An hour of use in a network where every packet is seen.

    tests/canaries/outbound.py [--server build/test/peyk] [--minutes 1]

The configuration is what `peyk init` writes. Two client programs that nobody here wrote sign in, talk in an encrypted room, send
files, search, and ask for what a default server refuses: previews of links, other servers' rooms, people and files. Two
witnesses: all packets of the namespace, and the kernel's own list of the server's calls of connect() (strace). Each has to see
what it is there for: a name that is asked for and a connection of a program beside the server, and the same server fetching a
page as soon as its configuration allows it.
"""
import argparse
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests/clients"), str(ROOT / "tests/support")]

import agents  # noqa: E402
import network  # noqa: E402
from httpc import Client  # noqa: E402
from server import SLOWNESS, free_port  # noqa: E402

ELSEWHERE = "198.51.100.7"  # a documentation address
PASSWORD = "a long password"
MOST_INTERRUPTIONS = 20


class DefaultServer:
    """What `peyk init` makes, run under strace."""

    def __init__(self, binary: Path, folder: Path):
        self.binary, self.folder = binary, folder
        self.port = free_port()
        self.config = folder / "peyk.toml"
        self.calls_file = folder / "connect.txt"
        subprocess.run([binary, "init", "--config", self.config, "--server-name", "peyk.example", "--key-file", "--no-tls",
                        "--address", "127.0.0.1", "--port", str(self.port)], check=True, capture_output=True,
                       stdin=subprocess.DEVNULL)
        self.process = None

    def start(self) -> None:
        log = open(self.folder / "peyk.log", "ab")
        self.process = subprocess.Popen(
            ["strace", "-f", "--seccomp-bpf", "-qq", "-A", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none",
             "-o", self.calls_file, self.binary, "serve", "--config", self.config],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + 20 * SLOWNESS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "peyk.log").read_text()[-2000:]) from None
                time.sleep(0.05)

    def stop(self) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        self.process.wait(30)

    def add_user(self, name: str, *more: str) -> None:
        subprocess.run([self.binary, "user", "add", name, "--config", self.config, "--password-file", "/dev/stdin", *more],
                       input=PASSWORD, text=True, check=True, capture_output=True)

    def calls(self) -> list[str]:
        """connect() and addressed datagrams, but for the server's look whether its own control socket is in use."""
        own = f'sun_path="{self.folder}/data/control"'
        lines = self.calls_file.read_text(errors="replace").splitlines()
        return [line for line in lines if re.search(r"\b(connect\(|sa_family=)", line) and own not in line]


def http(port: int, method: str, path: str, token: str = "", body=None) -> tuple[int, bytes]:
    client = Client("127.0.0.1", port)
    answer = client.request(method, path, None if body is None else json.dumps(body).encode(),
                            {"Authorization": f"Bearer {token}"} if token else {})
    client.drop()
    return answer.status, answer.body


def tempt(port: int, token: str, room: str) -> None:
    """Requests that make a server of another configuration call somebody."""
    v3, v1 = "/_matrix/client/v3", "/_matrix/client/v1"
    far = "elsewhere.example"
    asked = [("GET", f"{v1}/media/preview_url?url={quote(f'http://{ELSEWHERE}/page', safe='')}", None),
             ("GET", f"{v1}/media/download/{far}/abcdefghijklmnop", None),
             ("GET", f"/_matrix/media/v3/download/{far}/abcdefghijklmnop", None),
             ("GET", f"{v3}/profile/{quote(f'@somebody:{far}')}", None),
             ("POST", f"{v3}/join/{quote(f'#room:{far}')}?server_name={far}", {}),
             ("GET", f"{v3}/directory/room/{quote(f'#room:{far}')}", None),
             ("POST", f"{v3}/publicRooms?server={far}", {}),
             ("POST", f"{v3}/keys/query", {"device_keys": {f"@somebody:{far}": []}}),
             ("POST", f"{v3}/rooms/{quote(room)}/invite", {"user_id": f"@somebody:{far}"}),
             ("POST", f"{v3}/pushers/set", {"kind": "http", "app_id": "org.example", "pushkey": secrets.token_hex(8), "lang": "en",
                                             "app_display_name": "app", "device_display_name": "phone",
                                             "data": {"url": f"https://{far}/_matrix/push/v1/notify"}}),
             ("POST", f"{v3}/account/3pid/email/requestToken", {"client_secret": "secret", "email": f"a@{far}", "send_attempt": 1}),
             ("GET", f"{v3}/voip/turnServer", None),
             ("POST", f"{v3}/search", {"search_categories": {"room_events": {"search_term": "words"}}})]
    for method, path, body in asked:
        status, answer = http(port, method, path, token, body)
        if status >= 500:
            raise AssertionError(f"{method} {path}: {status} {answer[:200]!r}")


def talk(server: DefaultServer, ada, bob, room: str, picture: Path, turn: int, done: dict) -> None:
    for sender, reader in ((ada, bob), (bob, ada)):
        text = f"message {turn} https://{ELSEWHERE}/{secrets.token_hex(4)}"
        event = sender("send", room=room, text=text, txn=secrets.token_hex(8))["event_id"]
        got = reader("wait_event", event_id=event)
        assert got["readable"] and got["content"]["body"] == text, got
        done["messages"] += 1
    if turn % 30 == 0:
        event = ada("image", room=room, file=str(picture), txn=secrets.token_hex(8))["event_id"]
        bob("wait_event", event_id=event)
        done["files"] += 1
        tempt(server.port, ada.token, room)
        done["temptations"] += 1


def use(server: DefaultServer, folder: Path, seconds: float) -> dict:
    for name in ("ada", "bob"):
        server.add_user(name)
    url = f"http://127.0.0.1:{server.port}"
    ada, bob = agents.Agent("nio", "ada", folder), agents.Agent("jssdk", "bob", folder)
    done = {"messages": 0, "files": 0, "temptations": 0, "interruptions": 0}
    try:
        ada.start(url, "ada", PASSWORD, login=True)
        bob.start(url, "bob", PASSWORD, login=True)
        room = ada("create_room", invite=[bob.user_id])["room"]
        bob("join", room=room)
        for agent in (ada, bob):
            agent("wait_members", room=room, users=[ada.user_id, bob.user_id])
        picture = folder / "picture.png"
        picture.write_bytes(secrets.token_bytes(50_000))
        end = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < end or turn == 0:
            try:
                talk(server, ada, bob, room, picture, turn, done)
            except agents.AgentError as error:  # a machine that stood still for a while; what was asked stays asked
                done["interruptions"] += 1
                if done["interruptions"] > MOST_INTERRUPTIONS:
                    raise
                print(f"  outbound: {error}"[:200], flush=True)
            turn += 1
            time.sleep(min(5.0, max(0.0, end - time.monotonic())))
    finally:
        ada.close()
        bob.close()
    return done


def control_beside(capture: network.Capture) -> list[str]:
    """A program beside the server that calls out must be seen."""
    before = set(capture.others(set()))
    with socket.socket() as caller:
        caller.settimeout(0.5)
        try:
            caller.connect((ELSEWHERE, 443))
        except OSError:
            pass
    with socket.socket(socket.AF_INET6) as caller:
        caller.settimeout(0.5)
        try:
            caller.connect(("2001:db8::7", 443))
        except OSError:
            pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.sendto(b"\0" * 12, ("192.0.2.53", 53))
    seen = {(key[0], key[2], key[3]) for key in set(capture.others(set())) - before}
    return [f"the capture does not see {what}" for what in
            {("tcp", ELSEWHERE, 443), ("tcp", "2001:db8::7", 443), ("udp", "192.0.2.53", 53)} - seen]


def control_server(binary: Path, folder: Path, capture: network.Capture) -> list[str]:
    """The same server, allowed to preview links, must be seen by both witnesses when it fetches a page."""
    server = DefaultServer(binary, folder)
    text = server.config.read_text()
    server.config.write_text(text.replace('profile = "quiet"', 'profile = "quiet"\nurl_previews = true'))
    server.start()
    try:
        server.add_user("eve")
        status, answer = http(server.port, "POST", "/_matrix/client/v3/login", "", {
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": "eve"}, "password": PASSWORD})
        token = json.loads(answer)["access_token"]
        ask = f"/_matrix/client/v1/media/preview_url?url={quote('http://8.8.8.8/page', safe='')}"
        http(server.port, "GET", ask, token)
    finally:
        server.stop()
    problems = []
    if not any(key[2] == "8.8.8.8" and key[3] == 80 for key in capture.others({server.port})):
        problems.append("the capture does not see the server fetch a page")
    if not any("8.8.8.8" in line for line in server.calls()):
        problems.append("strace does not see the server fetch a page")
    return problems


def measure(binary: Path, seconds: float) -> dict:
    """The caller has entered a namespace. Returns {"figures": {...}, "problems": [...]}."""
    capture = network.Capture()
    try:
        with tempfile.TemporaryDirectory(prefix="peyk-outbound-") as scratch:
            folder = Path(scratch)
            (folder / "server").mkdir()
            (folder / "control").mkdir()
            server = DefaultServer(binary, folder / "server")
            server.start()
            began = time.monotonic()
            try:
                done = use(server, folder, seconds)
            finally:
                server.stop()
            took = time.monotonic() - began
            begun = capture.others({server.port})
            calls = server.calls()
            problems = [f"a packet to elsewhere: {key}" for key in begun]
            problems += [f"the server called: {line[:200]}" for line in calls]
            if lost := capture.lost():
                problems.append(f"{lost} packets were not looked at")
            problems += [f"a frame that is no IP: {frame.hex()}" for frame in capture.unreadable[:5]]
            packets = capture.packets
            problems += control_beside(capture)
            problems += control_server(binary, folder / "control", capture)
    finally:
        capture.stop()
    return {"figures": {"seconds": round(took), "packets": packets, "outbound": len(begun), "connect_calls": len(calls)} | done,
            "problems": problems}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=ROOT / "build/test/peyk")
    parser.add_argument("--minutes", type=float, default=1)
    arguments = parser.parse_args()
    for kind in ("nio", "jssdk"):
        agents.INSTALL[kind]()
    network.enter()
    result = measure(arguments.server.resolve(), arguments.minutes * 60)
    print(json.dumps(result, indent=1))
    return 1 if result["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
