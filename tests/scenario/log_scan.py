"""What must not be in the log of a server: held against what the scenarios send and are told, at level debug."""
import json
import re
import threading
from urllib.parse import parse_qs, urlsplit

# Members of bodies whose texts are nobody's business, and how long a text has to be to stand for itself.
MEMBERS = {"access_token": 6, "refresh_token": 6, "login_token": 6, "token": 8, "password": 6, "new_password": 6, "body": 12,
           "displayname": 10, "session": 8, "as_token": 8, "hs_token": 8, "pushkey": 8, "ciphertext": 16, "reason": 12,
           "topic": 12}
MEMBER = re.compile(r'"(' + "|".join(MEMBERS) + r')"\s*:\s*"((?:[^"\\]|\\.)*)"')
ID = re.compile(r'"(@[^":\s]+:[^"\s]+|![^"\s]{12,}|\$[^"\s]{16,})"')
STAMP = re.compile(r'^(?:\{"time":")?20\d\d-\d\d-\d\dT[\d:.]+Z"?[, ]')
DEBUG = re.compile(r'^(?:\S+ debug |\{[^{}]*"level":"debug")')
PLAIN_WORDS = {"true", "false", "null"}


class LogScan:
    """Secrets of one scenario, and what the logs of its servers say. Any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.secrets: dict[str, str] = {}  # text -> what it is
        self.ids: set[str] = set()         # of rooms and events: in the log at level debug only
        self.addresses = {"127.0.0.1"}

    def saw(self, target: str, headers: dict, *bodies: bytes | None) -> None:
        """One request and its answer."""
        found: dict[str, str] = {}
        for name, value in headers.items():
            if name.lower() == "authorization":
                found[value.removeprefix("Bearer ")] = "a token"
            elif name.lower() == "x-forwarded-for":
                with self.lock:
                    self.addresses |= {part.strip() for part in value.split(",")}
        for value in parse_qs(urlsplit(target).query).get("access_token", []):
            found[value] = "a token"
        ids = set()
        for body in bodies:
            text = (body or b"")[:200_000].decode("utf-8", "replace")
            for name, value in MEMBER.findall(text):
                if len(value) >= MEMBERS[name] and value not in PLAIN_WORDS and "\\" not in value:
                    found[value] = f"the text of \"{name}\""
            for one in ID.findall(text):
                if one.startswith("@"):
                    found[one] = "a user id"
                else:
                    ids.add(one)
        with self.lock:
            self.secrets |= {text: what for text, what in found.items() if len(text) >= 5}
            self.ids |= ids

    def problems(self, log: str, as_json: bool) -> list[str]:
        out = []
        for line in log.splitlines():
            stamped = STAMP.match(line) is not None
            for text, what in self.secrets.items():
                if text in line:
                    out.append(f"{what} is in the log: {line[:200]}")
            if not stamped:
                if as_json:
                    out.append(f"a line that is no JSON object: {line[:200]}")
                continue  # what is printed for people at the start
            if as_json:
                out += wrong_json(line)
            if "listening on" not in line and any(address in line for address in self.addresses):
                out.append(f"an address is in the log: {line[:200]}")
            if not DEBUG.match(line):
                out += [f"the id {one} is in the log above debug: {line[:200]}" for one in self.ids if one in line]
        return out


def wrong_json(line: str) -> list[str]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        return [f"a line that is no JSON ({error}): {line[:200]}"]
    good = set(entry) == {"time", "level", "area", "message"} and all(isinstance(value, str) for value in entry.values())
    return [] if good else [f"a line of another shape: {line[:200]}"]


def prove() -> None:
    """The scan finds what it looks for; anything else would let everything pass."""
    scan = LogScan()
    scan.saw("/sync?access_token=syt_query_token", {"Authorization": "Bearer syt_secret_token", "X-Forwarded-For": "203.0.113.77"},
             b'{"password":"open sesame","body":"meet me at eight"}', b'{"user_id":"@sara:localhost","room_id":"!abcdefghijklmnop:x"}')
    stamp = "2026-01-01T00:00:00.000Z"
    for planted in ("syt_secret_token", "syt_query_token", "open sesame", "meet me at eight", "@sara:localhost", "203.0.113.77",
                    "127.0.0.1", "!abcdefghijklmnop:x"):
        line = f"{stamp} info    http: something about {planted} here"
        if not scan.problems(line, False):
            raise AssertionError(f"the scan of the logs does not see {planted!r}")
    for fine in (f"{stamp} debug   rooms: !abcdefghijklmnop:x grew", "  listening on http://127.0.0.1:8008", f"{stamp} info    app: stopping"):
        if scan.problems(fine, False):
            raise AssertionError(f"the scan of the logs objects to {fine!r}: {scan.problems(fine, False)}")
    for bad in ("  a note for people", "{}", f'{{"time":"{stamp}","level":"info","area":"app","message":1}}'):
        if not scan.problems(bad, True):
            raise AssertionError(f"the scan of the logs takes {bad!r} for JSON of the log")
    if scan.problems(f'{{"time":"{stamp}","level":"info","area":"app","message":"stopping"}}', True):
        raise AssertionError("the scan of the logs refuses a good line of JSON")
