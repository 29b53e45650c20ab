"""Starts, stops, kills and restarts servers for tests."""
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import peyk_config
from httpc import Client

SLOWNESS = float(os.environ.get("PEYK_TEST_SLOWNESS", "1"))  # sanitizer builds


def service_environment() -> dict:
    """As a service has it: without what a person's shell, or the machine that tests run on, says of authorities."""
    return {name: value for name, value in os.environ.items() if name not in ("SSL_CERT_FILE", "SSL_CERT_DIR")}


class ServerFailed(Exception):
    pass


PORTS = itertools.cycle(range(12000, 32000))  # below those that the kernel gives to others meanwhile
PORTS_LOCK = threading.Lock()
for _ in range(random.randrange(20000)):  # other processes of tests begin elsewhere
    next(PORTS)


def free_port() -> int:
    """A port that nobody listens on, and that is given to nobody else before its server has started."""
    while True:
        with PORTS_LOCK:
            port = next(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Server:
    """One peyk in a scratch folder, plain HTTP on loopback.

    options: configuration keys over the test defaults, {"registration.mode": "closed"}.
    """

    watch = None     # a watching.Watch: servers that are made then stand behind its relay
    spent_cpu = 0.0  # seconds of processor time of all servers that were stopped or killed, up to then

    def __init__(self, binary: Path, options: dict | None = None, name: str = "localhost", engine: str = "rocksdb",
                 folder: Path | None = None):
        self.binary = Path(binary).resolve()
        if not self.binary.is_file():
            raise ServerFailed(f"{self.binary} is not there")
        self.own_folder = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="peyk-test-")) if folder is None else folder
        self.inner_port = self.port = free_port()
        if Server.watch:
            self.port = Server.watch.relay(self.inner_port)
        self.name = name
        self.process: subprocess.Popen | None = None
        self.sections = peyk_config.merged(
            peyk_config.TEST_DEFAULTS,
            {"server": {"name": name, "data_dir": "data"}, "storage": {"engine": engine}},
            peyk_config.dotted(options or {}))
        if Server.watch:  # what it says of its own address leads through the relay too
            self.sections["server"].setdefault("public_base_url", f"http://localhost:{self.port}")
        self.config = self.folder / "peyk.toml"
        self.log = self.folder / "peyk.log"
        self.write_config()

    def write_config(self) -> None:
        peyk_config.write(self.config, self.sections, [{"address": "127.0.0.1", "port": self.inner_port}])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, timeout: float = 60) -> Client:
        return Client("127.0.0.1", self.port, timeout * SLOWNESS)

    def start(self, wait: float = 20) -> float:
        """Starts and waits for the port; returns the seconds that took."""
        began = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--config", self.config], stdout=log,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.folder,
                                            env=service_environment())
        while time.monotonic() - began < wait * SLOWNESS:
            if self.process.poll() is not None:
                raise ServerFailed(f"the server ended at its start with {self.process.returncode}:\n{self.log_tail()}")
            try:
                socket.create_connection(("127.0.0.1", self.inner_port), timeout=1).close()
                return time.monotonic() - began
            except OSError:
                time.sleep(0.002)
        raise ServerFailed(f"the server does not listen after {wait} s:\n{self.log_tail()}")

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def cpu(self) -> float:
        """Seconds of processor time of the process that runs."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _count_cpu(self) -> None:
        if self.alive():
            Server.spent_cpu += self.cpu()

    def kill(self) -> None:
        self._count_cpu()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, limit: float = 2.0) -> float:
        """SIGTERM; returns the seconds it took. A server that crashes or does not end in time is an error."""
        began = time.monotonic()
        self._count_cpu()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=limit * SLOWNESS + 8)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"the server does not stop:\n{self.log_tail()}") from None
        took = time.monotonic() - began
        if code != 0:
            raise ServerFailed(f"the server stopped with {code}:\n{self.log_tail()}")
        if took > limit * SLOWNESS:
            raise ServerFailed(f"the server took {took:.1f} s to stop")
        return took

    def log_tail(self, lines: int = 40) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def dispose(self) -> None:
        if self.alive():
            self.kill()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class External:
    """A homeserver that runs already, for checking the tests themselves. It cannot be restarted or configured."""

    def __init__(self, host: str, port: int):
        self.host, self.port = host, port
        self.url = f"http://{host}:{port}"

    def client(self, timeout: float = 60) -> Client:
        return Client(self.host, self.port, timeout)

    def alive(self) -> bool:
        return True

    def log_tail(self, lines: int = 40) -> str:
        return ""

    def dispose(self) -> None:
        pass
