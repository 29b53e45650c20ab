#!/usr/bin/env python3
"""Caps on size: a source file 500 lines, a test 800. tools/size_allow.txt lists the exceptions, and may only shrink:
each entry carries the size the file may have, and an entry that is no longer needed, or too generous, is a problem."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOW = ROOT / "tools/size_allow.txt"
CAPS = [("src", 500), ("bench", 500), ("fuzz", 500), ("tools", 500), ("tests", 800)]
SUFFIXES = {".h", ".cc", ".py", ".mjs"}
SLACK = 20  # lines an exception may be above the file's true size, so that a small edit does not need the list


def read_allowed(path: Path) -> dict[str, int]:
    allowed = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        line = line.split("#")[0].strip()
        if line:
            name, lines = line.split()
            allowed[name] = int(lines)
    return allowed


def sources(root: Path):
    for folder, cap in CAPS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in SUFFIXES and "node_modules" not in file.parts:
                yield file.relative_to(root).as_posix(), cap, file.read_text(errors="replace").count("\n")


def check(root: Path, allowed: dict[str, int]) -> list[str]:
    problems, seen = [], set()
    for name, cap, lines in sources(root):
        limit = allowed.get(name, cap)
        seen.add(name)
        if lines > limit:
            problems.append(f"{name}: {lines} lines, at most {limit}")
        elif name in allowed and lines <= cap:
            problems.append(f"{name}: {lines} lines fit; take it off tools/size_allow.txt")
        elif name in allowed and lines + SLACK < limit:
            problems.append(f"{name}: {lines} lines; lower its entry of {limit} in tools/size_allow.txt")
    return problems + [f"{name}: in tools/size_allow.txt but gone" for name in allowed if name not in seen]


def main() -> int:
    problems = check(ROOT, read_allowed(ALLOW))
    print("\n".join(problems) or "sizes: all within their caps")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
