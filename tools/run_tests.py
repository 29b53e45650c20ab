#!/usr/bin/env python3
"""Runs the groups of tests of ./test.sh and ends with the line "N passed, N failed".

A group is a function that returns a Tally. Work of other programs is shown as it goes; every line of our own carries the
time since the start. A group that runs no test at all counts as one failure, so that nothing can pass by not being there.
"""
import argparse
import atexit
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = time.monotonic()


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)  # one line per failure, repeated at the end

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.notes += other.notes


def say(text: str) -> None:
    seconds = int(time.monotonic() - START)
    print(f"[{time.strftime('%H:%M:%S')} +{seconds // 60:02}:{seconds % 60:02}] {text}", flush=True)


class BuildFailed(Exception):
    pass


built: set[tuple] = set()
ahead: dict[str, subprocess.Popen] = {}


def build_ahead(kind: str) -> None:
    """Begins build/KIND behind everything else: groups that wait for browsers and clients leave half of the machine idle.
    What it has not done when the build is asked for, build() does; what it prints is printed there again, if it failed."""
    if kind not in ahead:
        say(f"build {kind} begins beside the tests")
        ahead[kind] = subprocess.Popen(["nice", "-n", "19", ROOT / "tools/build.sh", kind], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)


def end_build_ahead(kind: str) -> None:
    """A build that is under way is stopped between two files; ninja goes on from there."""
    process = ahead.pop(kind, None)
    if process and process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


atexit.register(lambda: [end_build_ahead(kind) for kind in list(ahead)])


def build(kind: str, *targets: str) -> Path:
    """Builds build/KIND; shows a line every ten seconds, and everything that a failing step printed."""
    folder = ROOT / "build" / kind
    if (kind, targets) in built:
        return folder
    end_build_ahead(kind)
    say(f"build {kind}")
    process = subprocess.Popen([ROOT / "tools/build.sh", kind, *targets], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    shown = time.monotonic()
    for line in process.stdout:
        progress = re.match(r"\[\d+/\d+ ", line)
        if not progress:
            sys.stdout.write(line)
        elif time.monotonic() - shown > 10:
            shown = time.monotonic()
            say("  " + line.strip()[:110])
    if process.wait() != 0:
        raise BuildFailed(f"build {kind} failed")
    built.add((kind, targets))
    say(f"build {kind} done")
    return folder


# ---- unit -----------------------------------------------------------------------------------------------------------

def listed_tests(program: Path) -> int:
    listing = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, timeout=60).stdout
    return sum(1 for line in listing.splitlines()
               if line.startswith("  ") and "DISABLED_" not in line.split("#")[0])


def run_unit_program(program: Path, environment: dict, timeout: int) -> Tally:
    began = time.monotonic()
    name = program.name.removeprefix("unit_")
    try:
        expected = listed_tests(program)
        result = subprocess.run([program, "--gtest_color=no"], cwd=program.parent, env=environment, timeout=timeout,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        output, code = result.stdout, result.returncode
    except subprocess.TimeoutExpired as error:
        output, code = (error.stdout or b"").decode(errors="replace"), f"no end after {timeout} s"
        expected = max(1, output.count("[ RUN      ]"))
    passed = len(re.findall(r"^\[       OK \]", output, re.M))
    skipped = len(re.findall(r"^\[  SKIPPED \] .*\(\d+ ms\)$", output, re.M))
    # A crash leaves the tests behind it unrun: they count as failed too.
    failed = max(expected - passed - skipped, 0)
    if code != 0 and failed == 0:
        failed = 1
    tally = Tally(passed, failed)
    say(f"  unit {name}: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
        + f" ({time.monotonic() - began:.1f} s)")
    if failed or expected == 0:
        tally.failed = max(failed, 1)
        broken = sorted(set(re.findall(r"^\[  FAILED  \] ([\w/.]+)", output, re.M)))
        tally.notes.append(f"unit {name}: exit {code}; " + (", ".join(broken) or "no test ran to its end"))
        print(output[-6000:], flush=True)
    return tally


def unit(folder: Path, environment: dict, timeout: int) -> Tally:
    programs = sorted(p for p in folder.glob("tests/unit/*/unit_*") if os.access(p, os.X_OK) and p.is_file())
    tally = Tally()
    with ThreadPoolExecutor(max_workers=2) as pool:
        for part in pool.map(lambda p: run_unit_program(p, environment, timeout), programs):
            tally.add(part)
    return tally


# ---- groups run by a program of their own ---------------------------------------------------------------------------

def program_group(command: list, environment: dict | None = None, timeout: int = 1800) -> Tally:
    """Runs a program that takes --result FILE and writes {"passed": n, "failed": n, "notes": [...]} to it."""
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result.json"
        process = subprocess.Popen([*command, "--result", result], cwd=ROOT, env=environment)
        try:
            code = process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            code = f"no end after {timeout} s"
        try:
            data = json.loads(result.read_text())
            tally = Tally(data["passed"], data["failed"], data.get("notes", []))
        except (OSError, ValueError, KeyError):
            tally = Tally()
        if code != 0 and tally.failed == 0:
            tally.failed += 1
            tally.notes.append(f"{Path(command[1]).name}: {code if isinstance(code, str) else f'exit {code}'}")
    return tally


def python(*parts) -> list:
    return [sys.executable, *parts]


PROGRAM_TESTS = sorted(f"tests/program/{path.name}" for path in (ROOT / "tests/program").glob("*.py"))


def scenarios(server: Path, environment: dict | None = None, leave_out: str = "") -> Tally:
    """What is visible from outside of one server: scripts over HTTP, and the life of the process."""
    tally = Tally()
    for program in ("tests/scenario/run.py", "tests/conformance/launch_test.py", *PROGRAM_TESTS):
        if program == leave_out:
            continue
        tally.add(program_group(python(ROOT / program, "--server", server), environment))
    return tally


def group_unit() -> Tally:
    return unit(build("test"), dict(os.environ), 300)


def group_lint() -> Tally:
    return program_group(python(ROOT / "tools/lint.py"))


def group_scenario() -> Tally:
    return scenarios(build("test") / "peyk")


def group_clients() -> Tally:
    return program_group(python(ROOT / "tests/clients/run.py", "--server", build("test") / "peyk"))


def group_pages() -> Tally:
    subprocess.run([ROOT / "tools/install.sh", "pages"], check=True)
    return program_group(python(ROOT / "tests/pages/run.py", "--server", build("test") / "peyk"))


def group_web() -> Tally:
    """The web client: its types, its build, and stories in Chromium."""
    subprocess.run([ROOT / "tools/install.sh", "pages"], check=True)
    return program_group(python(ROOT / "tests/web/run.py", "--server", build("test") / "peyk"), timeout=3600)


def group_web_growth() -> Tally:
    """Five thousand received messages, and the heap after them."""
    subprocess.run([ROOT / "tools/install.sh", "pages"], check=True)
    return program_group(python(ROOT / "tests/web/run.py", "--server", build("test") / "peyk", "growth"), timeout=3600)


def group_web_speed() -> Tally:
    """A list of 300 rooms, and frames in a room of 100,000 messages: goals for a machine of two cores that does nothing else."""
    subprocess.run([ROOT / "tools/install.sh", "pages"], check=True)
    return program_group(python(ROOT / "tests/web/run.py", "--server", build("release", "peyk") / "peyk", "speed"), timeout=3600)


def group_sanitize() -> Tally:
    folder = build("sanitize")
    environment = dict(os.environ)
    # Coroutine frames and arenas of third-party libraries live until exit, so leaks are judged by the unit tests alone.
    environment["ASAN_OPTIONS"] = "detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1"
    environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    environment["PEYK_TEST_SLOWNESS"] = "6"  # tests that measure time stretch their limits by this factor
    tally = unit(folder, environment, 900)
    # This one reads the memory of the process, which AddressSanitizer makes terabytes of, and locks none of.
    tally.add(scenarios(folder / "peyk", environment, leave_out="tests/program/sealed_process.py"))
    return tally


def group_tsan() -> Tally:
    """Threads: the parts that share most, and the scenarios over the server. A report makes a program leave with 66."""
    folder = build("tsan", "unit_async", "unit_storage", "unit_rooms", "unit_sync", "peyk")
    environment = dict(os.environ)
    environment["TSAN_OPTIONS"] = f"exitcode=66:history_size=4:suppressions={ROOT / 'tools/tsan.supp'}"
    environment["PEYK_TEST_SLOWNESS"] = "10"
    tally = unit(folder, environment, 1800)
    tally.add(program_group(python(ROOT / "tests/scenario/run.py", "--server", folder / "peyk"), environment, timeout=3600))
    return tally


def group_fuzz() -> Tally:
    """Each target of fuzz/ for PEYK_FUZZ_SECONDS (120); what it finds is left beside build/fuzz."""
    seconds = os.environ.get("PEYK_FUZZ_SECONDS", "120")
    tally = Tally()
    for target in sorted(path.stem for path in (ROOT / "fuzz").glob("*.cc")):
        result = subprocess.run([ROOT / "tools/fuzz.sh", target, seconds], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, errors="replace")
        done = re.search(r"Done (\d+) runs in (\d+) second", result.stdout)
        good = result.returncode == 0 and done is not None
        say(f"  fuzz {target}: " + (f"{done[1]} runs" if good else f"exit {result.returncode}"))
        if not good:
            print(result.stdout[-4000:], flush=True)
        tally.add(Tally(int(good), int(not good), [] if good else [f"fuzz {target}: exit {result.returncode}"]))
    return tally


def group_package() -> Tally:
    """The Debian package and its life on a bare Debian 12, for which it has to be root."""
    folder = build("release", "peyk", "peyk-thumbnailer", "peyk-pagereader")
    tally = Tally()
    scripts = [[ROOT / "packaging/test_package.sh", folder]]
    if os.geteuid() == 0:
        subprocess.run([ROOT / "tools/install.sh", "package"], check=True)
        scripts.append([ROOT / "packaging/test_install.sh", folder])
    else:
        say("  not root: the package cannot be installed anywhere")
        tally.add(Tally(0, 1, ["package: test_install.sh was not run: it needs root"]))
    for script in scripts:
        good = subprocess.run(script).returncode == 0
        tally.add(Tally(int(good), int(not good), [] if good else [f"package: {script[0].name}"]))
    return tally


def group_source() -> Tally:
    """./run.sh and ./test.sh on a bare Debian 12, for which it has to be root."""
    if os.geteuid() != 0:
        return Tally(0, 1, ["source: test_source.sh was not run: it needs root"])
    subprocess.run([ROOT / "tools/install.sh", "package"], check=True)
    good = subprocess.run([ROOT / "packaging/test_source.sh"]).returncode == 0
    return Tally(int(good), int(not good), [] if good else ["source: test_source.sh"])


def group_kill() -> Tally:
    build("release", "peyk")
    return program_group(python(ROOT / "tests/scenario/kill.py", "--server", ROOT / "build/release/peyk"))


def group_powercut() -> Tally:
    """A thousand simulated power cuts lose nothing with `sync`; the same with `relaxed` must lose, or the test is blind.
    Over the engine alone, and over the sealed store with deletions and the key table."""
    folder = build("test", "storage_powercut")
    program = next(folder.rglob("storage_powercut"))
    tally = Tally()
    for over in ("plain", "sealed"):
        for durability, cuts in (("sync", "1000"), ("relaxed", "100")):
            result = subprocess.run([program, cuts, "1", durability, over], stdout=subprocess.PIPE, text=True)
            print(f"  {result.stdout.strip()}", flush=True)
            good = result.returncode == 0
            tally.add(Tally(int(good), int(not good),
                            [] if good else [f"powercut {over} {durability}: {result.stdout.strip()[:300]}"]))
    return tally


def group_canaries() -> Tally:
    """Canaries planted through real clients and looked for everywhere; for root, who may have a network of its own and read
    the memory of processes. What was found and the figures: build/canaries/report.json."""
    folder = build("test", "peyk", "peyk-thumbnailer", "peyk-pagereader", "canary_dump", "canary_dump_unsealed",
                   "canary_peyk_unsealed")
    subprocess.run([ROOT / "tools/install.sh", "canaries"], check=True)
    return program_group(python(ROOT / "tests/canaries/run.py", "--build", folder))


def group_conformance() -> Tally:
    build("release", "peyk")
    return program_group(python(ROOT / "tests/conformance/run.py", "--server", ROOT / "build/release/peyk"),
                         timeout=7200)


IDLE = {"clients", "pages", "web"}  # these wait more than they compute
FAST = {"lint": group_lint, "unit": group_unit, "scenario": group_scenario, "clients": group_clients,
        "pages": group_pages, "web": group_web}
SLOW = {"sanitize": group_sanitize, "tsan": group_tsan, "fuzz": group_fuzz, "package": group_package,
        "source": group_source, "kill": group_kill,
        "powercut": group_powercut, "canaries": group_canaries, "web-growth": group_web_growth,
        "web-speed": group_web_speed,
        "conformance": group_conformance}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./test.sh", description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP")
    parser.add_argument("--list", action="store_true", help="name the groups and end")
    arguments = parser.parse_args()
    if arguments.list:
        print("fast (run without a name):", *FAST)
        print("only by name:", *SLOW)
        return 0
    every = FAST | SLOW
    unknown = [name for name in arguments.groups if name not in every]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are: {', '.join(every)}")

    total = Tally()
    groups = arguments.groups or list(FAST)
    for number, name in enumerate(groups):
        say(f"group {name}")
        try:
            if name in IDLE and "sanitize" in groups[number:]:
                build("test")
                build_ahead("sanitize")
            tally = every[name]()
        except BuildFailed as error:
            tally = Tally(0, 1, [str(error)])
        except (subprocess.CalledProcessError, OSError) as error:  # a step of preparation, such as installing packages
            tally = Tally(0, 1, [f"{name}: {error}"])
        if tally.passed + tally.failed == 0:
            tally = Tally(0, 1, [f"{name}: no test ran"])
        say(f"group {name}: {tally.passed} passed and {tally.failed} failed")
        total.add(tally)
    for note in total.notes:
        print("FAILED:", note)
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
