"""Where canaries are looked for. Each surface yields (place, bytes); places are file names, tables, ranges of memory."""
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from canary import Find, Scanner

ZEROS = bytes(4096)


def folder(root: Path) -> Iterator[tuple[str, bytes]]:
    """Names of files are data too."""
    names = []
    for path in sorted(root.rglob("*")):
        names.append(str(path.relative_to(root)))
        if path.is_file() and not path.is_symlink():
            yield names[-1], path.read_bytes()
    yield "names of files", "\n".join(names).encode(errors="surrogateescape")


def memory(pid: int) -> Iterator[tuple[str, bytes]]:
    """All that a process has written or could have: private, readable, not of a file that nobody changed."""
    with open(f"/proc/{pid}/mem", "rb", 0) as memory_file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line)
            begin, end, rights, name = int(found[1], 16), int(found[2], 16), found[3], found[4]
            if "r" not in rights or name in ("[vvar]", "[vsyscall]"):
                continue
            if name.startswith("/") and "w" not in rights:
                continue
            parts = []
            for at in range(begin, end, 1 << 24):
                try:
                    memory_file.seek(at)
                    parts.append(memory_file.read(min(1 << 24, end - at)))
                except (OSError, OverflowError, ValueError):
                    continue  # reserved and never used
            data = b"".join(parts)
            if data.strip(b"\0"):
                yield f"{name or 'anonymous'} at {found[1]}", squeeze(data)


def squeeze(data: bytes) -> bytes:
    """Without pages of zeros, most of an arena; one stays for each run of them, so that nothing is joined that was apart."""
    out, empty = [], False
    for at in range(0, len(data), 4096):
        page = data[at:at + 4096]
        if page == ZEROS:
            if not empty:
                out.append(b"\0" * 64)
            empty = True
        else:
            out.append(page)
            empty = False
    return b"".join(out)


class Dump:
    """What the key opens, of a copy of a data folder that nobody has open."""

    def __init__(self, program: Path, config: Path, data: Path, scratch: Path, environment: dict | None = None):
        self.program, self.scratch = program, scratch
        self.environment = dict(os.environ) | (environment or {})
        self.scratch.mkdir(parents=True)
        self.data = scratch / "data"
        shutil.copytree(data, self.data, ignore=lambda _, names: {"control"} & set(names))  # a socket
        self.config = scratch / "peyk.toml"
        self.config.write_text(config.read_text().replace('data_dir = "data"', f'data_dir = "{self.data}"'))
        self.files_folder = scratch / "files"
        self.call("files", self.files_folder)  # first: opening the store writes

    def call(self, *words) -> str:
        done = subprocess.run([self.program, "--config", self.config, *words], capture_output=True, text=True,
                              env=self.environment)
        if done.returncode != 0:
            raise RuntimeError(f"{self.program.name} {words}: {done.stderr[-1000:]}")
        return done.stdout

    def lines(self, what: str) -> Iterator[dict]:
        for line in self.call(what).splitlines():
            yield json.loads(line)

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """One place for each table: keys, headers and bodies of all its rows."""
        tables: dict[str, list[bytes]] = {}
        self.categories: dict[str, str] = {}
        for row in self.lines("rows"):
            self.categories[row["table"]] = row["category"]
            parts = [bytes.fromhex(row[name]) for name in ("key", "header", "body") if row.get(name)]
            tables.setdefault(row["table"], []).append(b"\n".join(parts))
        yield from ((name, b"\n\n".join(rows)) for name, rows in tables.items())

    def media(self) -> Iterator[tuple[str, bytes]]:
        for row in self.lines("media"):
            yield row["table"], bytes.fromhex(row["body"])

    def keys(self) -> dict[str, bytes]:
        return {row["name"]: bytes.fromhex(row["key"]) for row in self.lines("keys")}

    def files(self) -> Iterator[tuple[str, bytes]]:
        return folder(self.files_folder)

    def close(self) -> None:
        shutil.rmtree(self.scratch)


class Findings:
    """What was found where, at which moment."""

    def __init__(self, scanner: Scanner, say=lambda text: None):
        self.scanner, self.say = scanner, say
        self.rows: list[dict] = []
        self.looked: dict[tuple[str, str], int] = {}  # (moment, surface) -> bytes that were searched

    def look(self, moment: str, surface: str, places: Iterator[tuple[str, bytes]]) -> list[tuple[str, Find]]:
        out = []
        before, began = self.scanner.bytes_read, time.monotonic()
        for place, data in places:
            for find in self.scanner.scan(data):
                out.append((place, find))
                self.rows.append({"moment": moment, "surface": surface, "place": place, "category": find.canary.category,
                                  "way": find.canary.way, "form": find.form})
        read = self.scanner.bytes_read - before
        self.looked[(moment, surface)] = self.looked.get((moment, surface), 0) + read
        self.say(f"{moment}: {surface}: {read / 1e6:.1f} MB searched ({time.monotonic() - began:.1f} s)")
        return out

    def ways(self, moment: str, surface: str) -> set[str]:
        return {row["way"] for row in self.rows if row["moment"] == moment and row["surface"] == surface}

    def of(self, moment: str | None = None, surfaces: set[str] | None = None) -> list[dict]:
        return [row for row in self.rows if (moment is None or row["moment"] == moment)
                and (surfaces is None or row["surface"] in surfaces)]
