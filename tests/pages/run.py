#!/usr/bin/env python3
"""The pages group: flows over plain HTTP, then the same pages in a real browser."""
import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import flows  # noqa: E402
from server import Server  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    server = Server(arguments.server, {})
    server.start()
    try:
        results = flows.run(flows.World(server))
    finally:
        server.dispose()
    notes = [f"{name} {why}" for name, why in results if why]
    tally = {"passed": len(results) - len(notes), "failed": len(notes), "notes": notes}
    print(f"{tally['passed']} passed, {tally['failed']} failed")
    if arguments.result:
        arguments.result.write_text(json.dumps(tally))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
