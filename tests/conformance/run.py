#!/usr/bin/env python3
"""The slow group `conformance`: the client-server tests of Sytest, against the expectation in sytest-passing.txt.

    SYTEST=/path/to/a/checkout SYTEST_EXTRAS=/path/to/a/folder \
        tests/conformance/run.py [--server build/release/peyk] [--write] [tests/FILE.pl…]

SYTEST is a checkout of matrix-org/sytest. SYTEST_EXTRAS is a folder with what belongs neither to Sytest nor to peyk:

    plugin/exec/lib/SyTest/Homeserver/Exec.pm, plugin/exec/lib/SyTest/HomeserverFactory/Exec.pm
                    the plugin "Exec": writes the settings of a server as JSON and starts the program of -d with that file
    shim/Crypt/Ed25519.pm, shim/Net/Async/HTTP/Server.pm and what that one needs
                    stand-ins for Perl modules that Debian lacks

The Perl packages that are needed besides are listed in tools/packages.txt under [conformance].

The expectation, and docs/conformance.md, are made by a run with --write. Without an expectation there is nothing to hold a
run against: then it ends with 2 before it starts.

sytest-client-tests.tsv names the tests that count (file, name): those of the client-server API that need neither a second
server nor endpoints of the past. Their files are run whole and in order, because tests rely on what earlier ones proved; the
others in them are run too and count for nothing. A skipped test has not passed. A test that is expected to pass and does not
is a failure; one that passes unexpectedly is named, so that --write can take it into the list. --write also brings
docs/conformance.md up to date, which lists the rest with the reasons in sytest-reasons.tsv.

The checkout is copied before it runs, and sytest-proofs.pl is added to the copy: it proves two abilities that many tests ask
for and that no test of Sytest proves without a second server. Sytest is told that this is Synapse only so that it runs the
tests of the one route of Synapse that peyk has, POST /_synapse/admin/v1/register.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIST = HERE / "sytest-client-tests.tsv"
EXPECTED = HERE / "sytest-passing.txt"
REASONS = HERE / "sytest-reasons.tsv"
PAGE = ROOT / "docs/conformance.md"
PROOFS = "tests/10apidoc/36room-levels_proven.pl"
FILE = re.compile(r"^(tests/\S+\.pl):$")
# The name of a test goes to standard error and waits there for its result; that of a skipped one comes in the same line.
PENDING = re.compile(r"^ +Test \d+ .*?\.\.\. (?=(?:not )?ok \d+ )")
RESULT = re.compile(r"^(ok|not ok) \d+ (?:\(expected fail\) )?(.*?)(?: \(\d+ subtests\))?(\s+# (?:skip|TODO).*)?$")

Test = tuple[str, str]  # file, name


def read_pairs(path: Path, fields: int = 2) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    return [tuple(line.split("\t", fields - 1)) for line in path.read_text().splitlines() if line]


def run_sytest(checkout: Path, extras: Path, server: Path, files: list[str], folder: Path,
               ports: str) -> dict[Test, str]:
    """Test -> "ok", "not ok" or "skip". The whole output goes to out.tap of the folder."""
    environment = dict(os.environ, PERL5LIB=str(extras / "shim"), SYTEST_PLUGINS=str(extras / "plugin"),
                       PEYK=str(server))
    environment.setdefault("TIMEOUT_FACTOR", "3")
    command = ["./run-tests.pl", "-I", "Exec", "-d", HERE / "sytest-launch", "--implementation", "synapse", "--work-directory",
               folder, "--room-version", "10", "-O", "tap", "--all", "--port-range", ports, PROOFS, *files]
    copy = folder / "checkout"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git"))
    shutil.copy(HERE / "sytest-proofs.pl", copy / PROOFS)
    results: dict[Test, str] = {}
    process = subprocess.Popen(command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    file = ""
    with open(folder / "out.tap", "w") as log:
        for line in process.stdout:
            log.write(line)
            log.flush()
            if named := FILE.match(line.rstrip()):
                file = named[1]
            elif match := RESULT.match(PENDING.sub("", line.rstrip())):
                skipped = match[3] and "# skip" in match[3]
                results[file, match[2].strip()] = "skip" if skipped else match[1]
                if len(results) % 50 == 0:
                    print(f"  {len(results)} tests, {list(results.values()).count('ok')} ok", flush=True)
    process.wait()
    return results


def sources() -> str:
    """The last commit that changed the server, and whether it was all of it."""
    log = ["git", "log", "-1", "--format=%h of %cs", "--", "src"]
    commit = subprocess.run(log, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "src"], cwd=ROOT).returncode != 0
    return (commit or "an unknown commit") + (" and changes that were not committed" if changed else "")


def write_page(counted: list[Test], passing: set[Test]) -> None:
    """docs/conformance.md: how many pass, and each other test with its reason."""
    reasons = {(file, name): why for file, name, why in read_pairs(REASONS, 3)}
    rest = [test for test in counted if test not in passing]
    share = 100 * (len(counted) - len(rest)) / len(counted)
    lines = ["# Conformance", "",
             "Written by `tests/conformance/run.py --write`; the reasons are in `tests/conformance/sytest-reasons.tsv`.", "",
             "Sytest, the older public suite of the Matrix protocol, has "
             f"{len(counted)} tests of the client-server API that need no", "second server and no endpoint of the past. "
             f"Of these **{len(counted) - len(rest)} pass ({share:.1f} %)**. A test that was skipped has not passed.",
             f"That was a run of {sources()}, with rooms of version 10.", ""]
    if rest:
        lines += ["The others:", "", "| File | Test | Why it does not pass |", "|---|---|---|"]
        lines += [f"| `{file.removeprefix('tests/')}` | {name.replace('|', chr(92) + '|')} | "
                  f"{reasons.get((file, name), 'not looked into yet')} |" for file, name in rest]
        lines.append("")
    PAGE.write_text("\n".join(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=ROOT / "build/release/peyk")
    parser.add_argument("--write", action="store_true", help="take the tests that pass now into the expectation")
    parser.add_argument("--keep", type=Path, help="work folder to keep; default: a temporary one")
    parser.add_argument("--ports", default="8800:8899", help="of the servers; two runs at once need two ranges")
    parser.add_argument("--result", type=Path)
    parser.add_argument("files", nargs="*", default=None)
    arguments = parser.parse_args()

    checkout = Path(os.environ.get("SYTEST", ""))
    extras = Path(os.environ.get("SYTEST_EXTRAS", ""))
    if not (checkout / "run-tests.pl").is_file() or not (extras / "plugin").is_dir():
        print("conformance: set SYTEST to a checkout of matrix-org/sytest, and SYTEST_EXTRAS to the folder with its plugin; "
              "the head of tests/conformance/run.py says what it holds", file=sys.stderr)
        return 2
    if not EXPECTED.exists() and not arguments.write:
        print(f"conformance: {EXPECTED.relative_to(ROOT)} does not exist, so that nothing could fail. Make it by a run of "
              "all tests with --write, look at what does not pass, and commit it.", file=sys.stderr)
        return 2
    counted: list[Test] = read_pairs(LIST)
    files = arguments.files or list(dict.fromkeys(file for file, _ in counted))
    with tempfile.TemporaryDirectory(prefix="peyk-sytest-") as scratch:
        folder = arguments.keep.resolve() if arguments.keep else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        results = run_sytest(checkout, extras, arguments.server.resolve(), files, folder, arguments.ports)

    scope = [test for test in counted if test[0] in files]
    good = {test for test in scope if results.get(test) == "ok"}
    all_expected = set(read_pairs(EXPECTED))
    expected = {test for test in all_expected if test[0] in files}
    missing = [test for test in scope if test in expected - good]
    for test in missing:
        print(f"  FAIL  {test[0]}: {test[1]} ({results.get(test, 'not run')})")
    for test in scope:
        if test in good - expected:
            print(f"  new   {test[0]}: {test[1]}")
    print(f"  sytest: {len(good)} of the {len(scope)} tests that count pass", flush=True)
    if arguments.write:
        passing = good | (all_expected - expected)
        EXPECTED.write_text("".join(f"{file}\t{name}\n" for file, name in counted if (file, name) in passing))
        write_page(counted, passing)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": len(good & expected), "failed": len(missing),
                                                "notes": [f"sytest: {file}: {name}" for file, name in missing]}))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
