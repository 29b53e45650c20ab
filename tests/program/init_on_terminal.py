#!/usr/bin/env python3
"""`peyk init` as people meet it: on a terminal, with its questions, a passphrase that is typed twice and never shown."""
import argparse
import json
import os
import pty
import re
import select
import shutil
import socket
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

PASSPHRASE = "six words drawn by dice are good"


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: list, folder: Path, more: dict | None = None):
        self.ours, theirs = pty.openpty()
        environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm"} | (more or {})
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, close_fds=True,
                                        env=environment, start_new_session=True)
        os.close(theirs)
        self.shown = ""

    def until(self, text: str, limit: float = 30) -> None:
        """Waits for a prompt behind what was shown so far."""
        start, end = len(self.shown), time.monotonic() + limit * SLOWNESS
        while text not in self.shown[start:]:
            check(time.monotonic() < end, f"{text!r} was not asked; shown: {self.shown[-800:]!r}")
            if not self.read(0.2) and self.process.poll() is not None:
                raise Wrong(f"it ended with {self.process.returncode} before {text!r}; shown: {self.shown[-800:]!r}")

    def read(self, wait: float) -> bool:
        ready, _, _ = select.select([self.ours], [], [], wait)
        if not ready:
            return False
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)

    def answer(self, line: str) -> None:
        time.sleep(0.05)  # the echo is switched off after the prompt
        os.write(self.ours, line.encode() + b"\n")

    def end(self) -> int:
        end = time.monotonic() + 60 * SLOWNESS
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        while self.read(0):
            pass
        os.close(self.ours)
        check(self.process.poll() is not None, "it does not end")
        return self.process.returncode


def lifetimes(terminal: Terminal, days: str = "", rooms: str = "") -> None:
    """The questions about how long things are kept; nothing is what they propose."""
    terminal.until("Messages end after how many days [0]:")
    check("vanishes unasked" in terminal.shown, "it explains what ends")
    terminal.answer(days)
    terminal.until("May rooms set a time of their own (yes or no) [no]:")
    terminal.answer(rooms)
    terminal.until("Files end after how many days [0]:")
    terminal.answer("")


def make(server: Path, folder: Path) -> None:
    """Questions, answers, and what is there then."""
    terminal = Terminal([server, "init"], folder)
    terminal.until("Name of the server [localhost]:")
    check("for ever" in terminal.shown, "it explains that the name is for ever")
    terminal.answer("school.lan")
    lifetimes(terminal, "30", "yes")
    terminal.until("New passphrase:")
    check("without it" in terminal.shown, "it explains what the passphrase is")
    terminal.answer(PASSPHRASE)
    terminal.until("Once more:")
    terminal.answer(PASSPHRASE)
    check(terminal.end() == 0, f"it succeeds: {terminal.shown[-800:]!r}")
    check(PASSPHRASE not in terminal.shown, "the passphrase is not shown")
    check("Fingerprint" in terminal.shown and "prints a link" in terminal.shown, "it says how to go on")
    config = (folder / "peyk.toml").read_text()
    check('name = "school.lan"' in config and 'key_source = "passphrase"' in config, f"the answers are in the file: {config}")
    check('default_lifetime = "30 d"' in config, f"the lifetime is in the file: {config}")
    check((folder / "data/store").is_dir() and (folder / "data/ca/server.crt").is_file(), "store and certificate are made")
    check(PASSPHRASE.encode() not in b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()),
          "the passphrase is kept nowhere")


def use(server: Path, folder: Path) -> None:
    """The passphrase opens the store on a terminal; another one does not."""
    for typed, good in ((PASSPHRASE, True), ("another passphrase", False)):
        terminal = Terminal([server, "user", "list"], folder)
        terminal.until("Passphrase of the store:")
        terminal.answer(typed)
        check((terminal.end() == 0) == good, f"{typed!r}: {terminal.shown[-400:]!r}")
        check(typed not in terminal.shown, "it is not shown")


def refuse(server: Path, folder: Path) -> None:
    """Two passphrases that differ, and one that is too short, make nothing."""
    for first, second, why in (("long enough for one", "and another for two", "differ"), ("short", "short", "ten characters")):
        terminal = Terminal([server, "init", "--server-name", "school.lan"], folder)
        lifetimes(terminal)
        terminal.until("New passphrase:")
        terminal.answer(first)
        terminal.until("Once more:")
        terminal.answer(second)
        check(terminal.end() == 1, "it fails")
        check(why in terminal.shown, f"it says why: {terminal.shown[-400:]!r}")
        check(not (folder / "peyk.toml").exists() and not (folder / "data/store").exists(), "nothing is left behind")


def ask(port: int, path: str, body: dict | None = None, token: str = "") -> tuple[int, dict]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"} if token else {},
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=30 * SLOWNESS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def served(server: Path, folder: Path, more: dict | None = None) -> Terminal:
    terminal = Terminal([server, "serve", "--config", folder / "peyk.toml"], folder, more)
    terminal.until("keep it apart from the disk")  # the last line
    return terminal


def first_link(server: Path, folder: Path) -> None:
    """A fresh server prints a link, once for all starts; who uses it is the administrator, and then there is none."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    init = [server, "init", "--unattended", "--no-tls", "--config", folder / "peyk.toml", "--port", str(port)]
    check(subprocess.run(init, cwd=folder, capture_output=True, timeout=60 * SLOWNESS).returncode == 0, "init")
    links = []
    for _ in range(2):
        terminal = served(server, folder)
        links += re.findall(r"http://localhost:\d+/i/([A-Za-z0-9]{24})", terminal.shown)
        terminal.process.terminate()
        terminal.end()
    check(len(links) == 2 and links[0] == links[1], f"each start prints the same link: {links}")
    terminal = served(server, folder, {"JOURNAL_STREAM": "8:12345"})
    check("/i/" not in terminal.shown and "peyk token list" in terminal.shown, "a journal is not told what opens a door")
    status, seen = ask(port, f"/_peyk/client/v1/invitation/{links[0]}")
    check(status == 200 and seen.get("administrator") is True, f"the link says what it is: {seen}")
    auth = {"type": "m.login.registration_token", "token": links[0]}
    body = {"username": "sara", "password": "a long password", "auth": auth}
    status, made = ask(port, "/_matrix/client/v3/register", body)
    check(status == 200, f"the account is made: {made}")
    check(ask(port, "/_peyk/admin/v1/users", token=made["access_token"])[0] == 200, "and is the administrator's")
    check(ask(port, "/_matrix/client/v3/register", body | {"username": "eve"})[0] == 401, "once")
    terminal.process.terminate()
    terminal.end()
    terminal = served(server, folder)
    check("/i/" not in terminal.shown and "peyk token list" not in terminal.shown, "there is no link any more")
    terminal.process.terminate()
    terminal.end()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    server, notes, passed = arguments.server.resolve(), [], 0
    folder, other, fresh = (Path(tempfile.mkdtemp(prefix="peyk-terminal-")) for _ in range(3))
    for part, where in ((refuse, other), (make, folder), (use, folder), (first_link, fresh)):
        try:
            part(server, where)
            passed += 1
        except Exception as error:
            notes.append(f"init on a terminal: {part.__doc__}: {type(error).__name__}: {error}")
    for one in (folder, other, fresh):
        shutil.rmtree(one, ignore_errors=True)
    print(f"  init on a terminal: {'; '.join(notes) if notes else 'ok'}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
