#!/usr/bin/env python3
"""Existing Matrix clients against peyk, end to end encrypted: pairs of matrix-nio and matrix-js-sdk, and across; a bridge and a
bot without encryption; nheko in a virtual display. "sliding" is js-sdk with sliding sync.

    tests/clients/run.py [--server build/test/peyk] [nio-nio jssdk-jssdk nio-jssdk sliding-jssdk bridge nheko]
    tests/clients/run.py --external HOST:PORT       # checks the stories against a server that runs already
"""
import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests/support")]

import agents  # noqa: E402
import bridging  # noqa: E402
import desktop  # noqa: E402
from contract import Contract  # noqa: E402
from server import Server  # noqa: E402
from story import Story  # noqa: E402
from watching import Watch  # noqa: E402

PAIRS = {"nio-nio": ("nio", "nio"), "jssdk-jssdk": ("jssdk", "jssdk"), "nio-jssdk": ("nio", "jssdk"),
         "sliding-jssdk": ("sliding", "jssdk")}
# Stories of their own, with what has to be installed for them.
OTHERS = {"bridge": (bridging.BridgeStory, bridging.install), "nheko": (desktop.DesktopStory, desktop.install)}


def run_story(story: Story) -> tuple[int, list[str]]:
    passed, notes = 0, []
    steps = story.steps()
    try:
        for number, step in enumerate(steps):
            began = time.monotonic()
            words = step.__name__.replace("_", " ")
            try:
                step()
            except Exception as error:
                print(f"  FAIL  {story.name}: {words}: {type(error).__name__}: {error}", flush=True)
                for agent in story.agents:
                    print(f"        {agent.name}: {agent.tail()[-600:]}", flush=True)
                print(story.server.log_tail(10), flush=True)
                notes.append(f"clients {story.name}: {words}: {str(error)[:300]}")
                # What follows builds on this step.
                notes += [f"clients {story.name}: {later.__name__.replace('_', ' ')}: not reached"
                          for later in steps[number + 1:]]
                break
            passed += 1
            print(f"  ok    {story.name}: {words} ({time.monotonic() - began:.1f} s)", flush=True)
    finally:
        story.close()
    return passed, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=ROOT / "build/test/peyk")
    parser.add_argument("--external", type=lambda text: (text.split(":")[0], int(text.split(":")[1])))
    parser.add_argument("--result", type=Path)
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help=", ".join([*PAIRS, *OTHERS]))
    arguments = parser.parse_args()

    passed, notes = 0, []
    if not arguments.external:
        Server.watch = Watch(Contract())
    wanted = arguments.pairs or [*PAIRS, *([] if arguments.external else OTHERS)]
    installs = agents.INSTALL if any(pair in PAIRS for pair in wanted) else {}
    installs = installs | {name: install for name, (_, install) in OTHERS.items() if name in wanted}
    for name, install in installs.items():
        began = time.monotonic()
        install()
        print(f"  client {name} is installed ({time.monotonic() - began:.0f} s)", flush=True)
    for pair in wanted:
        story = OTHERS[pair][0](arguments.server) if pair in OTHERS else \
            Story(*PAIRS[pair], arguments.server, arguments.external)
        good, bad = run_story(story)
        passed += good
        notes += bad
    if Server.watch:
        for problem in Server.watch.report():
            print(f"  FAIL  {problem}", flush=True)
            notes.append(f"clients: {problem[:300]}")
        passed += not notes
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
