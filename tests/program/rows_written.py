#!/usr/bin/env python3
"""What a message and a change of state write does not grow with the room: rows and bytes of the commits, from the server's counters,
in rooms of 10, 500 and 3,000 members."""
import argparse
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support")]

from large_room import LargeRoom  # noqa: E402

SIZES = (10, 500, 3_000)
NOISE = 0.5  # rows of what goes on beside, by request


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


def levels(size: int) -> int:
    """Of a state tree of sixteen branches that one of ten members has not."""
    return math.ceil(math.log(size / SIZES[0], 16))


def counters_count(world: LargeRoom, room: str) -> None:
    """The control: what is longer writes more bytes, and two events write more rows than one."""
    short = world.message_cost(room, 50)
    text = "".join(chr(0x4E00 + n * 37 % 20_000) for n in range(1_000))
    path = world.as_user(0, f"/_matrix/client/v3/rooms/{room}/send/m.room.message/")
    long = world.cost([("PUT", path.replace("?", f"long{n}?"), {"msgtype": "m.text", "body": text}) for n in range(50)])
    check(long["bytes"] > short["bytes"] + 1_500, f"3 kB of text write {long['bytes']:.0f} bytes, a line {short['bytes']:.0f}")
    check(short["rows"] >= 1, f"a message writes {short['rows']} rows")


def run(binary: Path) -> dict:
    world = LargeRoom(binary)
    try:
        found = {}
        for size in SIZES:
            room = world.make_room(size)
            found[size] = {"message": world.message_cost(room), "state": world.state_cost(room), "member": world.member_cost(room)}
            print(f"  rows_written: {size} members: " + ", ".join(
                f"{what} {cost['rows']:.1f} rows {cost['bytes']:.0f} bytes" for what, cost in found[size].items()), flush=True)
        counters_count(world, room)
        world.server.stop(10)
    finally:
        world.close()
    least = found[SIZES[0]]
    for size in SIZES[1:]:
        for what, cost in found[size].items():
            more = levels(size) if what != "message" else 0
            check(cost["rows"] <= least[what]["rows"] + more + NOISE,
                  f"{what} in a room of {size}: {cost['rows']} rows, of {SIZES[0]}: {least[what]['rows']}")
            check(cost["bytes"] <= least[what]["bytes"] + 150 * more + 50,
                  f"{what} in a room of {size}: {cost['bytes']:.0f} bytes, of {SIZES[0]}: {least[what]['bytes']:.0f}")
            check(cost["bytes"] <= 2_048, f"{what} in a room of {size}: {cost['bytes']:.0f} bytes")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    notes: list[str] = []
    try:
        run(arguments.server.resolve())
    except Exception as error:
        notes.append(f"rows_written: {type(error).__name__}: {str(error)[:1500]}")
        print(f"  {notes[0]}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": 1 - len(notes), "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
