#!/usr/bin/env python3
"""The benchmarks of ./bench.sh. Each starts a release build with durability = sync and sealing on, plain HTTP on loopback,
puts a load on it from the same machine, and prints one JSON object as its last line."""
import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))

from fake_gateway import Gateway  # noqa: E402
from bridge_killing import kill_with_service  # noqa: E402
from fake_service import FakeService  # noqa: E402
from httpc import Client  # noqa: E402
from killing import kill_under_load, must  # noqa: E402
from server import Server  # noqa: E402

BINARY = ROOT / "build/release/peyk"
LOAD = ROOT / "build/release/bench_load"
TICKS = os.sysconf("SC_CLK_TCK")
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


class Bench:
    """A server with users and rooms in it."""

    def __init__(self, options: dict | None = None):
        self.server = Server(BINARY, {"storage.durability": "sync", "metrics.enabled": True, "metrics.port": 0}
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
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, key: str = "VmRSS") -> int:
        """Bytes of the process."""
        for line in Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
        raise SystemExit(f"no {key}")


def rate(before: dict, after: dict, words: tuple[str, ...], seconds: float) -> float | None:
    """Growth per second of the counter whose name holds all the words; None when there is no such counter."""
    names = [n for n in after if all(word in n for word in words) and not n.endswith(("_bucket", "_sum"))]
    if not names:
        return None
    return round((after[names[0]] - before.get(names[0], 0)) / seconds, 1)


# ---- the benchmarks -------------------------------------------------------------------------------------------------

def bench_start(options) -> dict:
    """start on an empty store: time to the first answer, memory then"""
    times, memories = [], []
    for _ in range(options.rounds or 10):
        server = Server(BINARY)
        try:
            began = time.monotonic()
            server.start()
            status = server.client().request("GET", "/_matrix/client/versions").status
            times.append((time.monotonic() - began) * 1000)
            if status != 200:
                raise SystemExit(f"/versions answers {status}")
            text = Path(f"/proc/{server.process.pid}/status").read_text()
            memories.append(next(int(l.split()[1]) * 1024 for l in text.splitlines() if l.startswith("VmRSS:")))
        finally:
            server.dispose()
    return {"start_ms_median": round(statistics.median(times), 1), "start_ms_max": round(max(times), 1),
            "rss_mb": round(statistics.median(memories) / 1e6, 1), "rounds": len(times),
            "goal": {"start_ms": 100, "rss_mb": 50}}


def measured_send(bench: Bench, senders: Path, seconds: float, warmup: float) -> dict:
    start: dict = {}

    def measuring(_line: str) -> None:
        start.update(cpu=bench.cpu(), metrics=bench.metrics(), at=time.monotonic())

    result = load("send", bench.server.port, senders, seconds, warmup, on_line=measuring)
    took = time.monotonic() - start["at"]
    server_cpu = bench.cpu() - start["cpu"]
    result |= {"server_cpu_seconds": round(server_cpu, 2),
               "server_cpu_us_per_send": round(server_cpu / max(1, result["sends"]) * 1e6, 1),
               "generator_cpu_us_per_send": round(result["generator_cpu_seconds"] / max(1, result["sends"]) * 1e6, 1),
               "syncs_per_second": rate(start["metrics"], bench.metrics(), ("sync", "total"), took),
               "rss_mb": round(bench.memory() / 1e6, 1)}
    return result


def bench_send64(options) -> dict:
    """64 senders in 64 rooms of 10 members"""
    with Bench() as bench:
        rooms = bench.rooms(64, bench.users(64))
        senders = bench.file("senders", [f"{u['access_token']} {quote(room, safe='')}" for u, room in rooms])
        return measured_send(bench, senders, options.seconds or 15, 3) | {"goal": {"sends_per_second": 5000, "p99_ms": 50}}


def bench_send1(options) -> dict:
    """one sender into one room of 10 members, 32 requests in flight"""
    with Bench() as bench:
        user, room = bench.rooms(1, bench.users(MEMBERS))[0]
        senders = bench.file("senders", [f"{user['access_token']} {quote(room, safe='')}"] * 32)
        return measured_send(bench, senders, options.seconds or 15, 3) | {"goal": {"sends_per_second": 1000}}


def bench_members(options) -> dict:
    """8 senders into one room of 10,000 members: with rules of their own, 100 pushers and 50 readers among them"""
    count = options.count or 10_000
    gateway = Gateway()
    with Bench({"network.push_gateways": [gateway.fields()["origin"]]}) as bench:
        users = bench.users(count)
        tokens = [user["access_token"] for user in users]
        room = quote(bench.requests([f"POST /_matrix/client/v3/createRoom {tokens[0]} "
                                     + json.dumps({"preset": "public_chat"})])[0]["room_id"], safe="")
        bench.requests([f"POST /_matrix/client/v3/rooms/{room}/join {token} {{}}" for token in tokens[1:]], 8)
        rules = [f"PUT /_matrix/client/v3/pushrules/global/room/{room} {token} " + '{"actions":[]}' for token in tokens[1::10]]
        rules += [f"PUT /_matrix/client/v3/pushrules/global/content/word {token} "
                  + json.dumps({"pattern": f"word{n}", "actions": ["notify", {"set_tweak": "highlight"}]})
                  for n, token in enumerate(tokens[2::100])]
        bench.requests(rules)
        bench.requests([f"POST /_matrix/client/v3/pushers/set {token} " + json.dumps({
            "kind": "http", "app_id": "bench", "app_display_name": "a", "device_display_name": "d", "lang": "en",
            "pushkey": f"key{n}", "data": {"url": gateway.fields()["url"]}}) for n, token in enumerate(tokens[3:103])])
        done = threading.Event()

        def read(token: str) -> None:
            client, since, headers = bench.server.client(), "", {"Authorization": f"Bearer {token}"}
            while not done.is_set():
                answer = client.request("GET", f"/_matrix/client/v3/sync?timeout=1000{since}", headers=headers)
                since = "&since=" + quote(answer.json()["next_batch"], safe="")

        readers = [threading.Thread(target=read, args=(token,), daemon=True) for token in tokens[200:250]]
        for reader in readers:
            reader.start()
        senders = bench.file("senders", [f"{tokens[0]} {room}"] * 8)
        result = measured_send(bench, senders, options.seconds or 15, 3)
        done.set()
        for reader in readers:
            reader.join(10)
        gateway.close()
        return result | {"members": count, "notifications": gateway.attempts, "goal": {"p99_ms": 50}}


def next_batches(bench: Bench, users: list[dict]) -> list[str]:
    lines = [f"GET /_matrix/client/v3/sync?timeout=0 {u['access_token']} -" for u in users]
    return [quote(answer["next_batch"], safe="") for answer in bench.requests(lines)]


def bench_latency(options) -> dict:
    """from a send to the other client's sync answer, idle server"""
    with Bench() as bench:
        users = bench.users(MEMBERS)
        owner, room = bench.rooms(1, users)[0]
        reader = users[1]
        since = next_batches(bench, [reader])[0]
        pair = bench.file("pair", [f"{owner['access_token']} {quote(room, safe='')}", f"{reader['access_token']} {since}"])
        return load("latency", bench.server.port, pair, options.rounds or 300, 20) | {"goal": {"sync_p50_ms": 3}}


def kernel_memory() -> int:
    """Bytes of slabs, and of the pages that sockets hold."""
    memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in Path("/proc/meminfo").read_text().splitlines()}
    pages = 0
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        words = line.split()
        if words[0] == "TCP:":
            pages = int(words[words.index("mem") + 1])
    return memory["Slab"] + pages * os.sysconf("SC_PAGE_SIZE")


def bench_longpoll(options) -> dict:
    """10,000 idle long polls: bytes each, in the process and in the kernel"""
    count = options.count or 10_000
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 2000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, min(hard, 65536)), max(hard, wanted)))
    with Bench() as bench:
        users = bench.users(count)
        tokens = next_batches(bench, users)
        polls = bench.file("polls", [f"{u['access_token']} {s}" for u, s in zip(users, tokens)])
        bench.client.drop()
        time.sleep(3)
        before = {"rss": bench.memory(), "kernel": kernel_memory(), "cpu": bench.cpu()}
        after: dict = {}

        def holding(_line: str) -> None:
            time.sleep(3)
            after.update(rss=bench.memory(), kernel=kernel_memory(), cpu=bench.cpu(), at=time.monotonic())

        result = load("hold", bench.server.port, polls, 8, on_line=holding)
        idle_cpu = (bench.cpu() - after["cpu"]) / max(0.1, time.monotonic() - after["at"])
    process = (after["rss"] - before["rss"]) / count
    # Both ends of every connection are on this machine: half of the kernel's memory is the server's.
    kernel = (after["kernel"] - before["kernel"]) / count / 2
    if result["answered"]:
        say(f"{result['answered']} polls were answered: they were not idle")
    return result | {"process_bytes_each": round(process), "kernel_bytes_each": round(kernel),
                     "bytes_each": round(process + kernel), "idle_cpu_cores": round(idle_cpu, 4),
                     "rss_mb": round(after["rss"] / 1e6, 1), "goal": {"bytes_each": 12_000}}


def size_of(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def bench_disk(options) -> dict:
    """bytes on disk per message of 1 kB, after compaction, all tables"""
    with Bench() as bench:
        rooms = bench.rooms(64, bench.users(64))
        senders = bench.file("senders", [f"{u['access_token']} {quote(room, safe='')}" for u, room in rooms])
        bench.server.stop(limit=10)
        compact(bench.server)
        before = size_of(bench.server.folder / "data")
        bench.server.start()
        result = load("send", bench.server.port, senders, options.seconds or 20, 0)
        bench.server.stop(limit=10)
        compact(bench.server)
        after = size_of(bench.server.folder / "data")
    messages = result["sends"]
    return {"messages": messages, "bytes_before": before, "bytes_after": after,
            "bytes_per_message": round((after - before) / max(1, messages)), "goal": {"bytes_per_message": 1300}}


def compact(server: Server) -> None:
    subprocess.run([BINARY, "compact", "--config", server.config], check=True, capture_output=True, timeout=600)


def bench_kill(options) -> dict:
    """kill -9 under load, 100 times"""
    return kill_under_load(BINARY, options.rounds or 100, report=say) | {"goal": {"lost": 0, "duplicated": 0}}


def bench_bridgekill(options) -> dict:
    """kill -9 under load with an application service that comes and goes, 50 times"""
    return kill_with_service(BINARY, options.rounds or 50, report=say) | {"goal": {"lost": 0, "problems": []}}


def bench_powercut(options) -> dict:
    """simulated power cuts, spread over every stage of a commit; with `relaxed` the same test must find losses"""
    subprocess.run([ROOT / "tools/build.sh", "test", "storage_powercut"], check=True, stdout=sys.stderr)
    program = next((ROOT / "build/test").rglob("storage_powercut"))
    out = {}
    for durability, cuts in (("sync", options.rounds or 1000), ("relaxed", 100)):
        result = subprocess.run([program, str(cuts), "1", durability], capture_output=True, text=True)
        out[durability] = json.loads(result.stdout) | {"as_it_must_be": result.returncode == 0}
    return out | {"goal": {"sync lost": 0, "relaxed lost": "more than 0"}}


def bench_appservice(options) -> dict:
    """events per second that one service sends as 16 of its users, and how long after the last one it was told all"""
    service = FakeService("bench", {"receive_ephemeral": False})
    service.check = lambda *_: None  # Python's part is to count
    folder = Path(tempfile.mkdtemp(prefix="peyk-bench-service-"))
    service.write(folder / "bench.yaml")
    token, count = service.registration["as_token"], options.rounds or 20_000
    ghosts = [f"_bench_u{n}" for n in range(16)]
    with Bench({"appservices.files": [str(folder / "bench.yaml")]}) as bench:
        bench.requests([f"POST /_matrix/client/v3/register {token} " + json.dumps(
            {"type": "m.login.application_service", "username": name, "inhibit_login": True}) for name in ghosts])
        made = bench.requests([f"POST /_matrix/client/v3/createRoom {token} " + json.dumps(
            {"preset": "public_chat", "name": f"room {n}"}) for n in range(8)])
        rooms = [quote(room["room_id"], safe="") for room in made]
        bench.requests([f"POST /_matrix/client/v3/rooms/{room}/join?user_id=@{name}:localhost {token} {{}}"
                        for room in rooms for name in ghosts])
        lines = bench.file("sends", [
            f"PUT /_matrix/client/v3/rooms/{rooms[n % 8]}/send/m.room.message/t{n}?user_id=@{ghosts[n % 16]}:localhost {token} "
            + json.dumps({"msgtype": "m.text", "body": f"message {n} of a bridge"}) for n in range(count)])
        began = time.monotonic()
        load("run", bench.server.port, lines, 32, bench.scratch / "sent")
        took = time.monotonic() - began

        def told() -> int:
            with service.lock:
                return sum(event["type"] == "m.room.message" for one in service.transactions for event in one["events"])
        while told() < count and time.monotonic() - began < 10 * took + 60:
            time.sleep(0.05)
        lag = time.monotonic() - began - took
        complete = told() == count
    service.close()
    subprocess.run(["rm", "-rf", folder], check=False)
    return {"events": count, "events_per_second": round(count / took), "told_all_after_s": round(lag, 2),
            "complete": complete, "goal": {"events_per_second": 1000}}


def bench_store(_options) -> dict:
    """the store alone: commits per second and CPU per event"""
    subprocess.run(["cmake", "-B", ROOT / "build/release", "-DPEYK_TESTS=ON"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([ROOT / "tools/build.sh", "release", "storage_bench"], check=True, stdout=sys.stderr)
    program = next((ROOT / "build/release").rglob("storage_bench"))
    result = subprocess.run([program], capture_output=True, text=True, check=True)
    return json.loads(result.stdout.strip().splitlines()[-1])


def machine() -> dict:
    model = next((l.split(":")[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l), "")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": round(os.getloadavg()[0], 2)}


BENCHES = {name.removeprefix("bench_"): function for name, function in globals().items() if name.startswith("bench_")}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./bench.sh", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=sorted(BENCHES))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=float, help="how long to measure")
    parser.add_argument("--rounds", type=int, help="how many starts, sends, kills or cuts")
    parser.add_argument("--count", type=int, help="how many long polls")
    options = parser.parse_args()
    if options.list or not options.name:
        for name, function in BENCHES.items():
            print(f"{name:10} {function.__doc__}")
        return 0
    before = machine()
    result = BENCHES[options.name](options)
    print(json.dumps({"bench": options.name, **result, "machine": before}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
