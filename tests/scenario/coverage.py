"""Which test shows that a route of the specification is answered: docs/spec-coverage.md, from a run of all scenarios.

A route counts as shown when a script got the status that the specification calls its success (2xx; a redirect for the
routes that answer nothing else), with a body that fits the schema; routes without one are held against
tests/support/prose.json. The page names one such script for each. So that it does
not change with every new script, a name that the page holds already stays as long as it is true.
"""
import json
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import prose
from contract import Contract

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/spec-coverage.md"
COMMAND = "tests/scenario/run.py --write-coverage"

# Routes that cannot be shown, each with its reason. One that is shown all the same is an error: the reason is out of date.
NO_TELEPHONES = "no telephone numbers: a service that sends text messages would learn who uses the server (refused as the " \
    "specification says, `accounts/email`)"
REASONS: dict[str, str] = {
    "GET /.well-known/matrix/policy_server": "answered by policy servers, which this is not: 404",
    "POST /_matrix/client/v3/account/3pid/msisdn/requestToken": NO_TELEPHONES,
    "POST /_matrix/client/v3/account/password/msisdn/requestToken": NO_TELEPHONES,
    "POST /_matrix/client/v3/register/msisdn/requestToken": NO_TELEPHONES,
}


@dataclass(frozen=True)
class Prose:
    """A route that the specification has in its text alone, or a case of one. `wanted`: the statuses that show it."""
    method: str
    path: str
    pattern: str  # of the request path
    section: str
    wanted: tuple[int, ...] = (200,)
    query: str = ""  # a parameter that the request must have
    without: str = ""  # one that it must not have
    member: str = ""  # a member that its JSON body must have

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


OAUTH, LEGACY = "OAuth 2.0 API", "Legacy API"
PROSE = [
    Prose("GET", "/_matrix/client/v3/auth/{type}/fallback/web", r"/_matrix/client/v3/auth/[^/]+/fallback/web",
          f"{LEGACY} › Fallback"),
    Prose("POST", "/_matrix/client/v3/auth/{type}/fallback/web", r"/_matrix/client/v3/auth/[^/]+/fallback/web",
          f"{LEGACY} › Fallback"),
    Prose("GET", "/_matrix/static/client/login/", r"/_matrix/static/client/login/", f"{LEGACY} › Login fallback"),
    Prose("GET", "/_matrix/client/v3/rooms/{roomId}/state/{eventType}",
          r"/_matrix/client/v3/rooms/[^/]+/state/[^/]+/?", "Getting events for a room"),
    Prose("PUT", "/_matrix/client/v3/rooms/{roomId}/state/{eventType}",
          r"/_matrix/client/v3/rooms/[^/]+/state/[^/]+/?", "Sending events to a room"),
    Prose("GET", "authorization endpoint", r"/_peyk/oauth2/authorize", f"{OAUTH} › Login flow"),
    Prose("POST", "token endpoint", r"/_peyk/oauth2/token", f"{OAUTH} › Token refresh flow"),
    Prose("POST", "revocation endpoint", r"/_peyk/oauth2/revoke", f"{OAUTH} › Token revocation"),
    Prose("POST", "registration endpoint", r"/_peyk/oauth2/register", f"{OAUTH} › Client registration", (201,)),
    Prose("POST", "device authorization endpoint", r"/_peyk/oauth2/device", f"{OAUTH} › Device authorization grant"),
    Prose("GET", "verification page of the device grant", r"/_peyk/link",
          f"{OAUTH} › Device authorization grant"),
    Prose("GET", "account management page", r"/_peyk/account(/.*)?", f"{OAUTH} › Account management"),
    Prose("OPTIONS", "any path, with CORS headers", r"/_matrix/client/.*", "Web browser clients", (200, 204)),
    Prose("ANY", "unknown path: 404 M_UNRECOGNIZED", r"/_matrix/client/.*", "Standard error response", (404,)),
    Prose("ANY", "unknown method: 405 M_UNRECOGNIZED", r"/_matrix/client/.*", "Standard error response", (405,)),
]

# Routes that do different things by what a request holds: each case by itself.
INVITE, EVENTS = "/_matrix/client/v3/rooms/{roomId}/invite", "/_matrix/client/v3/events"
DELAY = "org.matrix.msc4140.delay"
OLDER_DELAY = "MSC4140, first form: a parameter of sending"
CASES = [
    Prose("POST", f"{INVITE}, of a user id", r"/_matrix/client/v3/rooms/[^/]+/invite", "Room membership", member="user_id"),
    Prose("POST", f"{INVITE}, of an address", r"/_matrix/client/v3/rooms/[^/]+/invite", "Third-party Invites", member="address"),
    Prose("GET", f"{EVENTS}, of all rooms that one is in", r"/_matrix/client/v3/events", "Getting events (deprecated)",
          without="room_id"),
    Prose("GET", f"{EVENTS}?room_id=, looking in", r"/_matrix/client/v3/events", "Room Previews", query="room_id"),
    Prose("POST", "/_matrix/client/v3/createRoom, with invite_3pid", r"/_matrix/client/v3/createRoom", "Creation",
          member="invite_3pid"),
    Prose("PUT", f"/_matrix/client/v3/rooms/{{roomId}}/send/{{eventType}}/{{txnId}}?{DELAY}=",
          r"/_matrix/client/v3/rooms/[^/]+/send/[^/]+/[^/]+", OLDER_DELAY, query=DELAY),
    Prose("PUT", f"/_matrix/client/v3/rooms/{{roomId}}/state/{{eventType}}/{{stateKey}}?{DELAY}=",
          r"/_matrix/client/v3/rooms/[^/]+/state/[^/]+/[^/]+", OLDER_DELAY, query=DELAY),
]
# Prefixes of before version 1.1, which lead to the handlers of v3.
PREFIXES = [Prose(method, "/_matrix/client/r0/…", r"/_matrix/client/r0/.*", "any") for method in ("GET", "PUT", "POST")] + [
    Prose(method, f"/_matrix/media/{version}/{path}", f"/_matrix/media/{version}/" + re.sub(r"\{\w+\}", "[^/]+", path), operation)
    for method, path, operation in (
        ("POST", "upload", "uploadContent"), ("GET", "download/{serverName}/{mediaId}", "getContent"),
        ("GET", "download/{serverName}/{mediaId}/{fileName}", "getContentOverrideName"),
        ("GET", "thumbnail/{serverName}/{mediaId}", "getContentThumbnail"), ("GET", "config", "getConfig"),
        ("GET", "preview_url", "getUrlPreview"))
    for version in ("r0", "v1")
] + [
    Prose("GET", f"/_matrix/client/{version}/login/cas/redirect", f"/_matrix/client/{version}/login/cas/redirect", "redirectToSSO", (302,))
    for version in ("v3", "r0")
]
IN_TEXT = [*PROSE, *CASES, *PREFIXES]


class Coverage:
    def __init__(self, contract: Contract):
        self.contract = contract
        self.shown: dict[str, set[str]] = {}
        self.lock = threading.Lock()
        self.prose = [(entry, re.compile(entry.pattern)) for entry in IN_TEXT]
        self.wrong: dict[str, str] = {}  # by script and route: what an answer lacks that the text asks for

    def add(self, script: str, method: str, target: str, answer, body: bytes | None = None) -> None:
        """An answer that the contract had nothing against; `body` is the request's."""
        path, _, query = target.partition("?")
        names = []
        wrong: list[str] = []
        if operation := self.contract.success(method, target, answer.status):
            wrong = prose.file_problems(key_of(operation), operation, answer) if method == "GET" else []
            names += [] if wrong else [key_of(operation)]
        for entry, pattern in self.prose:
            if answer.status in entry.wanted and entry.method in (method, "ANY") and pattern.fullmatch(path) \
                    and self.concerns(entry, method, answer) and asks_for(entry, query, body):
                lacks = prose.problems(entry.name, answer) if entry.name in prose.ROUTES else []
                wrong += lacks
                names += [] if lacks else [entry.name]
        with self.lock:
            self.wrong.update({f"{script} {one}": one for one in wrong})
            for name in names:
                self.shown.setdefault(name, set()).add(script)

    @staticmethod
    def concerns(entry: Prose, method: str, answer) -> bool:
        """A 404 may also be of a path that is known: of what is not there."""
        return entry.wanted not in ((404,), (405,)) or (method != "HEAD" and b'"M_UNRECOGNIZED"' in answer.body)

    @staticmethod
    def table(head: str, rows: list[tuple[str, str, str]]) -> list[str]:
        return ["", f"| Route | {head} | Shown by |", "|---|---|---|",
                *(f"| `{name}` | {what} | {cell} |" for name, what, cell in rows)]

    def page(self, before: str = "") -> tuple[str, list[str]]:
        """(the page, what is wrong with the run): a route that nothing shows and that has no reason, or has both."""
        named = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([^`]+)` \|$", before, re.M))
        problems: list[str] = []
        routes = sorted(self.contract.specified, key=lambda operation: (operation["path"], operation["method"]))
        lines = ["# The specification's routes, and what shows that they are answered", "",
                 f"<!-- Made by `{COMMAND}` from a run of all scenarios; do not edit. -->", "",
                 f"The specification's client-server API has {len(routes)} routes. A route is shown by a test that was answered with the "
                 "status that the", "specification calls its success and a body that fits its schema. The scenario group fails when "
                 "this page is not what its run showed."]

        def rows(operations, what):
            return [(key_of(one), what(one), self.cell(key_of(one), named, problems)) for one in operations]

        def texts(entries):
            return [(entry.name, entry.section, self.cell(entry.name, named, problems)) for entry in entries]

        def by_id(one):
            return one["id"]

        lines += self.table("Operation", rows(routes, by_id))
        lines += ["", "## Routes that the specification has in its text alone", *self.table("Section", texts(PROSE))]
        lines += ["", "## Cases of routes", "", "Where what a request holds decides what is done.",
                  *self.table("Section", texts(CASES))]
        lines += ["", "## Beyond the specification", "",
                  "Proposals and other parts of Matrix, whose schemas the tests hold as well (`tests/support/proposals.json`).",
                  *self.table("Of", rows(self.contract.proposed, lambda one: one["about"].replace("|", "/")))]
        lines += ["", "## Older names", "", "Further paths of the routes above, each answered by the same handler.",
                  *self.table("Operation", rows(self.contract.older, by_id) + texts(PREFIXES))]
        known = {key_of(operation) for operation in self.contract.operations} | {entry.name for entry in IN_TEXT}
        problems += [f"{name}: a reason for a route that does not exist" for name in REASONS if name not in known]
        problems += [f"{entry.name}: nothing in tests/support/prose.json" for entry in PROSE if entry.name not in prose.ROUTES]
        problems += [f"{name}: in tests/support/prose.json, and no such route" for name in prose.ROUTES
                     if name not in {entry.name for entry in PROSE}]
        problems += sorted(self.wrong)[:10]
        return "\n".join(lines) + "\n", problems

    def cell(self, name: str, named: dict[str, str], problems: list[str]) -> str:
        scripts, reason = self.shown.get(name, set()), REASONS.get(name)
        if scripts and reason:
            problems.append(f"{name}: it has a reason not to be shown, and {min(scripts)} shows it")
        if scripts:
            return f"`{named[name] if named.get(name) in scripts else min(scripts)}`"
        if not reason:
            problems.append(f"{name}: no script shows it, and there is no reason why")
        return reason or "**nothing**"


def asks_for(entry: Prose, query: str, body: bytes | None) -> bool:
    """Whether this request is the case."""
    given = parse_qs(query, keep_blank_values=True)
    if (entry.query and entry.query not in given) or entry.without in given:
        return False
    if not entry.member:
        return True
    try:
        value = json.loads(body or b"null")
    except ValueError:
        return False
    return isinstance(value, dict) and entry.member in value


def key_of(operation: dict) -> str:
    return f"{operation['method']} {operation['path']}"


def check(coverage: Coverage, write: bool) -> list[str]:
    """What is wrong; with `write` the page is made anew first."""
    before = PAGE.read_text() if PAGE.exists() else ""
    text, problems = coverage.page(before)
    if write:
        PAGE.write_text(text)
    elif text != before:
        old = set(before.splitlines())
        changed = [line for line in text.splitlines() if line not in old][:3]
        problems.append(f"docs/spec-coverage.md is not what this run shows (run {COMMAND}): " + " ".join(changed))
    return problems


def list_problems(folder: Path) -> tuple[list[str], str | None]:
    """(whether openapi.json is what the specification's data hold, why that was not compared). Where the data are, or where
    PEYK_SPECIFICATION names a folder for them, not to compare is an error."""
    named = os.environ.get("PEYK_SPECIFICATION")
    folder = Path(named) if named else folder
    if not folder.is_dir():
        if named:
            return [f"PEYK_SPECIFICATION names {folder}, which is not there"], None
        return [], "the specification's data are not beside the checkout: tests/support/openapi.json was not compared with them " \
                   "(PEYK_SPECIFICATION names their folder)"
    try:
        import make_openapi
    except ImportError as error:
        return [f"the specification's data are there, and cannot be read: {error} (Debian: python3-yaml)"], None
    made = json.loads(json.dumps(make_openapi.Maker(folder).make()))
    kept = json.loads((ROOT / "tests/support/openapi.json").read_text())
    return ([] if made == kept else [f"tests/support/openapi.json is not made from {folder}"]), None
