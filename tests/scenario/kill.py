#!/usr/bin/env python3
"""The slow group `kill`: a hundred times kill -9 under load; nothing acknowledged may be lost, no retry may double. Then half as
often with an application service, which is told everything once, whatever stops."""
import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))

from bridge_killing import kill_with_service  # noqa: E402
from killing import kill_under_load  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=Path, default=ROOT / "build/release/peyk")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--result", type=Path)
    arguments = parser.parse_args()
    counts = kill_under_load(arguments.server, arguments.kills, report=lambda text: print(f"  {text}", flush=True))
    print(f"  {json.dumps(counts)}")
    wrong = {name: counts[name] for name in ("lost", "duplicated", "changed") if counts[name]}
    if counts["retries"] == 0 or counts["acknowledged"] < arguments.kills:
        wrong["too few sends met a kill"] = counts["acknowledged"]
    notes = [f"kill: {wrong}"] if wrong else []
    served = kill_with_service(arguments.server, max(1, arguments.kills // 2), report=lambda text: print(text, flush=True))
    print(f"  {json.dumps(served)}")
    if served["lost"] or served["problems"] or served["acknowledged"] < arguments.kills:
        notes.append(f"kill: with an application service {served}")
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": 2 - len(notes), "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
