#!/usr/bin/env python3
"""Every folder of src/ has a README.md: five headings in order, at most 60 lines; it names its subfolders (`name/`), and the
files that it names exist."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADINGS = ["What it is for", "Main types", "A call walks through", "Rules", "Where to start reading"]
MAX_LINES = 60
# `name.h`, `folder/name.cc`, `tables.h`: a file name in backticks.
NAMED = re.compile(r"`([\w./-]+\.(?:h|cc|md|txt|py|sh|cmake|toml|html|hst))`")


def check(folder: Path, root: Path = ROOT) -> list[str]:
    readme = folder / "README.md"
    where = readme.relative_to(root)
    if not readme.is_file():
        return [f"{where}: missing"]
    text = readme.read_text()
    problems = []
    lines = text.count("\n")
    if lines > MAX_LINES:
        problems.append(f"{where}: {lines} lines, at most {MAX_LINES}")
    found = [h for h in re.findall(r"^#+\s*(.+?)\s*$", text, re.M) if h in HEADINGS]
    if found != HEADINGS:
        problems.append(f"{where}: the headings are to be: {' · '.join(HEADINGS)}; found: {' · '.join(found)}")
    for inner in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        if f"{inner}/" not in text:
            problems.append(f"{where}: does not say what {inner}/ is for")
    for name in sorted(set(NAMED.findall(text))):
        places = [folder / name, root / "src" / name, root / name]
        if not any(place.exists() for place in places) and not ("/" not in name and list(folder.rglob(name))):
            problems.append(f"{where}: names {name}, which does not exist")
    return problems


def main() -> int:
    folders = sorted(p for p in (ROOT / "src").iterdir() if p.is_dir())
    problems = [problem for folder in folders for problem in check(folder)]
    print("\n".join(problems) or f"readmes: {len(folders)} folders described")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
