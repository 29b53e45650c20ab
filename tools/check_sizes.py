#!/usr/bin/env python3
"""Caps on size: a source file 500 lines, a test 800; a C++ function 60, in tests as long as its story is. The exceptions
stand in tools/size_allow.txt, and may only shrink: each entry carries the size the file, or its longest function, may have, and
an entry that is no longer needed, or too generous, is a problem."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOW = ROOT / "tools/size_allow.txt"
CAPS = [("src", 500), ("bench", 500), ("fuzz", 500), ("tools", 500), ("tests", 800)]
SUFFIXES = {".h", ".cc", ".py", ".mjs"}
FUNCTION_CAP = 60
SLACK = 20  # lines an exception may be above the file's true size, so that a small edit does not need the list


def read_allowed(path: Path) -> dict[str, int]:
    allowed = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        line = line.split("#")[0].strip()
        if line:
            name, lines = line.split()
            allowed[name] = int(lines)
    return allowed


def longest_function(text: str) -> int:
    """Lines between the braces of the longest function of a file that clang-format laid out: it begins where a line
    begins at the margin, and ends with a brace alone there."""
    longest, begin = 0, None
    for number, line in enumerate(text.split("\n")):
        if line == "}":
            if begin is not None:
                longest = max(longest, number - begin - 1)
            begin = None
        elif re.match(r"[^\s}#/)]", line):
            begin = number
    return longest


def sources(root: Path):
    for folder, cap in CAPS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SUFFIXES or "node_modules" in file.parts:
                continue
            name, text = file.relative_to(root).as_posix(), file.read_text(errors="replace")
            yield name, cap, text.count("\n")
            if file.suffix == ".cc" and folder != "tests":
                yield name + ":function", FUNCTION_CAP, longest_function(text)


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
