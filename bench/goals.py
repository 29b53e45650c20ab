"""What every figure of ./bench.sh is to reach, in one place; and whether it did.

A goal is (figure, sense, limit). A figure is a path of keys into what a benchmark prints; "*" stands for any key that has the rest. A
limit is a number, or Times(factor, figure): so many times another figure, whose "*" stand for what those of the first did.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    factor: float
    figure: str


AT_MOST, AT_LEAST, EXACTLY = "<=", ">=", "=="

GOALS: dict[str, list[tuple[str, str, object]]] = {
    "start": [("start_ms_median", AT_MOST, 100), ("rss_mb", AT_MOST, 50)],
    "send64": [("sends_per_second", AT_LEAST, 5_000), ("p99_ms", AT_MOST, 50), ("failed", EXACTLY, 0)],
    "send1": [("sends_per_second", AT_LEAST, 1_000), ("failed", EXACTLY, 0)],
    "sealing": [("cost_percent_median", AT_MOST, 10)],
    "members": [("p99_ms", AT_MOST, 50), ("failed", EXACTLY, 0)],
    "export": [("seconds", AT_MOST, 60)],
    "latency": [("sync_p50_ms", AT_MOST, 3)],
    "longpoll": [("bytes_each", AT_MOST, 12_000), ("answered", EXACTLY, 0)],
    "longpoll_tls": [("bytes_each", AT_MOST, 32_000)],
    "disk": [("bytes_per_message", AT_MOST, 1_300)],
    "sync": [("cases.*.first_ms", AT_MOST, 1_000), ("cases.*.rss_last_mb", AT_MOST, Times(2, "cases.*.rss_first_mb"))],
    "bigroom": [("small_rooms_while_joining.p99_ms", AT_MOST, 50), ("into_it.p99_ms", AT_MOST, 50),
                ("into_it_with_listeners.p99_ms", AT_MOST, 50),
                ("into_it.rows_per_message", AT_MOST, Times(1.1, "small_rooms.rows_per_message")),
                ("into_it_with_listeners.rows_per_message", AT_MOST, Times(1.1, "small_rooms.rows_per_message"))],
    "changes": [("members.100000.tree.bytes", AT_MOST, 1_024), ("members.*.member.bytes", AT_MOST, 2_048),
                ("rows_more_per_16_times", AT_MOST, 1), ("message_rows_more", AT_MOST, 0.5)],
    # A level of the tree is a row. Leaves that split write some rows on top, and count here.
    "state": [("members.100000.bytes", AT_MOST, 1_024), ("rows_more_per_16_times", AT_MOST, 1)],
    "kill": [("lost", EXACTLY, 0), ("duplicated", EXACTLY, 0), ("changed", EXACTLY, 0)],
    "bridgekill": [("lost", EXACTLY, 0), ("problems", EXACTLY, [])],
    # A test that loses nothing with relaxed durability either is blind.
    "powercut": [("plain_sync.lost", EXACTLY, 0), ("plain_sync.back", EXACTLY, 0), ("sealed_sync.lost", EXACTLY, 0),
                 ("sealed_sync.back", EXACTLY, 0), ("*.as_it_must_be", EXACTLY, True), ("plain_relaxed.lost", AT_LEAST, 1),
                 ("sealed_relaxed.lost", AT_LEAST, 1)],
    "appservice": [("events_per_second", AT_LEAST, 1_000), ("complete", EXACTLY, True)],
    "store": [],  # compares one build with another; nothing is promised
    "keys": [],
}


def found(result, path: str) -> list[tuple[tuple[str, ...], object]]:
    """(what the stars stood for, the value) of every place that the path leads to."""
    places = [((), result)]
    for step in path.split("."):
        after = []
        for stars, value in places:
            if not isinstance(value, dict):
                continue
            if step == "*":
                after += [((*stars, key), inner) for key, inner in value.items()]
            elif step in value:
                after.append((stars, value[step]))
        places = after
    return places


def holds(got, sense: str, limit) -> bool:
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (got, limit))
    if not numbers and type(got) is not type(limit):
        return False
    return {AT_MOST: lambda: got <= limit, AT_LEAST: lambda: got >= limit, EXACTLY: lambda: got == limit}[sense]()


def judged(name: str, result: dict) -> dict:
    """For each figure with a goal: the goal, what was measured, whether it is met. A figure that is not there is not met."""
    out = {}
    for figure, sense, limit in GOALS[name]:
        places = found(result, figure)
        if not places:
            out[figure] = {"goal": f"{sense} {limit}", "got": None, "met": False}
        for stars, got in places:
            wanted = limit
            if isinstance(limit, Times):
                base = dict(found(result, limit.figure)).get(stars) if "*" in limit.figure else dict(found(result, limit.figure)).get(())
                if base is None:
                    out[filled(figure, stars)] = {"goal": f"{sense} {limit.factor} x {limit.figure}", "got": got, "met": False}
                    continue
                wanted = round(base * limit.factor, 3)
            out[filled(figure, stars)] = {"goal": f"{sense} {wanted}", "got": got, "met": holds(got, sense, wanted)}
    return out


def filled(figure: str, stars: tuple[str, ...]) -> str:
    left = list(stars)
    return ".".join(left.pop(0) if step == "*" else step for step in figure.split("."))


def missed(goals: dict) -> list[str]:
    return [f"{figure}: {one['got']}, and the goal is {one['goal']}" for figure, one in goals.items() if not one["met"]]


def prove(names: set[str]) -> None:
    """Every benchmark has its line, and a goal that is missed is seen: before anything is measured."""
    if names != set(GOALS):
        raise SystemExit(f"bench/goals.py: {sorted(names ^ set(GOALS))} in one list and not in the other")
    good = {"cases": {"a": {"first_ms": 999, "rss_first_mb": 50.0, "rss_last_mb": 99.9}}}
    bad = {"cases": good["cases"] | {"b": {"first_ms": 1001, "rss_first_mb": 50.0, "rss_last_mb": 100.1}}}
    if missed(judged("sync", good)) or len(missed(judged("sync", bad))) != 2 or len(missed(judged("sync", {}))) != 2:
        raise SystemExit("bench/goals.py: a goal that is missed is not seen")
    if len(missed(judged("kill", {"lost": True, "duplicated": 1}))) != 3:
        raise SystemExit("bench/goals.py: what is no number passes for one")
