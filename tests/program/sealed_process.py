#!/usr/bin/env python3
"""The server as a process: where its root secret may come from, what it keeps from others and from the disk, and what it says of a
store that lost a copy of its keys."""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support")]

from httpc import Client  # noqa: E402
from server import SLOWNESS, free_port  # noqa: E402

WORDS = "six-words-drawn-by-some-dice-and-no-more"


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


class Process:
    """`peyk serve` in the quiet profile, as people run it. `credentials`: what the service manager hands over."""

    def __init__(self, binary: Path, key_source: str, folder: Path):
        self.binary, self.folder, self.port = binary, folder, free_port()
        self.config, self.credentials = folder / "peyk.toml", folder / "credentials"
        self.credentials.mkdir()
        self.process: subprocess.Popen | None = None
        self.config.write_text(f'[server]\nname = "localhost"\ndata_dir = "data"\n[storage]\nkey_source = "{key_source}"\n'
                               f'[[listener]]\naddress = "127.0.0.1"\nport = {self.port}\n')

    def environment(self, handed_over: bool) -> dict:
        out = {"PATH": "/usr/bin:/bin"}
        return out | {"CREDENTIALS_DIRECTORY": str(self.credentials)} if handed_over else out

    def start(self, handed_over: bool = True) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--config", self.config], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment(handed_over), cwd=self.folder)
        end = time.monotonic() + 30 * SLOWNESS
        while self.status() is None:
            check(self.process.poll() is None, f"it ended: {self.log()}")
            check(time.monotonic() < end, f"it does not answer: {self.log()}")
            time.sleep(0.05)

    def log(self) -> str:
        return (self.folder / "log").read_text()[-1500:]

    def status(self) -> int | None:
        try:
            return Client("127.0.0.1", self.port, 20 * SLOWNESS).request("GET", "/_matrix/client/versions").status
        except OSError:
            return None

    def command(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.binary, *words, "--config", self.config], env={"PATH": "/usr/bin:/bin"} | environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120 * SLOWNESS, cwd=self.folder)

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30 * SLOWNESS)

    def proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text()

    def memory_holds(self, text: bytes) -> bool:
        """Looks through all of the process's memory. Only root may, since the process hides it."""
        with open(f"/proc/{self.process.pid}/mem", "rb", buffering=0) as memory:
            for line in self.proc("maps").splitlines():
                bounds, rights = line.split()[:2]
                if not rights.startswith("r") or line.endswith(("[vvar]", "[vsyscall]")):
                    continue
                start, end = (int(bound, 16) for bound in bounds.split("-"))
                tail = b""
                for at in range(start, end, 1 << 24):
                    try:
                        memory.seek(at)
                        piece = memory.read(min(1 << 24, end - at))
                    except OSError:
                        break
                    if text in tail + piece:
                        return True
                    tail = piece[-len(text):]
        return False


def passphrase_as_credential(server: Process) -> None:
    """The service manager's credential opens the store; without it the server waits, sealed, and takes the words from a person."""
    (server.credentials / "passphrase").write_text(WORDS + "\n")
    server.start()
    check(server.status() == 200, "it is open")
    check(not (server.folder / "data/store.key").exists(), "no key file is made")
    server.stop()
    server.start(handed_over=False)
    check(server.status() == 503, "it waits")
    check(server.command("unlock", PEYK_STORAGE_PASSPHRASE="other words than these").returncode != 0, "other words do not open it")
    check(server.status() == 503, "it waits still")
    check(server.command("unlock", PEYK_STORAGE_PASSPHRASE=WORDS).returncode == 0, "the words open it")
    check(server.status() == 200, "it is open")
    pid, began = server.process.pid, time.monotonic()
    check(server.command("lock").returncode == 0, "it is locked")
    took = time.monotonic() - began
    check(took < 2 * SLOWNESS, f"locking took {took:.2f} s")
    check(server.status() == 503 and server.process.poll() is None and server.process.pid == pid, "the same process waits")
    server.stop()
    server.start()
    check(server.status() == 200, "the credential opens it again")


def hidden(server: Process) -> None:
    """No core dumps, no new rights, keys in pages that are neither swapped nor dumped, and the words nowhere in memory."""
    status = dict(line.split(":", 1) for line in server.proc("status").splitlines())
    check(status["NoNewPrivs"].strip() == "1", "no new privileges")
    check(int(status["VmLck"].split()[0]) > 0, f"nothing is locked: {status['VmLck']}")
    limits = next(line for line in server.proc("limits").splitlines() if line.startswith("Max core file size"))
    check(limits.split()[4:6] == ["0", "0"], f"core dumps: {limits}")
    flags = [line.split(":", 1)[1].split() for line in server.proc("smaps").splitlines() if line.startswith("VmFlags")]
    check(any("lo" in one and "dd" in one for one in flags), "no pages are locked and kept from dumps at once")
    check(not any("lo" in one and "dd" not in one for one in flags), "what is locked is kept from dumps")
    check(WORDS not in server.proc("environ"), "the words are not in the environment")
    if os.geteuid() != 0:
        try:
            server.memory_holds(b"x")
            raise Wrong("others of the same user may read its memory")
        except PermissionError:
            return
    check(server.memory_holds(b"/_matrix/client/v3/sync"), "the control: memory is searched")
    check(not server.memory_holds(WORDS.encode()), "the words that opened the store are still in memory")
    check(not server.memory_holds((server.credentials / "passphrase").read_bytes()[:24]), "nor a part of them")


def a_lost_copy(server: Process) -> None:
    """A copy of the key table that is lost: the other one serves, the doctor says so once, and both are there again."""
    check("one copy of" not in server.command("doctor").stdout, "the doctor finds nothing yet")
    for name in ("keys.b", "keys.a.lock", "store.header"):
        server.stop(signal.SIGKILL)
        (server.folder / "data/store" / name).unlink()
        server.start()
        check(server.status() == 200, f"without {name} it starts")
        said = server.command("doctor").stdout
        check(f"one copy of {name} was damaged or missing" in said, f"the doctor is silent about {name}: {said}")
        check((server.folder / "data/store" / name).exists(), f"{name} is written anew")
        server.stop()
        server.start()
        check("one copy of" not in server.command("doctor").stdout, "mended is mended")


def another_folder(server: Process) -> None:
    """A data folder of another key opens with none of these words, and is left as it was."""
    server.stop()
    other = server.folder / "other"
    other.mkdir()
    foreign = Process(server.binary, "passphrase", other)
    (foreign.credentials / "passphrase").write_text("quite another set of words\n")
    foreign.start()
    foreign.stop()
    shutil.rmtree(server.folder / "data")
    shutil.copytree(other / "data", server.folder / "data")
    before = {path: path.read_bytes() for path in (server.folder / "data/store").rglob("*") if path.is_file()}
    refused = subprocess.run([server.binary, "serve", "--config", server.config], env=server.environment(True), cwd=server.folder,
                             capture_output=True, text=True, timeout=120 * SLOWNESS, stdin=subprocess.DEVNULL)
    check(refused.returncode != 0 and "passphrase" in refused.stderr, f"it is refused: {refused.stderr[-400:]}")
    after = {path: path.read_bytes() for path in (server.folder / "data/store").rglob("*") if path.is_file()}
    check(before == after, "nothing of it is changed")


def key_as_credential(server: Process) -> None:
    """A key file that the service manager hands over is used where it lies, and no other is made."""
    (server.credentials / "store.key").write_bytes(os.urandom(32))
    server.start()
    check(server.status() == 200 and not (server.folder / "data/store.key").exists(), "it is open by that key")
    server.stop()
    (server.credentials / "store.key").rename(server.folder / "stick")
    server.start()
    check(server.status() == 503, "without the key it waits")
    check(server.command("unlock", "--key-file", str(server.folder / "stick")).returncode == 0, "the key opens it")
    check(server.status() == 200 and not (server.folder / "data/store.key").exists(), "and does not stay on the disk")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    binary, notes, passed = arguments.server.resolve(), [], 0
    for source, parts in (("passphrase", (passphrase_as_credential, hidden, a_lost_copy, another_folder)),
                          ("key_file", (key_as_credential,))):
        folder = Path(tempfile.mkdtemp(prefix="peyk-process-"))
        server = Process(binary, source, folder)
        for part in parts:
            try:
                part(server)
                passed += 1
            except Exception as error:
                notes.append(f"sealed process: {part.__doc__.splitlines()[0]}: {type(error).__name__}: {error}")
        server.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"  sealed process: {'; '.join(notes) if notes else 'ok'}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
