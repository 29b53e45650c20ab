"""The life of an installation with people in it, and what is to be seen at each moment."""
import base64
import gzip
import os
import resource
import secrets
import signal
import subprocess
import time
import zlib
from pathlib import Path

import network
import surfaces
from canary import ZSTD, Nest
from installation import Installation, shifted
from planting import Community
from server import SLOWNESS

# Surfaces that a thief, a host or a reader of logs has without the key. Nothing may be found on them at any moment.
WITHOUT_KEY = {"data folder", "temporary files", "log", "metrics", "backup", "crash"}
PUNCTURED = 26     # seconds until a destroyed key is destroyed on the disk too: every 20 s (storage/open.h)
COMPACTED = 8      # days after which deleted rows have left the files of the engine


# How a canary can be hidden in a file.
HIDING = {
    "as it is": str.encode, "in capitals": lambda text: text.upper().encode(),
    "utf-16 le": lambda text: text.encode("utf-16-le"), "utf-16 be": lambda text: text.encode("utf-16-be"),
    "base64": lambda text: base64.b64encode(text.encode()), "base64, one off": lambda text: base64.b64encode(b"a" + text.encode()),
    "base64, two off": lambda text: base64.urlsafe_b64encode(b"ab" + text.encode()),
    "hex": lambda text: text.encode().hex().encode(), "hex, capitals": lambda text: text.encode().hex().upper().encode(),
    "json-escaped": lambda text: "".join(f"\\u{ord(c):04x}" for c in text).encode(),
    "percent-encoded": lambda text: "".join(f"%{ord(c):02X}" for c in text).encode(),
    "gzip": lambda text: gzip.compress(text.encode()), "zlib": lambda text: zlib.compress(text.encode() * 3),
    "zstd": lambda text: ZSTD.make(text.encode() * 3), "gzip in zstd": lambda text: ZSTD.make(gzip.compress(text.encode())),
    "base64 in gzip": lambda text: gzip.compress(base64.b64encode(text.encode())),
}


class Story:
    LOG_CONTROL = "in the log, by way of the configuration"
    MEMORY_CONTROL = "in the environment of the process"

    def __init__(self, binary: Path, dump: Path, folder: Path, name: str):
        self.binary, self.dump_program, self.folder, self.name = binary, dump, folder, name
        folder.mkdir(parents=True)
        self.nest = Nest()
        self.log_control = self.nest.lay("Control", self.LOG_CONTROL)
        self.memory_control = self.nest.lay("Control", self.MEMORY_CONTROL)
        addresses = [network.random_ipv6(), network.random_ipv4(), network.random_ipv6()]
        for address in addresses:
            network.own(address)
        self.server = Installation(binary, folder / "server", {
            "PEYK_LOGGING_LEVEL": "debug", "CONTROL": self.memory_control},
            base_url=f"https://{self.log_control}.example", address="127.0.0.1")
        with open(self.server.config, "a") as config:  # a listener for each family
            config.write(f'\n[[listener]]\naddress = "::1"\nport = {self.server.port}\n')
        self.nest.lay_bytes("Secrets", "key file", self.server.key_file.read_bytes())
        self.people = Community(self.nest, self.server, folder / "people", addresses)
        gateway = self.people.gateway.fields()["origin"]
        self.server.environment["PEYK_NETWORK_PUSH_GATEWAYS"] = gateway
        self.findings: surfaces.Findings | None = None
        self.dumps = 0
        self.problems: list[str] = []
        self.known: list[str] = []
        self.by_hand: set[str] = set()

    def say(self, text: str) -> None:
        print(f"  {self.name}: {text}", flush=True)

    def look(self, moment: str, surface: str, places) -> None:
        self.findings.look(moment, surface, places)

    # ---- the parts ---------------------------------------------------------------------------------------------------

    def plant(self) -> None:
        people = self.people
        for step in (people.arrive, people.meet, people.confide, people.live, people.ask_for_what_is_refused):
            began = time.monotonic()
            step()
            self.say(f"people {step.__name__} ({time.monotonic() - began:.1f} s)")
        taken = people.gateway.wait_for(1, 15 * SLOWNESS)
        if not taken:
            self.problems.append("nothing was pushed to the gateway")
        self.findings = surfaces.Findings(self.nest.scanner(), self.say)

    def look_at_files(self, moment: str) -> None:
        self.look(moment, "data folder", surfaces.folder(self.server.data))
        self.look(moment, "temporary files", surfaces.folder(self.server.tmp))
        self.look(moment, "log", iter([("peyk.log", self.server.log.read_bytes())]))

    def look_at_running(self, moment: str) -> None:
        self.look(moment, "memory", surfaces.memory(self.server.process.pid))
        self.look(moment, "metrics", iter([("/metrics", self.server.metrics())]))
        self.look(moment, "push", iter([(f"request {i}", raw) for i, raw in enumerate(self.people.gateway.raw)]))

    def look_inside(self, moment: str) -> dict[str, bytes]:
        """With the key. The server must not run. The keys that there are."""
        self.dumps += 1
        dump = surfaces.Dump(self.dump_program, self.server.config, self.server.data, self.folder / f"dump{self.dumps}")
        self.look(moment, "engine's files, decrypted", dump.files())
        self.look(moment, "rows", dump.rows())
        self.look(moment, "media, decrypted", dump.media())
        self.categories = dump.categories
        keys = dump.keys()
        dump.close()
        return keys

    def back_up(self, moment: str) -> None:
        target = self.folder / f"backup at {moment}"
        self.server.command("backup", target)
        self.look(moment, "backup", surfaces.folder(target))

    def crash(self, moment: str) -> None:
        """SIGSEGV, with core dumps allowed to everybody. The same for a program that allows its own must leave one."""
        self.server.end(signal.SIGSEGV)
        self.look(moment, "crash", surfaces.folder(self.server.run))
        if cores := list(self.server.run.iterdir()):
            self.problems.append(f"the server left a core dump: {cores}")
        self.core_control()

    def hide_by_hand(self) -> None:
        """Canaries in every form, in files of every kind, that somebody wrote into the folders: the search must see each."""
        backup = next(self.folder.glob("backup at *"))
        for surface, root in (("data folder", self.server.data), ("backup", backup), ("temporary files", self.server.tmp)):
            folders = [path for path in root.rglob("*") if path.is_dir()]
            hidden, scanner_nest = [], Nest()
            for number, (form, make) in enumerate(HIDING.items()):
                text = scanner_nest.lay("Control", form)
                path = (folders[number % len(folders)] if folders else root) / f"{number:06}.sst"
                path.write_bytes(secrets.token_bytes(3000 + number) + make(text) + secrets.token_bytes(500))
                hidden.append(path)
            name = scanner_nest.lay("Control", "name of a file")
            hidden.append(root / name)
            hidden[-1].touch()
            found = surfaces.Findings(scanner_nest.scanner())
            self.by_hand = {canary.way for canary in scanner_nest.all}
            found.look("control", surface, surfaces.folder(root))
            self.findings.rows += found.rows
            for path in hidden:
                path.unlink()

    def core_control(self) -> None:
        place = self.folder / "core-control"
        place.mkdir()
        process = subprocess.Popen(
            ["sleep", "60"], cwd=place, env=os.environ | {"CONTROL": self.memory_control},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
        time.sleep(0.2)
        process.send_signal(signal.SIGSEGV)
        process.wait()
        self.look("control", "crash", surfaces.folder(place))

    # ---- the story ---------------------------------------------------------------------------------------------------

    def until_killed(self) -> None:
        """What both the sealed and the unsealed server do."""
        self.plant()
        self.look_at_running("sent")
        self.back_up("sent")
        self.look_at_files("sent")
        self.server.end(signal.SIGKILL)
        self.look_at_files("killed")
        self.look_inside("killed")
        self.hide_by_hand()

    def whole(self) -> None:
        self.until_killed()
        server, people = self.server, self.people
        server.environment["PEYK_LOGGING_FORMAT"] = "json"
        server.start()
        self.catch_up()
        self.look_at_running("restarted")
        self.look_at_files("restarted")
        self.crash("crashed")
        self.look_at_files("crashed")
        self.look_inside("crashed")

        server.start()
        self.catch_up()
        people.withdraw()
        time.sleep(PUNCTURED * max(1, SLOWNESS / 2))
        self.back_up("withdrawn")
        self.look_at_running("withdrawn")
        self.look_at_files("withdrawn")
        server.end(signal.SIGTERM)
        self.look_inside("withdrawn")

        server.start(shifted(COMPACTED))
        time.sleep(PUNCTURED * max(1, SLOWNESS / 2))
        self.look_at_running("deadline")
        self.look_at_files("deadline")
        server.end(signal.SIGTERM)
        self.look_inside("deadline")

        server.start()
        self.erasure = people.erase()
        time.sleep(PUNCTURED * max(1, SLOWNESS / 2))
        self.look_at_running("erased")
        server.end(signal.SIGTERM)
        self.look_inside("erased")
        self.look_at_files("erased")

    def catch_up(self) -> None:
        """The clients are back: each reads what somebody else says now."""
        people = self.people
        event = people.bob("send", room=people.private, text="are you there", txn=secrets.token_hex(8))["event_id"]
        people.ada("wait_event", event_id=event)

    def close(self) -> None:
        self.people.close()
        self.server.dispose()
