"""One peyk as `peyk init` makes it, with its key elsewhere: what an operator who changes nothing runs."""
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from httpc import Client
from server import SLOWNESS, free_port

FAKETIME = "/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1"


class Failed(Exception):
    pass


def shifted(days: float) -> dict:
    """The environment in which a program's clock is so far ahead. Waiting goes by the clock that nobody sets."""
    library = FAKETIME.format(machine=os.uname().machine)
    if not Path(library).exists():
        raise Failed(f"{library} is not there: tools/install.sh canaries")
    return {"LD_PRELOAD": library, "FAKETIME": f"+{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Installation:
    """folder/data is what a thief gets; folder/elsewhere has the key; folder/tmp is TMPDIR; folder/run the current folder.

    environment: what is set for every command, as PEYK_SECTION_KEY.
    """

    def __init__(self, binary: Path, folder: Path, environment: dict | None = None, passphrase: str = "",
                 base_url: str = "https://peyk.example", address: str = "127.0.0.1"):
        self.binary, self.folder = Path(binary).resolve(), folder
        self.data, self.tmp, self.run = folder / "data", folder / "tmp", folder / "run"
        self.elsewhere = folder / "elsewhere"
        self.config, self.log = folder / "peyk.toml", folder / "peyk.log"
        self.key_file = self.elsewhere / "store.key"
        for made in (folder, self.tmp, self.run, self.elsewhere):
            made.mkdir(exist_ok=True)
        self.port, self.metrics_port = free_port(), free_port()
        self.environment = dict(os.environ) | {"TMPDIR": str(self.tmp)} | (environment or {})
        secret = ["--passphrase"] if passphrase else ["--key-file"]
        self.process: subprocess.Popen | None = None
        self.command("init", "--config", self.config, "--server-name", "peyk.example", "--no-tls", "--address", address,
                     "--port", str(self.port), "--unattended" if passphrase else "--no-tls", *secret, plain=True,
                     extra={"PEYK_STORAGE_PASSPHRASE": passphrase} if passphrase else {})
        text = self.config.read_text().replace('public_base_url = "https://peyk.example"', f'public_base_url = "{base_url}"')
        if not passphrase:
            shutil.move(self.data / "store.key", self.key_file)
            text = text.replace("[storage]\n", f'[storage]\nkey_file = "{self.key_file}"\n')
        text += f'\n[metrics]\nenabled = true\nport = {self.metrics_port}\n'
        self.config.write_text(text)

    def command(self, *words, plain: bool = False, text: str | None = None, extra: dict | None = None) -> str:
        where = [] if plain else ["--config", self.config]
        done = subprocess.run([self.binary, *words, *where], env=self.environment | (extra or {}), capture_output=True,
                              text=True, input=text or "", cwd=self.run)
        if done.returncode != 0:
            raise Failed(f"peyk {' '.join(map(str, words))}: {done.returncode} {done.stderr[-1500:]}")
        return done.stdout

    def add_user(self, name: str, password: str, *more: str) -> None:
        self.command("user", "add", name, "--password-file", "/dev/stdin", *more, text=password)

    def start(self, extra: dict | None = None, wrap: list | None = None) -> None:
        cores = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*(wrap or []), self.binary, "serve", "--config", self.config],
                                            env=self.environment | (extra or {}), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, cwd=self.run, preexec_fn=cores)
        end = time.monotonic() + 20 * SLOWNESS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise Failed(f"the server does not start:\n{self.log.read_text(errors='replace')[-2000:]}") from None
                time.sleep(0.02)

    def end(self, how: signal.Signals) -> int:
        """TERM is a clean stop. The exit code."""
        self.process.send_signal(how)
        return self.process.wait(20 * SLOWNESS)

    def http(self, method: str, target: str, token: str = "", body: bytes | None = None, headers: dict | None = None):
        client = Client("127.0.0.1", self.port)
        own = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return client.request(method, target, body, own | (headers or {}))
        finally:
            client.drop()

    def metrics(self) -> bytes:
        client = Client("127.0.0.1", self.metrics_port)
        try:
            answer = client.request("GET", "/metrics")
        finally:
            client.drop()
        if answer.status != 200:
            raise Failed(f"/metrics: {answer.status}")
        return answer.body

    def dispose(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
