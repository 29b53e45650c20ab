"""A server on one host and a browser on another: two network namespaces with a cable between them, and no other way out.

The server is as `peyk init` makes it, with HTTPS and its own certificate authority. The browser's host learns of it as people do:
by the address, the page of the certificate, and the fingerprint that `peyk init` printed.
"""
import hashlib
import json
import os
import re
import secrets
import shutil
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from server import SLOWNESS, service_environment

ADDRESS, OTHER = "10.77.0.1", "10.77.0.2"
FETCH = ("import ssl, sys, urllib.request as r; c = ssl.create_default_context(); c.check_hostname = False; "
         "c.verify_mode = ssl.CERT_NONE; sys.stdout.buffer.write(r.urlopen(sys.argv[1], context=c, timeout=120).read())")


class NotHere(Exception):
    """This machine, or this user, cannot have a second host."""


def run(*command, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(one) for one in command], check=True, capture_output=True, **more)


class SecondHost:
    def __init__(self, binary: Path, build: Path):
        for program in ("ip", "certutil"):
            if shutil.which(program) is None:
                raise NotHere(f"the program {program} is missing")
        self.folder = Path(tempfile.mkdtemp(prefix="peyk-second-"))
        self.spaces: list[str] = []
        self.server: subprocess.Popen | None = None
        try:
            self.make_hosts()
            self.start(binary.resolve(), build.resolve())
        except BaseException:
            self.close()
            raise

    def make_hosts(self) -> None:
        mark = secrets.token_hex(3)
        near, far = f"peyk-{mark}-a", f"peyk-{mark}-b"
        try:
            for name in (near, far):
                run("ip", "netns", "add", name)
                self.spaces.append(name)
            run("ip", "-n", near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", far)
            for name, address in ((near, ADDRESS), (far, OTHER)):
                # No address that the system makes by itself: it would come seconds later, and a browser that is loading a
                # page then gives up, since its network has changed.
                run("ip", "-n", name, "link", "set", "cable", "addrgenmode", "none")
                run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "cable")
                for device in ("lo", "cable"):
                    run("ip", "-n", name, "link", "set", device, "up")
        except subprocess.CalledProcessError as error:
            raise NotHere(f"no network namespaces: {error.stderr.decode(errors='replace').strip()}") from None
        self.settle()

    def settle(self) -> None:
        """Waits until both ends of the cable are up with the addresses and routes that they will keep, and nothing changes any more."""
        end = time.monotonic() + 60 * SLOWNESS
        seen, since = None, time.monotonic()
        while time.monotonic() - since < 0.5 or not self.settled(seen):
            if time.monotonic() > end:
                raise RuntimeError(f"the network does not settle: {seen}")
            time.sleep(0.05)
            now = [[json.loads(run("ip", "-json", "-n", name, *what).stdout or "[]") for what in (["address"], ["route"], ["-6", "route"])]
                   for name in self.spaces]
            if now != seen:
                seen, since = now, time.monotonic()

    @staticmethod
    def settled(seen: list | None) -> bool:
        if seen is None:
            return False
        for (devices, routes, _), address in zip(seen, (ADDRESS, OTHER)):
            cable = next(one for one in devices if one["ifname"] == "cable")
            if cable["operstate"] != "UP" or address not in [one["local"] for one in cable["addr_info"]]:
                return False
            if any(one.get("tentative") or one.get("dadfailed") for device in devices for one in device["addr_info"]):
                return False
            if not any(one["dev"] == "cable" and "linkdown" not in one["flags"] for one in routes):
                return False
        return True

    def inside(self, host: int, *command) -> list[str]:
        return ["ip", "netns", "exec", self.spaces[host], *(str(one) for one in command)]

    def start(self, binary: Path, build: Path) -> None:
        config = self.folder / "peyk.toml"
        said = run(*self.inside(0, binary, "init", "--config", config, "--unattended", "--server-name", ADDRESS,
                                "--address", ADDRESS), env=service_environment())
        words = (said.stdout + said.stderr).decode()
        self.fingerprint = re.search(r"\b([0-9A-F]{2}(?::[0-9A-F]{2}){31})\b", words)[1]
        with config.open("a") as file:
            file.write(f'\n[web]\nfolder = "{build}"\n')
        self.log = self.folder / "peyk.log"
        with self.log.open("wb") as log:
            self.server = subprocess.Popen(self.inside(0, binary, "serve", "--config", config), stdout=log,
                                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=service_environment())
        end = time.monotonic() + 60 * SLOWNESS
        while not (link := re.search(r"(https://\S+)(/i/\S+)", self.log.read_text(errors="replace"))):
            if self.server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server prints no link:\n{self.log_tail(30)}")
            time.sleep(0.05)
        self.url, self.invitation = link[1], link[2]

    def log_tail(self, lines: int) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def command(self, *command) -> tuple[list[str], dict]:
        """A program on the other host, whose person has a home of their own."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return self.inside(1, *command), dict(os.environ) | {"HOME": str(home)}

    def trust(self) -> None:
        """Fetches the authority over the network, compares it with what was printed, and installs it for the browser."""
        command, environment = self.command("python3", "-c", FETCH, f"{self.url}/_peyk/ca.crt")
        found = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
        der = ssl.PEM_cert_to_DER_cert(found.decode()) if found.startswith(b"-----BEGIN") else found
        seen = hashlib.sha256(der).hexdigest().upper()
        if seen != self.fingerprint.replace(":", ""):
            raise RuntimeError(f"the authority has the fingerprint {seen}, and {self.fingerprint} was printed")
        known = self.folder / "known.pem"
        known.write_text(ssl.DER_cert_to_PEM_cert(der))
        store = self.folder / "home/.pki/nssdb"
        store.mkdir(parents=True)
        run("certutil", "-N", "-d", f"sql:{store}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{store}", "-t", "C,,", "-n", "peyk", "-a", "-i", known)

    def close(self) -> None:
        if self.server and self.server.poll() is None:
            self.server.terminate()
            try:
                self.server.wait(10 * SLOWNESS)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        for name in self.spaces:
            subprocess.run(["ip", "netns", "delete", name], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
