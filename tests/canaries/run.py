#!/usr/bin/env python3
"""Plants canaries through real clients and looks for them everywhere. Needs root: a network and the memory of processes.

    tests/canaries/run.py [--build build/test] [--minutes 1] [sealed unsealed lock outbound]

Writes build/canaries/report.json (every find: moment, surface, place, category, way, form; bytes searched; figures) and a table.
docs/decisions/1501-canaries.md says how they are searched for and what shows that the search can find.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests/clients"), str(ROOT / "tests/support")]

import agents  # noqa: E402
import lock  # noqa: E402
import network  # noqa: E402
import outbound  # noqa: E402
import rules  # noqa: E402
from planting import CATEGORIES  # noqa: E402
from story import WITHOUT_KEY, Story  # noqa: E402

PARTS = ("sealed", "unsealed", "lock", "outbound")


def table(story: Story) -> str:
    """Category by surface: at which moments it was found."""
    moments = list(dict.fromkeys(moment for moment, _ in story.findings.looked if moment != "control"))
    columns = [("disk, logs, backup", WITHOUT_KEY | {rules.FILES}), ("push", {"push"}), ("with the key", rules.INSIDE),
               ("memory", {"memory"})]
    lines = [f"  {'category':<18} {'planted':>7}  " + "  ".join(f"{name:<28}" for name, _ in columns)]
    for category in [*CATEGORIES, "Secrets"]:
        cells = []
        for _, surfaces in columns:
            found = [moment for moment in moments if any(
                row["category"] == category and row["moment"] == moment and row["surface"] in surfaces
                for row in story.findings.rows)]
            cells.append(", ".join(found) if len(found) < len(moments) - 1 else "always" if found else "")
        planted = sum(canary.category == category for canary in story.nest.all)
        lines.append(f"  {category:<18} {planted:>7}  " + "  ".join(f"{cell[:28] or '-':<28}" for cell in cells))
    return "\n".join(lines)


class Run:
    def __init__(self, build: Path, folder: Path, minutes: float):
        self.build, self.folder, self.minutes = build, folder, minutes
        self.passed, self.notes = 0, []
        self.report: dict = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.release()}",
                             "when": time.strftime("%Y-%m-%d"), "figures": {}}
        self.sealed: Story | None = None

    def check(self, name: str, problems: list[str]) -> None:
        if problems:
            self.notes += [f"canaries {name}: {problem}" for problem in problems]
            for problem in problems:
                print(f"  FAIL  {name}: {problem}", flush=True)
        else:
            self.passed += 1
            print(f"  ok    {name}", flush=True)

    def part_sealed(self) -> None:
        story = self.sealed = Story(self.build / "peyk", self.build / "canary_dump", self.folder / "sealed", "sealed")
        try:
            story.whole()
        finally:
            story.close()
        inventory = json.loads(subprocess.run([self.build / "peyk", "inventory", "--json"], check=True,
                                              capture_output=True).stdout)
        self.check("the search finds what is there", rules.blindness(story))
        self.check("nothing is where it should not be", story.problems + rules.leaks(story, inventory))
        for line in story.known:
            print(f"  known {line}", flush=True)
        print(table(story), flush=True)
        self.report |= {"finds": story.findings.rows, "known": story.known, "refused": story.people.refused,
                        "searched": [{"moment": moment, "surface": surface, "bytes": size}
                                     for (moment, surface), size in story.findings.looked.items()],
                        "planted": [{"category": canary.category, "way": canary.way} for canary in story.nest.all]}

    def part_unsealed(self) -> None:
        story = Story(self.build / "canary_peyk_unsealed", self.build / "canary_dump_unsealed", self.folder / "unsealed", "unsealed")
        try:
            story.until_killed()
        finally:
            story.close()
        if self.sealed is None:
            self.check("without sealing the same search finds leaks", ["the sealed part has not run"])
            return
        self.check("without sealing the same search finds leaks", rules.unsealed_blindness(story, self.sealed))
        self.report["figures"] |= rules.figures(self.sealed, story)

    def part_lock(self) -> None:
        result = lock.Locking(self.build / "peyk", self.build / "canary_dump", self.folder / "lock").measure()
        self.report["figures"]["lock"] = result["figures"]
        self.check("a lock leaves no key in memory", result["problems"])

    def part_outbound(self) -> None:
        result = outbound.measure(self.build / "peyk", self.minutes * 60)
        self.report["figures"]["outbound"] = result["figures"]
        self.check("a default server calls nobody", result["problems"])

    def run(self, parts: list[str]) -> None:
        for part in parts:
            began = time.monotonic()
            try:
                getattr(self, f"part_{part}")()
            except Exception as error:
                self.check(part, [f"{type(error).__name__}: {error}"])
            print(f"  {part} took {time.monotonic() - began:.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build/test")
    parser.add_argument("--minutes", type=float, default=1, help="of use while nobody may be called")
    parser.add_argument("--result", type=Path)
    parser.add_argument("--keep", action="store_true", help="leave the folders of the servers")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    arguments = parser.parse_args()
    for kind in ("nio", "jssdk"):
        agents.INSTALL[kind]()
    folder = Path(tempfile.mkdtemp(prefix="peyk-canaries-"))
    run = Run(arguments.build.resolve(), folder, arguments.minutes)
    try:
        network.enter()
        run.run(arguments.parts or list(PARTS))
    except network.NoNamespace as error:
        run.check("a network of its own", [str(error)])
    finally:
        if not arguments.keep:
            subprocess.run(["rm", "-rf", folder], check=True)
    for name, value in run.report["figures"].items():
        print(f"  {name}: {value}", flush=True)
    target = ROOT / "build/canaries"
    target.mkdir(parents=True, exist_ok=True)
    (target / "report.json").write_text(json.dumps(run.report, indent=1))
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": run.passed, "failed": len(run.notes), "notes": run.notes}))
    return 1 if run.notes else 0


if __name__ == "__main__":
    sys.exit(main())
