#!/usr/bin/env python3
"""Finds what compilers get wrong around co_await: in one full expression with co_await, a capturing lambda or a braced
aggregate that is written out (g++ 12 destroys it twice), and `auto [a, b] = co_await …` (g++ 15). Also coroutine lambdas
with captures, whose captures die before they resume."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.S)
BINDING = re.compile(r"auto\s*&{0,2}\s*\[[^\]]*\]\s*=\s*co_await\b")
LAMBDA = re.compile(r"(?<![\w\])])\[(?P<captures>[^\[\]]*)\]\s*(?:<[^>]*>\s*)?(?=[({]|mutable|noexcept)")
BRACED = re.compile(r"(?<![\w>])(?P<type>(?:\w+::)*[A-Z]\w*(?:<[^<>;]*>)?)\s*\{(?P<inside>[^{}]*)\}")


def blank(text: str) -> str:
    """The text with comments and literals replaced by spaces of the same length: positions stay."""
    return COMMENT_OR_TEXT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def closing(text: str, start: int) -> int:
    """Position after the bracket that closes the one at `start`."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return len(text)


def expression_after(text: str, start: int) -> str:
    """From co_await to the end of its full expression: a `;` outside brackets, or the bracket that closes around it."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth < 0:
                return text[start:at]
        elif text[at] == ";" and depth == 0:
            return text[start:at]
    return text[start:]


def coroutine_lambdas(text: str):
    for match in LAMBDA.finditer(text):
        if not match["captures"].strip():
            continue
        at = match.end()
        if text[at] == "(":
            at = closing(text, at)
        body = text.find("{", at)
        if body < 0 or ";" in text[at:body]:
            continue
        inside = text[body:closing(text, body)]
        if re.search(r"\bco_(await|return|yield)\b", inside):
            yield match.start()


def check_text(text: str, where: str) -> list[str]:
    code = blank(text)
    line = lambda position: f"{where}:{code.count(chr(10), 0, position) + 1}"
    problems = [f"{line(m.start())}: structured binding of a co_await; name the result first"
                for m in BINDING.finditer(code)]
    problems += [f"{line(at)}: a coroutine lambda with captures; they die before it resumes"
                 for at in coroutine_lambdas(code)]
    for match in re.finditer(r"(?<!operator )\bco_await\b", code):
        expression = expression_after(code, match.start())
        for inner in LAMBDA.finditer(expression):
            if inner["captures"].strip():
                problems.append(f"{line(match.start() + inner.start())}: capturing lambda inside a co_await "
                                "expression; name it, then std::move it")
        for inner in BRACED.finditer(expression):
            if not re.fullmatch(r"[\s\d'.]*", inner["inside"]):  # nothing, or a number: nothing to destroy twice
                problems.append(f"{line(match.start() + inner.start())}: braced {inner['type']} inside a co_await "
                                "expression; name it, then std::move it")
    return sorted(set(problems))


def main() -> int:
    problems = []
    for folder in ("src", "tests/unit", "bench"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".h", ".cc"):
                problems += check_text(file.read_text(errors="replace"), file.relative_to(ROOT).as_posix())
    print("\n".join(problems) or "co_await: no expression that a compiler gets wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
