"""What the benchmarks share: a server with users and rooms in it, the load generator, and what it all cost."""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))

from httpc import Client  # noqa: E402
from server import Server  # noqa: E402

BINARY = ROOT / "build/release/peyk"
LOAD = ROOT / "build/release/bench_load"
MEMBERS = 10  # of every room


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def load(*arguments, on_line=None) -> dict:
    """Runs the generator; on_line(text) is called for each line before the last, which is its result."""
    process = subprocess.Popen([LOAD, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    last = ""
    for line in process.stdout:
        last = line
        if on_line and not line.startswith("{"):
            on_line(line.strip())
    if process.wait() != 0:
        raise SystemExit(f"bench_load {arguments[0]} failed: {last}")
    return json.loads(last)


class Costs:
    """Processor time since the start: of the servers, and of everything else that measured them (this script, the load
    generator, clients). Building the tools is neither."""

    def __init__(self):
        self.began, self.servers = time.monotonic(), Server.spent_cpu
        self.own, self.aside = self._all(), 0.0

    @staticmethod
    def _all() -> float:
        return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage,
                                                                    (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

    def leave_out(self, command: list, **options) -> None:
        """Runs a command that does not count."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        subprocess.run(command, check=True, **options)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.aside += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.began += time.monotonic() - began

    def so_far(self) -> dict:
        servers = Server.spent_cpu - self.servers
        return {"wall_seconds": round(time.monotonic() - self.began, 1), "server_cpu_seconds": round(servers, 2),
                "generator_cpu_seconds": round(max(0.0, self._all() - self.own - self.aside - servers), 2)}


COSTS = Costs()


class Bench:
    """A server with users and rooms in it."""

    def __init__(self, options: dict | None = None, binary: Path = BINARY):
        self.server = Server(binary, {"storage.durability": "sync", "metrics.enabled": True, "metrics.port": 0}
                             | (options or {}))
        self.server.sections["metrics"]["port"] = self.metrics_port = __import__("server").free_port()
        self.server.write_config()
        self.scratch = Path(tempfile.mkdtemp(prefix="peyk-bench-"))
        self.server.start()
        self.client = self.server.client()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.dispose()
        subprocess.run(["rm", "-rf", self.scratch], check=False)

    def file(self, name: str, lines: list[str]) -> Path:
        path = self.scratch / name
        path.write_text("\n".join(lines) + "\n")
        return path

    def requests(self, lines: list[str], width: int = 16) -> list[dict]:
        out = self.scratch / "answers"
        load("run", self.server.port, self.file("requests", lines), width, out)
        return [json.loads(line) for line in out.read_text().splitlines()]

    def users(self, count: int) -> list[dict]:
        return self.requests([
            "POST /_matrix/client/v3/register - " + json.dumps({
                "auth": {"type": "m.login.dummy"}, "username": f"u{n}", "password": "a long password"})
            for n in range(count)])

    def rooms(self, count: int, users: list[dict]) -> list[tuple[dict, str]]:
        """`count` rooms of MEMBERS people each: (owner, room id)."""
        owners = [users[n % len(users)] for n in range(count)]
        made = self.requests([f"POST /_matrix/client/v3/createRoom {u['access_token']} " + json.dumps({"preset": "public_chat"})
                              for u in owners])
        rooms = [room["room_id"] for room in made]
        joins = [f"POST /_matrix/client/v3/rooms/{quote(room, safe='')}/join {users[(n + k) % len(users)]['access_token']} {{}}"
                 for k in range(1, MEMBERS) for n, room in enumerate(rooms)]
        self.requests(joins)
        return list(zip(owners, rooms))

    def metrics(self) -> dict[str, float]:
        """Counters by name, labels left out (summed)."""
        answer = Client("127.0.0.1", self.metrics_port, 10).request("GET", "/metrics")
        out: dict[str, float] = {}
        for line in answer.body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                name = name.split("{")[0]
                out[name] = out.get(name, 0.0) + float(value)
        return out

    def cpu(self) -> float:
        return self.server.cpu()

    def memory(self, key: str = "VmRSS") -> int:
        """Bytes of the process."""
        for line in Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
        raise SystemExit(f"no {key}")


def growth(before: dict, after: dict, name: str) -> float:
    if name not in after:
        raise SystemExit(f"the server has no series {name}")
    return after[name] - before.get(name, 0)


def store_figures(before: dict, after: dict, seconds: float, messages: int) -> dict:
    """What the store did meanwhile: how many syncs of the disk, how many batches shared one, what a message wrote."""
    commits, syncs = growth(before, after, "peyk_commits_total"), growth(before, after, "peyk_disk_syncs_total")
    return {"disk_syncs_per_second": round(syncs / seconds, 1), "commits_per_second": round(commits / seconds, 1),
            "batches_per_disk_sync": round(commits / max(1, syncs), 2),
            "rows_per_message": round(growth(before, after, "peyk_rows_written_total") / max(1, messages), 2),
            "log_bytes_per_message": round(growth(before, after, "peyk_log_bytes_total") / max(1, messages))}


def measured_send(bench: Bench, senders: Path, seconds: float, warmup: float) -> dict:
    start: dict = {}
    end: dict = {}

    def marking(line: str) -> None:
        mark = start if line == "measuring" else end
        mark.update(cpu=bench.cpu(), metrics=bench.metrics(), at=time.monotonic())

    result = load("send", bench.server.port, senders, seconds, warmup, on_line=marking)
    took = end["at"] - start["at"]
    server_cpu = end["cpu"] - start["cpu"]
    sends = max(1, result["sends"])
    result |= store_figures(start["metrics"], end["metrics"], took, sends)
    result |= {"sync_answers_per_second": round(growth(start["metrics"], end["metrics"], "peyk_sync_answers_total") / took, 1),
               "server_cpu_seconds": round(server_cpu, 2), "server_cpu_cores": round(server_cpu / took, 2),
               "generator_cpu_cores": round(result["generator_cpu_seconds"] / took, 2),
               "server_cpu_us_per_send": round(server_cpu / sends * 1e6, 1),
               "generator_cpu_us_per_send": round(result["generator_cpu_seconds"] / sends * 1e6, 1),
               "rss_mb": round(bench.memory() / 1e6, 1)}
    return result


def next_batches(bench: Bench, users: list[dict]) -> list[str]:
    lines = [f"GET /_matrix/client/v3/sync?timeout=0 {u['access_token']} -" for u in users]
    return [quote(answer["next_batch"], safe="") for answer in bench.requests(lines)]


def kernel_memory() -> int:
    """Bytes of slabs, and of the pages that sockets hold."""
    memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in Path("/proc/meminfo").read_text().splitlines()}
    pages = 0
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        words = line.split()
        if words[0] == "TCP:":
            pages = int(words[words.index("mem") + 1])
    return memory["Slab"] + pages * os.sysconf("SC_PAGE_SIZE")


def size_of(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
