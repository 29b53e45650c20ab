"""Whether an answer is what the text says of a route that has no schema in the specification (tests/support/prose.json)."""
import json
import re
from pathlib import Path

from contract import Schemas, parse

HERE = Path(__file__).resolve().parent
ROUTES: dict[str, dict] = json.loads((HERE.parent / "support/prose.json").read_text())["routes"]
# The first bytes of what pictures may be (thumbnails).
PICTURES = {"image/png": b"\x89PNG\r\n", "image/apng": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8", "image/webp": b"RIFF"}


def problems(name: str, answer) -> list[str]:
    """`answer`: with status, body and headers by lower-case names."""
    route, schemas, out = ROUTES[name], Schemas({}), []
    kind, text = answer.headers.get("content-type", ""), answer.body.decode("utf-8", "replace")
    if not kind.startswith(route.get("content_type", "")):
        out.append(f"Content-Type is {kind!r}")
    for header, wanted in route.get("headers", {}).items():
        if not re.search(wanted, answer.headers.get(header, "")):
            out.append(f"{header} is {answer.headers.get(header)!r}")
    out += [f"the body has nothing like {wanted}" for wanted in route.get("says", ()) if not re.search(wanted, text, re.I)]
    if "schema" in route:
        value, wrong = parse(answer.body)
        out += [wrong] if wrong else schemas.problems(value, route["schema"])
    return [f"{name}: {one} ({route['source']})" for one in out]


def file_problems(name: str, operation: dict, answer) -> list[str]:
    """Of a file that the specification's schema does not describe: there is one, and it is what its head says."""
    documented = operation["responses"].get(str(answer.status), {})
    if "application/json" in documented or not any(kind.startswith(("image/", "application/octet-stream")) for kind in documented):
        return []
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if "image/png" in documented or any(one.startswith("image/") for one in documented):
        if kind not in PICTURES or not answer.body.startswith(PICTURES[kind]):
            return [f"{name}: a picture that says {kind!r} and begins {answer.body[:8]!r}"]
    return [] if kind and answer.body else [f"{name}: no file, or one without a Content-Type"]


def prove() -> None:
    """The check sees what is wrong: before anything is run."""
    class Answer:
        def __init__(self, body: bytes, kind: str = "application/json", **headers):
            self.status, self.body = 200, body
            self.headers = {"content-type": kind} | {key.replace("_", "-"): value for key, value in headers.items()}

    good = b'{"access_token":"a","token_type":"Bearer","expires_in":300,"scope":"urn:matrix:client:api:*"}'
    wrong = [good.replace(b"Bearer", b"Basic"), good.replace(b"300", b'"300"'), good.replace(b"access_token", b"token"), b"<html>"]
    token = "POST token endpoint"
    if problems(token, Answer(good, cache_control="no-store")) or not problems(token, Answer(good)) \
            or not all(problems(token, Answer(body, cache_control="no-store")) for body in wrong):
        raise SystemExit("tests/scenario/prose.py: the check of bodies sees nothing")
