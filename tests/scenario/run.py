#!/usr/bin/env python3
"""Runs scenario scripts (tests/scenario/README.md) against a freshly started server each.

    tests/scenario/run.py [--server build/test/peyk] [NAME…]
    tests/scenario/run.py --external HOST:PORT      # checks the scripts against a server that runs already
    tests/scenario/run.py --write-coverage          # all of them, and docs/spec-coverage.md anew
"""
import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests/support")]

import access_matrix  # noqa: E402
import bad_input  # noqa: E402
import log_scan  # noqa: E402
import coverage  # noqa: E402
import every_route  # noqa: E402
import prose  # noqa: E402
import sign_in_pages  # noqa: E402
import watching  # noqa: E402
import wrong_types  # noqa: E402
from contract import Contract  # noqa: E402
from script import NeedsOwnServer, Script, World  # noqa: E402
from server import External  # noqa: E402
from wrong import fields  # noqa: E402


def run_script(file: Path, arguments, shown: coverage.Coverage) -> tuple[str, str | None, float]:
    """(name, what went wrong or None, seconds). The name "-" of a skipped one comes with its reason."""
    began = time.monotonic()
    name = file.relative_to(HERE).with_suffix("").as_posix()
    external = External(*arguments.external) if arguments.external else None
    world = World(arguments.server, shown.contract, external, partial(shown.add, name))
    try:
        Script(file.read_text(), file.relative_to(ROOT).as_posix()).run(world)
        world.finish()
        return name, None, time.monotonic() - began
    except NeedsOwnServer as reason:
        return name, f"skipped: {reason}", time.monotonic() - began
    except Exception as error:  # a bug of the runner counts as a failure of the script, with its type
        kind = "" if type(error).__name__ in ("Failed", "ScriptError") else f"{type(error).__name__}: "
        return name, f"{kind}{error}", time.monotonic() - began
    finally:
        world.dispose()


def report_row(name: str, problems: list[str]) -> None:
    print(f"  {'FAIL' if problems else 'ok  '}  access matrix, {name}", flush=True)
    for problem in problems[:12]:
        print(f"        {problem}", flush=True)


def report_coverage(arguments, shown: coverage.Coverage) -> tuple[int, list[str]]:
    """What the sign-in pages show is added first: their routes answer browsers, not scripts."""
    wrong = sign_in_pages.run(arguments.server, shown)
    wrong += coverage.check(shown, arguments.write_coverage)
    more, skipped = coverage.list_problems(ROOT.parent / "shared/spec/data")
    wrong += more
    if skipped:
        print(f"  --    coverage: NOT CHECKED: {skipped}", flush=True)
    for problem in wrong:
        print(f"  FAIL  coverage: {problem}", flush=True)
    if not wrong:
        print("  ok    coverage: every route of the specification is shown, or has a reason", flush=True)
    return int(not wrong), [f"coverage: {problem}" for problem in wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=ROOT / "build/test/peyk")
    parser.add_argument("--external", type=lambda text: (text.split(":")[0], int(text.split(":")[1])))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--result", type=Path)
    parser.add_argument("--no-bad-input", action="store_true")
    parser.add_argument("--write-coverage", action="store_true", help="makes docs/spec-coverage.md anew")
    parser.add_argument("names", nargs="*", help="scripts or folders below tests/scenario; default: all")
    arguments = parser.parse_args()

    files = sorted(HERE.rglob("*.hst"))
    if arguments.names:
        wanted = [name.removeprefix("tests/scenario/").removesuffix(".hst") for name in arguments.names]
        files = [f for f in files if any((f.relative_to(HERE).with_suffix("").as_posix() + "/").startswith(w + "/")
                                         for w in wanted)]
    for proof in (log_scan.prove, prose.prove, watching.prove, fields.prove):
        proof()
    contract = Contract()
    shown = coverage.Coverage(contract)
    passed, notes, skipped = 0, [], 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for name, problem, seconds in pool.map(lambda f: run_script(f, arguments, shown), files):
            if problem is None:
                passed += 1
                print(f"  ok    {name} ({seconds:.2f} s)", flush=True)
            elif problem.startswith("skipped:"):
                skipped += 1
                print(f"  --    {name} {problem}", flush=True)
            else:
                print(f"  FAIL  {name}: {problem}", flush=True)
                notes.append(f"scenario {name}: {problem.splitlines()[0][:300]}")
    if not arguments.no_bad_input and (not arguments.names or "bad_input" in arguments.names):
        more, wrong = bad_input.run(arguments.server, External(*arguments.external) if arguments.external else None,
                                    contract)
        passed += more
        notes += wrong
    if not arguments.external and (not arguments.names or "wrong_types" in arguments.names):
        more, wrong = wrong_types.run(arguments.server, contract, arguments.jobs)
        passed += more
        notes += wrong
    if not arguments.external and (not arguments.names or "every_route" in arguments.names):
        more, wrong = every_route.run(arguments.server, contract)
        passed += more
        notes += wrong
    if not arguments.external and (not arguments.names or "access_matrix" in arguments.names):
        watching.current = watching.Watch(contract, (502,))  # a service that nobody runs is asked whether it can be reached
        more, wrong = access_matrix.run(arguments.server, report_row)
        passed += more
        notes += wrong + [f"access matrix: {problem}" for problem in watching.current.report()]
        watching.current = None
    if not arguments.names and not arguments.external:
        more, wrong = report_coverage(arguments, shown)
        passed += more
        notes += wrong
    print(f"  scenarios: {passed} good, {len(notes)} bad" + (f", {skipped} not for this server" if skipped else ""))
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.stdout.flush()
    code = main()
    sys.stdout.flush()
    os._exit(code)  # threads of requests that never end must not hold the process
