#!/usr/bin/env python3
"""Checks every #include in src/ and every library that a folder links against docs/layers.txt, and that the table itself has
no cycle."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = re.compile(r"peyk_library\((\w+)([^)]*)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)


def read_table(path: Path):
    allowed: dict[str, list[str]] = {}
    exclusive: list[tuple[str, list[str]]] = []  # (prefix of a system header, folders)
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        left, _, right = line.partition(":")
        if left.startswith("only "):
            exclusive += [(prefix, right.split()) for prefix in left.split()[1:]]
        else:
            allowed[left.strip()] = right.split()
    return allowed, exclusive


def within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def cycles(allowed: dict[str, list[str]]) -> list[str]:
    """Folders that reach themselves, by their top level."""
    top = {name: {target.split("/")[0] for target in targets} - {name}
           for name, targets in allowed.items() if "/" not in name}
    found = []
    for start in top:
        seen, todo = set(), list(top[start])
        while todo:
            folder = todo.pop()
            if folder not in seen:
                seen.add(folder)
                todo += top.get(folder, ())
        if start in seen:
            found.append(f"docs/layers.txt: {start} reaches itself")
    return found


def check(source: Path, allowed, exclusive) -> list[str]:
    problems = []
    for file in sorted(source.rglob("*")):
        if file.suffix not in (".h", ".cc"):
            continue
        inside = file.relative_to(source).as_posix()
        rules = [name for name in allowed if within(inside, name)]
        if not rules:
            problems.append(f"src/{inside}: docs/layers.txt says nothing about its folder")
            continue
        rule = max(rules, key=len)
        text = file.read_text()
        for match in INCLUDE.finditer(text):
            quote, target = match.groups()
            where = f"src/{inside}:{text.count(chr(10), 0, match.start(2)) + 1}"
            if quote == "<":
                for prefix, folders in exclusive:
                    if target.startswith(prefix) and not any(within(inside, f) for f in folders):
                        problems.append(f"{where}: <{target}> belongs to {', '.join(folders)} only")
            elif not (source / target).is_file():
                problems.append(f'{where}: "{target}" is not a path from src/')
            elif not any(within(target, folder) for folder in [rule, *allowed[rule]]):
                problems.append(f"{where}: {rule} may not include {target}")
    return problems


def check_links(source: Path, allowed) -> list[str]:
    """What the library of a folder links by itself; what comes with that is for the linker alone, since includes are checked."""
    problems = []
    for file in sorted(source.glob("*/CMakeLists.txt")):
        for name, links in LIBRARY.findall(file.read_text()):
            for linked in re.findall(r"\bpeyk_(\w+)", links):
                if linked != name and linked not in {target.split("/")[0] for target in allowed.get(name, ())}:
                    problems.append(f"src/{file.relative_to(source)}: {name} may not link {linked}")
    return problems


def main() -> int:
    allowed, exclusive = read_table(ROOT / "docs/layers.txt")
    problems = cycles(allowed) + check(ROOT / "src", allowed, exclusive) + check_links(ROOT / "src", allowed)
    print("\n".join(problems) or "layers: every include and every link is allowed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
