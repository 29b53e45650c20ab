"""Client programs that nobody here wrote, driven line by line.

An agent is a process around one client library. It reads commands {"id", "do", "with", "timeout"} and answers
{"id", "result"} or {"id", "error"}, many at a time. Commands:

    start(url, name, password, login, folder, sliding) -> user_id, device_id, token
    create_room(invite) -> room        join(room)        wait_members(room, users)
    send(room, text, txn) · edit(room, event_id, text, txn) · react(room, event_id, key, txn) · redact(room, event_id, txn)
    image(room, file, txn) -> event_id          each waits for the server's answer and retries while it is away
    fetch_image(event_id) -> sha256 of the decrypted file, stored_sha256 of what the server holds
    wait_event(event_id) -> what the client made of it, once it can be read     events(room) -> all of them
    verify_start(user, device) · verify_accept() · verify_emoji() -> emoji · verify_confirm() · is_verified(user, device)
    bootstrap(password) -> recovery key · restore(private_key)      only the js-sdk
    pause() · resume() · count_gaps() -> how often a timeline began behind what was known      only nio
    call(name, arguments) · call(name, args) -> answer: a method of nio's, of js-sdk's client
    put_event(room, type, content, txn) -> event_id     upload(file, content_type, filename, encrypt) -> uri, keys
    stop()
"""
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import venv
from concurrent.futures import Future
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ROOT / "build/clients"


class AgentError(Exception):
    pass


def install_nio() -> list:
    """A virtual environment with the locked versions; made anew when the lock file changes."""
    folder, lock = TOOLS / "nio", HERE / "nio/requirements.txt"
    python, stamp = folder / "bin/python", folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
                        "-r", lock], check=True)
        stamp.write_text(lock.read_text())
    return [python, HERE / "nio/agent.py"]


def install_jssdk() -> list:
    """js-sdk and a Node that is new enough for it, by the lock file."""
    folder, lock = HERE / "jssdk", HERE / "jssdk/package-lock.json"
    stamp = folder / "node_modules/.installed.json"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
        stamp.write_text(lock.read_text())
    machine = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    return [folder / f"node_modules/node-linux-{machine}/bin/node", folder / "agent.mjs"]


INSTALL = {"nio": install_nio, "jssdk": install_jssdk, "sliding": install_jssdk}


class Agent:
    def __init__(self, kind: str, name: str, folder: Path):
        self.kind, self.name = kind, name
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        self.log = open(self.folder / "agent.log", "wb")
        self.process = subprocess.Popen(INSTALL[kind](), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, cwd=self.folder)
        self.numbers = itertools.count()
        self.waiting: dict[int, Future] = {}
        self.user_id = self.device_id = self.token = ""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        for line in self.process.stdout:
            answer = json.loads(line)
            future = self.waiting.pop(answer["id"])
            if "error" in answer:
                future.set_exception(AgentError(f"{self.name} ({self.kind}): {answer['error']}"))
            else:
                future.set_result(answer["result"])
        for future in list(self.waiting.values()):
            future.set_exception(AgentError(f"{self.name} ({self.kind}) ended: {self.tail()}"))

    def tail(self) -> str:
        self.log.flush()
        return (self.folder / "agent.log").read_text(errors="replace")[-1500:]

    def begin(self, do: str, timeout: float = 90, **parameters) -> Future:
        number, future = next(self.numbers), Future()
        self.waiting[number] = future
        self.process.stdin.write(json.dumps({"id": number, "do": do, "with": parameters, "timeout": timeout}) + "\n")
        self.process.stdin.flush()
        return future

    def __call__(self, do: str, timeout: float = 90, **parameters) -> dict:
        return self.begin(do, timeout, **parameters).result(timeout + 10)

    def start(self, url: str, name: str, password: str, login: bool = False, **more) -> None:
        """more: device_name, user_agent."""
        made = self("start", url=url, name=name, password=password, login=login, folder=str(self.folder),
                    sliding=self.kind == "sliding", **more)
        self.user_id, self.device_id, self.token = made["user_id"], made["device_id"], made["token"]

    def close(self) -> None:
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
        self.log.close()


if __name__ == "__main__":
    for install in INSTALL.values():
        print(*install(), file=sys.stderr)
