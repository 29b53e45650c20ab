#!/usr/bin/env python3
"""The pages group: flows over plain HTTP, then the same pages in a real browser."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import flows  # noqa: E402
from contract import Contract  # noqa: E402
from fake_provider import FakeProvider  # noqa: E402
from server import Server  # noqa: E402
from watching import Watch  # noqa: E402

CHROMIUM = "/usr/bin/chromium"


def install() -> None:
    """playwright-core by the lock file; the browser is Debian's."""
    folder = HERE / "chromium"
    lock, stamp = folder / "package-lock.json", folder / "node_modules/.installed.json"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
        stamp.write_text(lock.read_text())


def in_chromium(script: str, base: str, shots: Path) -> list[tuple[str, str | None]]:
    results = []
    process = subprocess.Popen(["node", HERE / "chromium" / script, base, shots, CHROMIUM], stdout=subprocess.PIPE,
                               text=True)
    for line in process.stdout:
        one = json.loads(line)
        results.append((one["name"], one["wrong"]))
        print(f"  {'ok    ' if one['wrong'] is None else 'FAILED'} {one['name']}"
              + (f"\n         {one['wrong']}" if one["wrong"] else ""), flush=True)
    if process.wait() != 0 and not any(why for _, why in results):
        results.append((f"the browser run of {script}", f"exit {process.returncode}"))
    return results


def with_a_provider(binary: Path, shots: Path) -> list[tuple[str, str | None]]:
    provider = FakeProvider()
    realm = provider.realm("school")
    server = Server(binary, {"auth.provider": [{
        "id": "school", "name": "The school", "issuer": realm.issuer, "client_id": realm.client,
        "client_secret": realm.secret, "registration": True}]})
    server.start()
    try:
        return in_chromium("providers.mjs", f"http://localhost:{server.port}", shots)
    finally:
        server.dispose()
        provider.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    parser.add_argument("--shots", type=Path, default=HERE.parent.parent / "build/shots", help="where screenshots go")
    parser.add_argument("--only", choices=["flows", "chromium"], help="one half")
    parser.add_argument("--flow", default="", help="only flows with this in their name or sentence")
    arguments = parser.parse_args()
    Server.watch = Watch(Contract())
    server = Server(arguments.server, {})
    server.start()
    try:
        results = [] if arguments.only == "chromium" else flows.run(flows.World(server), arguments.flow)
        if arguments.only != "flows":
            install()
            results += in_chromium("pages.mjs", f"http://localhost:{server.port}", arguments.shots)
            results += with_a_provider(arguments.server, arguments.shots)
    finally:
        server.dispose()
    problems = Server.watch.report()
    results += [("answers fit the specification's schemas:", problem) for problem in problems] or [("answers fit the schemas", None)]
    for problem in problems:
        print(f"  FAILED {problem}", flush=True)
    notes = [f"{name} {why}" for name, why in results if why]
    tally = {"passed": len(results) - len(notes), "failed": len(notes), "notes": notes}
    print(f"{tally['passed']} passed, {tally['failed']} failed")
    if arguments.result:
        arguments.result.write_text(json.dumps(tally))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
