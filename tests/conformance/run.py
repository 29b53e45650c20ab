#!/usr/bin/env python3
"""The slow group `conformance`: the client-server tests of Sytest, against the expectation in sytest-passing.txt.

    SYTEST=/path/to/a/checkout tests/conformance/run.py [--server build/release/peyk] [--write] [tests/FILE.pl…]

SYTEST is a checkout of matrix-org/sytest. SYTEST_EXTRAS (default: ../shared/conformance/sytest beside the project) holds the
plugin "Exec" and stand-ins for two Perl modules that Debian lacks. The Perl packages it needs are listed in
tools/packages.txt under [conformance]. A test that is expected to pass and does not is a failure; one that passes
unexpectedly is named, so that --write can take it into the list.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXPECTED = HERE / "sytest-passing.txt"
FILES = ["tests/10apidoc", "tests/11register.pl", "tests/12login", "tests/13logout.pl", "tests/14account",
         "tests/21presence-events.pl", "tests/30rooms", "tests/31sync", "tests/32room-versions.pl", "tests/40presence.pl",
         "tests/41end-to-end-keys", "tests/42tags.pl", "tests/44account_data.pl", "tests/45openid.pl", "tests/46direct",
         "tests/49ignore.pl", "tests/51media", "tests/61push", "tests/80torture.pl"]
RESULT = re.compile(r"^(ok|not ok) \d+ (?:- )?(.*?)(\s+# (?:skip|SKIP|TODO).*)?$")


def run_sytest(checkout: Path, extras: Path, server: Path, files: list[str], folder: Path) -> dict[str, str]:
    """name -> "ok", "not ok" or "skip"."""
    environment = dict(os.environ, PERL5LIB=str(extras / "shim"), SYTEST_PLUGINS=str(extras / "plugin"),
                       TIMEOUT_FACTOR="3", PEYK=str(server))
    command = ["./run-tests.pl", "-I", "Exec", "-d", HERE / "sytest-launch", "--implementation", "peyk", "--work-directory",
               folder, "--room-version", "10", "-O", "tap", "--all", *files]
    results: dict[str, str] = {}
    process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    with open(folder / "out.tap", "w") as log:
        for line in process.stdout:
            log.write(line)
            match = RESULT.match(line.rstrip())
            if match:
                name = match[2].strip()
                results[name] = "skip" if match[3] and "skip" in match[3].lower() else match[1]
                if len(results) % 50 == 0:
                    print(f"  {len(results)} tests, {list(results.values()).count('ok')} ok", flush=True)
    process.wait()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=ROOT / "build/release/peyk")
    parser.add_argument("--write", action="store_true", help="take the tests that pass now into the expectation")
    parser.add_argument("--keep", type=Path, help="work folder to keep; default: a temporary one")
    parser.add_argument("--result", type=Path)
    parser.add_argument("files", nargs="*", default=None)
    arguments = parser.parse_args()

    checkout = Path(os.environ.get("SYTEST", ""))
    extras = Path(os.environ.get("SYTEST_EXTRAS", ROOT.parent / "shared/conformance/sytest"))
    if not (checkout / "run-tests.pl").is_file() or not (extras / "plugin").is_dir():
        print("conformance: set SYTEST to a checkout of matrix-org/sytest, and SYTEST_EXTRAS to the folder with its plugin",
              file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="peyk-sytest-") as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        present = arguments.files or [name for name in FILES if (checkout / name).exists()]
        results = run_sytest(checkout, extras, arguments.server.resolve(), present, folder)
    expected = set(EXPECTED.read_text().splitlines()) if EXPECTED.exists() else set()
    good = {name for name, result in results.items() if result == "ok"}
    if arguments.files:
        expected &= set(results)
    missing = sorted(expected - good)
    for name in missing:
        print(f"  FAIL  {name} ({results.get(name, 'not run')})")
    print(f"  sytest: {len(good)} ok of {len(results)}; {len(good - expected)} more than expected", flush=True)
    if arguments.write:
        EXPECTED.write_text("\n".join(sorted(good | (expected if arguments.files else set()))) + "\n")
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": len(good & expected) or len(good), "failed": len(missing),
                                                "notes": [f"sytest: {name}" for name in missing]}))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
