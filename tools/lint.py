#!/usr/bin/env python3
"""The lint group: each checker is one test, and so is each proof that a checker sees what it is there to see."""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import check_coawait
import check_layers
import check_readmes
import check_sizes

HERE = Path(__file__).resolve().parent


# ---- the checkers can fail ------------------------------------------------------------------------------------------

def sees_a_forbidden_include() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        for name, text in {"core/a.h": '#include "storage/b.h"\n', "storage/b.h": "#include <rocksdb/db.h>\n",
                           "http/c.cc": "#include <rocksdb/db.h>\n", "odd/d.h": ""}.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        table = {"core": ["base"], "storage": ["core"], "http": []}
        found = check_layers.check(source, table, [("rocksdb/", ["storage"])])
    return (len(found) == 3 and "core may not include storage/b.h" in found[0] and "belongs to storage" in found[1]
            and "says nothing" in found[2])


def sees_a_forbidden_link() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        for name, links in {"core": "peyk_base\n  peyk_storage", "storage": "peyk_core"}.items():
            (source / name).mkdir()
            (source / name / "CMakeLists.txt").write_text(f"peyk_library({name} LINKS {links} PRIVATE_LINKS zstd)\n")
        found = check_layers.check_links(source, {"core": ["base"], "storage": ["core"]})
    return found == ["src/core/CMakeLists.txt: core may not link storage"]


def sees_a_cycle_in_the_table() -> bool:
    return bool(check_layers.cycles({"a": ["b"], "b": ["c"], "c": ["a/x"]})) and not check_layers.cycles({"a": ["b"]})


def sees_a_bad_readme() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        folder = root / "src/x"
        folder.mkdir(parents=True)
        missing = check_readmes.check(folder, root)
        headings = "".join(f"## {h}\n" for h in check_readmes.HEADINGS)
        (folder / "README.md").write_text(headings + "see `gone.h`\n" + "\n" * 60)
        found = check_readmes.check(folder, root)
        (folder / "README.md").write_text(headings)
        clean = check_readmes.check(folder, root)
    return len(missing) == 1 and len(found) == 2 and not clean


def sees_a_long_file_and_a_stale_exception() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "src").mkdir()
        (root / "src/long.cc").write_text("\n" * 501)
        (root / "src/short.cc").write_text("\n" * 10)
        found = check_sizes.check(root, {"src/short.cc": 600, "src/gone.cc": 600})
        allowed = check_sizes.check(root, {"src/long.cc": 505})
        (root / "src/long.cc").write_text("int f(int a,\n      int b) {\n" + "    g();\n" * 61 + "}\nint h() {\n}\n")
        long_function = check_sizes.check(root, {})
    return len(found) == 3 and not allowed and len(long_function) == 1


def sees_dangerous_co_awaits() -> bool:
    bad = ["co_await offload(pool, [key] { return read(key); });", "auto [a, b] = co_await pair();",
           "co_await store.put(Row{key, value});", "co_await f(x,\n  [&] { return 1; });",
           "auto job = [this](int a) -> Task<void> { co_await g(a); };"]
    good = ["auto job = [key] { return read(key); };\nco_await offload(pool, std::move(job));", "auto x = co_await f(a[i]);",
            "co_await f([] { return 1; });", "// co_await f([x] {});", "for (auto [a, b] : rows) co_await f(a);",
            "if (!co_await f(x)) { y = Row{1}; }", "co_await f(Row{});"]
    return all(check_coawait.check_text(t, "t") for t in bad) and not any(check_coawait.check_text(t, "t") for t in good)


PROOFS = [sees_a_forbidden_include, sees_a_forbidden_link, sees_a_cycle_in_the_table, sees_a_bad_readme,
          sees_a_long_file_and_a_stale_exception, sees_dangerous_co_awaits]
CHECKERS = ["check_layers.py", "check_readmes.py", "check_sizes.py", "check_coawait.py", "check_format.py"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--result", type=Path)
    arguments = parser.parse_args()
    passed, notes = 0, []
    for proof in PROOFS:
        if proof():
            passed += 1
        else:
            notes.append(f"lint: the checkers fail to show that one {proof.__name__.replace('_', ' ')}")
    for name in CHECKERS:
        result = subprocess.run([sys.executable, HERE / name], capture_output=True, text=True)
        print("  " + (result.stdout + result.stderr).strip().replace("\n", "\n  "), flush=True)
        if result.returncode == 0:
            passed += 1
        else:
            notes.append(f"lint {name}")
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
