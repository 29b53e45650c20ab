"""What a change of a room's state writes, by the size of the room."""
import json
import math
import subprocess
import sys

from harness import BINARY, COSTS, ROOT, say

from large_room import LargeRoom


def storage_tool(name: str, *arguments: str) -> dict:
    COSTS.leave_out(["cmake", "-B", ROOT / "build/release", "-DPEYK_TESTS=ON"], stdout=subprocess.DEVNULL)
    COSTS.leave_out([ROOT / "tools/build.sh", "release", name], stdout=sys.stderr)
    program = next((ROOT / "build/release").rglob(name))
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    return json.loads(result.stdout.strip().splitlines()[-1])


def per_16_times(rows: dict[int, float]) -> float:
    """How many rows more a room writes that is sixteen times as large, from the smallest and the largest."""
    small, large = min(rows), max(rows)
    return round((rows[large] - rows[small]) / max(1.0, math.log(large / small, 16)), 2)


def bench_state(_options) -> dict:
    """rows and bytes of the state tree that a state change writes, in rooms of 6,250, 100,000 and 1,600,000 members"""
    result = storage_tool("state_bench")
    rows = {int(members): cost["rows"] for members, cost in result["members"].items()}
    return {"members": result["members"], "rows_more_per_16_times": per_16_times(rows)}


def bench_changes(options) -> dict:
    """the same on a server: everything that a message and a state change write in a room of 100, 6,250 and 100,000 members"""
    tree, out = storage_tool("state_bench")["members"], {}
    world = LargeRoom(BINARY, {"storage.durability": "sync"})
    try:
        room = world.make_room(10)
        for members in (100, 6_250, options.count or 100_000):
            world.grow(room, members)
            out[str(members)] = {"message": world.message_cost(room), "state": world.state_cost(room), "member": world.member_cost(room)}
            if str(members) in tree:
                out[str(members)]["tree"] = tree[str(members)]
            say(f"{members} members: {out[str(members)]}")
    finally:
        world.close()
    messages = [cost["message"]["rows"] for cost in out.values()]
    rows = {int(size): cost["member"]["rows"] for size, cost in out.items() if int(size) >= 6_250}  # as in `state`
    return {"members": out, "rows_more_per_16_times": per_16_times(rows),
            "message_rows_more": round(max(messages) - min(messages), 2)}
