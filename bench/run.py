#!/usr/bin/env python3
"""The benchmarks of ./bench.sh. Each starts a release build with durability = sync and sealing on, plain HTTP on loopback,
puts a load on it from the same machine, and prints one JSON object as its last line, with the processor time of the servers
and of what measured them ("whole_run"; narrower figures beside it). Goals stand in goals.py; README.md says what is measured and how."""
import argparse
import json
import os
import platform
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

import goals
from harness import (BINARY, COSTS, LOAD, MEMBERS, ROOT, Bench, kernel_memory, load, measured_send, next_batches, say,
                     size_of)
from state import bench_changes, bench_state, storage_tool  # noqa: F401

from bridge_killing import kill_with_service  # noqa: E402
from fake_service import FakeService  # noqa: E402
from fake_gateway import Gateway  # noqa: E402
from killing import kill_under_load  # noqa: E402
from launching import make_certificate  # noqa: E402
from server import Server  # noqa: E402
import peyk_config  # noqa: E402


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
            "rss_mb": round(statistics.median(memories) / 1e6, 1), "rounds": len(times)}


def bench_send64(options) -> dict:
    """64 senders in 64 rooms of 10 members"""
    with Bench() as bench:
        rooms = bench.rooms(64, bench.users(64))
        senders = bench.file("senders", [f"{u['access_token']} {quote(room, safe='')}" for u, room in rooms])
        return measured_send(bench, senders, options.seconds or 15, 3)


def bench_sealing(options) -> dict:
    """what sealing costs: 64 senders, by turns with and without ciphers, in pairs"""
    rounds, seconds = options.rounds or 8, options.seconds or 8
    unsealed = ROOT / "build/release/bench_unsealed"
    sends: dict[Path, list[float]] = {BINARY: [], unsealed: []}
    cpu: dict[Path, list[float]] = {BINARY: [], unsealed: []}
    for number in range(rounds):
        for binary in (BINARY, unsealed) if number % 2 else (unsealed, BINARY):
            with Bench(binary=binary) as bench:
                rooms = bench.rooms(64, bench.users(64))
                senders = bench.file("senders", [f"{u['access_token']} {quote(room, safe='')}" for u, room in rooms])
                measured = measured_send(bench, senders, seconds, 2)
            sends[binary].append(measured["sends_per_second"])
            cpu[binary].append(measured["server_cpu_us_per_send"])
        say(f"pair {number + 1} of {rounds}: {sends[BINARY][-1]} sealed, {sends[unsealed][-1]} unsealed")
    ratios = sorted(1 - a / b for a, b in zip(sends[BINARY], sends[unsealed]))
    return {"pairs": rounds, "sealed_per_second": statistics.median(sends[BINARY]),
            "unsealed_per_second": statistics.median(sends[unsealed]),
            "cost_percent_median": round(100 * statistics.median(ratios), 1),
            "cost_percent_lowest": round(100 * ratios[0], 1), "cost_percent_highest": round(100 * ratios[-1], 1),
            "sealed_cpu_us_per_send": statistics.median(cpu[BINARY]),
            "unsealed_cpu_us_per_send": statistics.median(cpu[unsealed])}


def bench_send1(options) -> dict:
    """one sender into one room of 10 members, 32 requests in flight"""
    with Bench() as bench:
        user, room = bench.rooms(1, bench.users(MEMBERS))[0]
        senders = bench.file("senders", [f"{user['access_token']} {quote(room, safe='')}"] * 32)
        return measured_send(bench, senders, options.seconds or 15, 3)


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
        return result | {"members": count, "notifications": gateway.attempts}


def bench_export(options) -> dict:
    """the export of somebody who wrote 10,000 events in 64 rooms, where as many are by others, and uploaded 20 files"""
    count = options.count or 10_000
    with Bench() as bench:
        users = bench.users(64)
        one, rooms = users[0], bench.rooms(64, users)
        ids = [quote(room, safe="") for _, room in rooms]
        bench.requests([f"POST /_matrix/client/v3/rooms/{room}/join {one['access_token']} {{}}" for room in ids])
        text = json.dumps({"msgtype": "m.text", "body": "A line as long as people write them, more or less."})
        bench.requests([f"PUT /_matrix/client/v3/rooms/{ids[n % 64]}/send/m.room.message/m{n} {token} {text}"
                        for n in range(count) for token in (one["access_token"], rooms[n % 64][0]["access_token"])], 64)
        client, headers = bench.server.client(), {"Authorization": f"Bearer {one['access_token']}"}
        for _ in range(20):
            answer = client.request("POST", "/_matrix/media/v3/upload", os.urandom(500_000), headers=headers)
            if answer.status != 200:
                raise SystemExit(f"an upload answers {answer.status}")
        took, size = timed(bench, one, "GET", "/_peyk/client/v1/export")
        return {"events": count, "seconds": round(took, 2), "mb": round(size / 1e6, 1), "rss_peak_mb": round(bench.memory("VmHWM") / 1e6, 1)}


def bench_latency(options) -> dict:
    """from a send to the other client's sync answer, idle server"""
    with Bench() as bench:
        users = bench.users(MEMBERS)
        owner, room = bench.rooms(1, users)[0]
        reader = users[1]
        since = next_batches(bench, [reader])[0]
        pair = bench.file("pair", [f"{owner['access_token']} {quote(room, safe='')}", f"{reader['access_token']} {since}"])
        cpu, began = bench.cpu(), time.monotonic()
        result = load("latency", bench.server.port, pair, options.rounds or 300, 20)
        return result | {"server_cpu_cores": round((bench.cpu() - cpu) / (time.monotonic() - began), 3)}


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
                     "rss_mb": round(after["rss"] / 1e6, 1)}


def bench_longpoll_tls(options) -> dict:
    """idle long polls over TLS: bytes each, in the process and in the kernel (2,000 of them: the client is Python)"""
    count = options.count or 2000
    with Bench() as bench:
        certificate, key = bench.server.folder / "certificate.pem", bench.server.folder / "key.pem"
        make_certificate(certificate, key, ["localhost"], None)
        port = __import__("server").free_port()
        peyk_config.write(bench.server.config, bench.server.sections, [
            {"address": "127.0.0.1", "port": bench.server.port},
            {"address": "127.0.0.1", "port": port, "tls_certificate": str(certificate), "tls_key": str(key)}])
        bench.server.stop()
        bench.server.start()
        users = bench.users(count)
        tokens = next_batches(bench, users)
        bench.client.drop()
        trust = ssl.create_default_context(cafile=certificate)

        def poll(user: dict, since: str) -> ssl.SSLSocket:
            stream = trust.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
            stream.sendall(f"GET /_matrix/client/v3/sync?timeout=600000&since={since} HTTP/1.1\r\nHost: localhost\r\n"
                           f"Authorization: Bearer {user['access_token']}\r\n\r\n".encode())
            return stream

        held = [poll(users[0], tokens[0])]  # what the first connection alone needs
        time.sleep(2)
        before = bench.memory(), kernel_memory()
        held += [poll(user, since) for user, since in zip(users[1:], tokens[1:])]
        time.sleep(3)
        after = bench.memory(), kernel_memory()
        for stream in held:
            stream.close()
    process, kernel = (after[0] - before[0]) / (count - 1), (after[1] - before[1]) / (count - 1) / 2
    return {"polls": count, "process_bytes_each": round(process), "kernel_bytes_each": round(kernel),
            "bytes_each": round(process + kernel)}


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
            "bytes_per_message": round((after - before) / max(1, messages))}


def compact(server: Server) -> None:
    subprocess.run([BINARY, "compact", "--config", server.config], check=True, capture_output=True, timeout=600)


SYNC_CASES = {"timeline 1, lazy members": (1, True), "timeline 5, lazy members": (5, True),
              "timeline 20, lazy members": (20, True), "timeline 10, all members": (10, False)}


# What a client asks for that shows a list of rooms: the first screen; and the four cases of /v3/sync.
SLIDING_CASES = {"sliding, 20 rooms, timeline 1": (20, 1, True), "sliding, all rooms, timeline 1": (None, 1, True),
                 "sliding, all rooms, timeline 5": (None, 5, True), "sliding, all rooms, timeline 20": (None, 20, True),
                 "sliding, all rooms, timeline 10, all members": (None, 10, False)}
SLIDING_STATE = [[kind, ""] for kind in ("m.room.create", "m.room.name", "m.room.topic", "m.room.avatar", "m.room.encryption",
                                         "m.room.canonical_alias", "m.room.power_levels", "m.room.join_rules",
                                         "m.room.tombstone")]
LAZY_MEMBERS, ALL_MEMBERS = [["m.room.member", "$LAZY"], ["m.room.member", "$ME"]], [["m.room.member", "*"]]


def first_sliding_sync(bench: Bench, user: dict, rooms: int, limit: int, lazy: bool) -> tuple[float, int]:
    """The same of a new connection."""
    extensions = {name: {"enabled": True} for name in ("to_device", "e2ee", "account_data", "receipts", "typing")}
    wanted = {"conn_id": "bench", "extensions": extensions, "lists": {"all": {
        "ranges": [[0, rooms - 1]], "timeline_limit": limit, "required_state": SLIDING_STATE + (LAZY_MEMBERS if lazy else ALL_MEMBERS)}}}
    return timed(bench, user, "POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0", wanted)


def timed(bench: Bench, user: dict, method: str, target: str, body=None) -> tuple[float, int]:
    client = bench.server.client()
    began = time.monotonic()
    answer = client.request(method, target, json.dumps(body).encode() if body else None,
                            headers={"Authorization": f"Bearer {user['access_token']}"})
    took = time.monotonic() - began
    client.drop()
    if answer.status != 200:
        raise SystemExit(f"{target.split('?')[0]} answers {answer.status}: {answer.body[:200]}")
    return took, len(answer.body)


def first_sync(bench: Bench, user: dict, limit: int, lazy: bool) -> tuple[float, int]:
    """Seconds until the last byte, and how many."""
    wanted = quote(json.dumps({"room": {"timeline": {"limit": limit}, "state": {"lazy_load_members": lazy}}}))
    return timed(bench, user, "GET", f"/_matrix/client/v3/sync?timeout=0&filter={wanted}")


def bench_sync(options) -> dict:
    """first /v3/sync and sliding sync of accounts in 300 rooms of 300 members: one after a restart, then 200 accounts"""
    count, members, accounts, messages = options.count or 300, 300, options.rounds or 200, 20
    with Bench() as bench:
        began = time.monotonic()
        users = bench.users(members)
        made = bench.requests([
            f"POST /_matrix/client/v3/createRoom {users[n % members]['access_token']} "
            + json.dumps({"preset": "public_chat", "name": f"Room {n}"}) for n in range(count)], 32)
        rooms = [quote(room["room_id"], safe="") for room in made]
        # Neighbours in the list go to different rooms, since a room takes one join at a time.
        bench.requests([f"POST /_matrix/client/v3/rooms/{room}/join {users[(n + k) % members]['access_token']} {{}}"
                        for k in range(1, members) for n, room in enumerate(rooms)], 64)
        bench.requests([f"PUT /_matrix/client/v3/rooms/{room}/send/m.room.message/m{k} {users[(n + k) % members]['access_token']} "
                        + json.dumps({"msgtype": "m.text", "body": f"Message {k} in room {n}, as long as people write."})
                        for k in range(messages) for n, room in enumerate(rooms)], 64)
        say(f"{count} rooms of {members} members: {time.monotonic() - began:.0f} s")
        out = {}
        cases = {name: (lambda user, limit=limit, lazy=lazy: first_sync(bench, user, limit, lazy))
                 for name, (limit, lazy) in SYNC_CASES.items()}
        cases |= {name: (lambda user, shown=shown, limit=limit, lazy=lazy:
                         first_sliding_sync(bench, user, shown or count, limit, lazy))
                  for name, (shown, limit, lazy) in SLIDING_CASES.items()}
        for name, sync in cases.items():
            bench.server.stop(limit=10)
            bench.server.start()
            idle = bench.memory()
            first, size = sync(users[0])
            after_first, cpu = bench.memory(), bench.cpu()
            times = [sync(user)[0] for user in users[1:accounts]]
            out[name] = {"first_ms": round(first * 1000), "mb": round(size / 1e6, 2),
                         "others_median_ms": round(statistics.median(times) * 1000), "others_max_ms": round(max(times) * 1000),
                         "server_cpu_ms_each": round((bench.cpu() - cpu) / len(times) * 1000),
                         "rss_idle_mb": round(idle / 1e6, 1), "rss_first_mb": round(after_first / 1e6, 1),
                         "rss_last_mb": round(bench.memory() / 1e6, 1), "rss_peak_mb": round(bench.memory("VmHWM") / 1e6, 1)}
            say(f"{name}: {out[name]}")
    return {"rooms": count, "members": members, "accounts": accounts, "cases": out}


def bench_bigroom(options) -> dict:
    """a room of 10,000 local members: sends while they join, sends into it while 1,000 of them listen, rows per message"""
    count, listeners, seconds = options.count or 10_000, 1000, options.seconds or 10
    with Bench() as bench:
        users = bench.users(count)
        small = bench.rooms(64, users[:64])
        quiet = bench.file("quiet", [f"{u['access_token']} {quote(room, safe='')}" for u, room in small])
        big = quote(bench.requests([f"POST /_matrix/client/v3/createRoom {users[0]['access_token']} "
                                    + json.dumps({"preset": "public_chat", "name": "Everybody"})])[0]["room_id"], safe="")
        joins = bench.file("joins", [f"POST /_matrix/client/v3/rooms/{big}/join {u['access_token']} {{}}" for u in users[1:]])
        out = {"members": count, "small_rooms": measured_send(bench, quiet, seconds, 2)}
        joining = subprocess.Popen([LOAD, "run", str(bench.server.port), joins, "16", bench.scratch / "joined"],
                                   stdout=subprocess.PIPE, text=True)
        # As many senders as a lively server has, in other rooms, for as long as people join.
        out["small_rooms_while_joining"] = measured_send(bench, quiet, min(seconds, count / 1500), 0.5)
        if joining.wait() != 0:
            raise SystemExit("the joins failed")
        out["joins_per_second"] = round((count - 1) / json.loads(joining.stdout.read())["seconds"])
        into = bench.file("into", [f"{u['access_token']} {big}" for u in users[:8]])
        out["into_it"] = measured_send(bench, into, seconds, 2)
        tokens = next_batches(bench, users[:listeners])
        polls = bench.file("polls", [f"{u['access_token']} {s}" for u, s in zip(users, tokens)])
        listening = subprocess.Popen([LOAD, "listen", str(bench.server.port), polls, str(seconds + 6)],
                                     stdout=subprocess.PIPE, text=True)
        listening.stdout.readline()
        out["into_it_with_listeners"] = measured_send(bench, into, seconds, 2) | {"listeners": listeners}
        if listening.wait() != 0:
            raise SystemExit("the listeners failed")
        out["listening"] = json.loads(listening.stdout.read())
    return out


def bench_kill(options) -> dict:
    """kill -9 under load, 100 times"""
    return kill_under_load(BINARY, options.rounds or 100, report=say)


def bench_bridgekill(options) -> dict:
    """kill -9 under load with an application service that comes and goes, 50 times"""
    return kill_with_service(BINARY, options.rounds or 50, report=say)


def bench_powercut(options) -> dict:
    """simulated power cuts, spread over every stage of a commit; with `relaxed` the same test must find losses"""
    COSTS.leave_out([ROOT / "tools/build.sh", "test", "storage_powercut"], stdout=sys.stderr)
    program = next((ROOT / "build/test").rglob("storage_powercut"))
    out = {}
    for over in ("plain", "sealed"):
        for durability, cuts in (("sync", options.rounds or 1000), ("relaxed", 100)):
            result = subprocess.run([program, str(cuts), "1", durability, over], capture_output=True, text=True)
            out[f"{over}_{durability}"] = json.loads(result.stdout) | {"as_it_must_be": result.returncode == 0}
    return out


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
            "complete": complete}


def bench_store(_options) -> dict:
    """the store alone: commits per second and CPU per event"""
    return storage_tool("storage_bench")


def bench_keys(options) -> dict:
    """what 100,000 and a million destroyed keys of lone rows cost: memory, disk, a flush, a lookup"""
    counts = [options.count] if options.count else [100_000, 1_000_000]
    return {str(count): storage_tool("storage_keys", str(count)) for count in counts}


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
    parser.add_argument("--count", type=int, help="how many long polls, members, events or keys")
    parser.add_argument("--check", action="store_true", help="leave with 1 when a goal (bench/goals.py) is missed")
    options = parser.parse_args()
    if options.list or not options.name:
        for name, function in BENCHES.items():
            print(f"{name:10} {function.__doc__}")
        return 0
    goals.prove(set(BENCHES))
    before = machine()
    result = BENCHES[options.name](options)
    judged = goals.judged(options.name, result)
    for line in goals.missed(judged):
        say(f"MISSED: {line}")
    met = all(one["met"] for one in judged.values())
    print(json.dumps({"bench": options.name, **result, "goals": judged, "met": met, "whole_run": COSTS.so_far(), "machine": before}))
    return 1 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
