#!/usr/bin/env python3
"""The web client in Chromium: stories of people, against a server of their own each.

    tests/web/run.py --server build/test/peyk [--result FILE] [two-people screens …]

Builds the client into build/web first. Screenshots and what was measured are left in build/web-shots.
"""
import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from backstage import Backstage, FarBackstage  # noqa: E402
from contract import Contract  # noqa: E402
from second_host import NotHere  # noqa: E402
from server import Server  # noqa: E402
from watching import Watch  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
STORIES = ["two-people", "camera", "invitations", "community", "clients", "bad-input", "screens", "pictures", "numbers", "second-host"]
SLOW = ["growth", "speed"]  # only by name
NOT_WATCHED = {"second-host", "numbers", *SLOW}  # a network of its own; what is measured is not to go through a relay
LIMIT = 3000  # seconds for a story: one that is stuck ends


def install() -> None:
    """playwright-core and axe-core by the lock file; the browser is Debian's."""
    folder = HERE / "browser"
    lock, stamp = folder / "package-lock.json", folder / "node_modules/.installed.json"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
        stamp.write_text(lock.read_text())


def tell(one: dict, results: list) -> None:
    results.append((one["name"], one["wrong"]))
    print(f"  {'ok    ' if one['wrong'] is None else 'FAILED'} {one['name']} ({one.get('seconds', 0):.1f} s)"
          + (f"\n         {one['wrong']}" if one["wrong"] else ""), flush=True)


def types() -> str | None:
    """The client's TypeScript has no error of types."""
    result = subprocess.run(["node_modules/.bin/tsc", "-p", "."], cwd=ROOT / "web", capture_output=True, text=True)
    return None if result.returncode == 0 else (result.stdout + result.stderr)[:600]


def play(story: str, binary: Path, build: Path, shots: Path, figures: dict) -> list[tuple[str, str | None]]:
    results: list[tuple[str, str | None]] = []
    if story == "second-host":
        backstage = FarBackstage(binary, build)
    else:  # matrix-nio makes its account without an invitation
        backstage = Backstage(binary, "open" if story == "clients" else "token")
    command, environment = backstage.command("node", HERE / "browser" / f"{story}.mjs", backstage.url, build.resolve(), shots.resolve(), CHROMIUM)
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stuck = threading.Event()
    watch = threading.Timer(LIMIT, lambda: (stuck.set(), process.kill()))
    watch.start()
    try:
        for line in process.stdout:
            one = json.loads(line)
            if "ask" in one:
                process.stdin.write(json.dumps(backstage.answer(one["ask"])) + "\n")
                process.stdin.flush()
            elif "figure" in one:
                figures[one["figure"]] = one["value"]
                print(f"  figure {one['figure']}: {one['value']}", flush=True)
            else:
                tell(one, results)
        if process.wait() != 0 and not any(why for _, why in results):
            results.append((story, f"no end after {LIMIT} s" if stuck.is_set() else f"exit {process.returncode}"))
        if not results:
            results.append((story, "no step ran"))
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        if any(why for _, why in results):
            print(backstage.log_tail(10), flush=True)
        backstage.close()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    parser.add_argument("--shots", type=Path, default=ROOT / "build/web-shots", help="where screenshots go")
    parser.add_argument("--build", type=Path, help="a build of the client that is there already")
    parser.add_argument("stories", nargs="*", metavar="STORY", help=", ".join(STORIES + SLOW))
    arguments = parser.parse_args()
    install()
    build = arguments.build or ROOT / "build/web"
    if not arguments.build:
        subprocess.run([ROOT / "web/build.sh", build], check=True)
    results, figures, skipped = [], {}, []
    if not arguments.stories:
        began = time.monotonic()
        wrong = types()
        tell({"name": "types", "wrong": wrong, "seconds": time.monotonic() - began}, results)
    watch = Watch(Contract())
    for story in arguments.stories or STORIES:
        Server.watch = None if story in NOT_WATCHED else watch
        print(f"  story {story}", flush=True)
        try:
            results += [(f"{story}: {name}", why) for name, why in play(story, arguments.server, build, arguments.shots, figures)]
        except NotHere as why:
            skipped.append(f"{story}: {why}")
    if any(story not in NOT_WATCHED for story in arguments.stories or STORIES):
        problems = watch.report()
        for problem in problems or [None]:
            tell({"name": "answers fit the specification's schemas", "wrong": problem}, results)
    arguments.shots.mkdir(parents=True, exist_ok=True)
    if figures:
        (arguments.shots / "figures.json").write_text(json.dumps(figures, indent=1))
    notes = [f"web {name} {why}" for name, why in results if why]
    tally = {"passed": len(results) - len(notes), "failed": len(notes), "notes": notes}
    for one in skipped:
        print(f"  SKIPPED {one}: nothing was tested of it")
    print(f"{tally['passed']} passed, {tally['failed']} failed")
    if arguments.result:
        arguments.result.write_text(json.dumps(tally))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
