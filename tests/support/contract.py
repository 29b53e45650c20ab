"""Holds answers of the server against the specification's schemas (openapi.json, made by make_openapi.py)."""
import json
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ERRCODE = re.compile(r"^[A-Z0-9_.]+$")
EMPTY_STATE_KEY = re.compile(r"/_matrix/client/v3/rooms/[^/]+/state/[^/]+/?")
# For people, not for programs.
PAGES = re.compile(r"/_peyk/(?!(client|admin)/)|/i/|/_matrix/client/(v3|r0)/(auth/[^/]+/fallback/web|login/(cas|sso)/)|/_matrix/static/")
FORMATS = {"mx-user-id": r"^@", "mx-event-id": r"^\$", "mx-room-id": r"^!", "mx-room-alias": r"^#",
           "mx-mxc-uri": r"^mxc://", "mx-server-name": r"^[^/\s]+$",
           "mx-unpadded-base64": r"^[A-Za-z0-9+/]*$", "mx-urlsafe-unpadded-base64": r"^[A-Za-z0-9_-]*$"}
# What the prose of the specification allows and its schemas do not. Each with its reason.
PROSE_ALLOWS_STATUS = {
    # Any endpoint that takes a body may refuse it (Client-Server API, standard error response).
    400, 401, 403, 404, 405, 413, 429,
}
# Where an alias leads to: a service did not answer the question for it (Application Service API, querying, which names joins).
PROSE_ALLOWS_FOR = {("getRoomIdByAlias", 408), ("joinRoom", 408), ("knockRoom", 408)}
# What a member has not set is null, as every other server says it (src/client_api/rooms/state.cc).
NULL_FOR = {"getJoinedMembersByRoom": (".display_name: null is not string", ".avatar_url: null is not string")}
# Clients of the old event stream learn of these nowhere else; its schema describes the events of rooms among them.
NO_EVENTS_OF_ROOMS = {"m.presence", "m.receipt", "m.typing"}
# HTTP's own: parts of files (RFC 9110, section 14), what has not changed, and targets and heads that are too long.
HTTP_ALLOWS_STATUS = {206, 304, 416}
HTTP_ALLOWS_ERROR = {414, 431}


KINDS = {dict: frozenset({"object"}), list: frozenset({"array"}), str: frozenset({"string"}), bool: frozenset({"boolean"}),
         type(None): frozenset({"null"}), int: frozenset({"integer", "number"}), float: frozenset({"number"})}
MOST_KNOWN = 500_000


class Schemas:
    """A validator for the part of JSON Schema that the specification uses."""

    def __init__(self, definitions: dict):
        self.definitions = definitions
        self.known: set[int] = set()  # events that were right by a definition: most come again in other answers

    def problems(self, value, schema, where: str = "", depth: int = 0) -> list[str]:
        if schema is True or schema == {} or depth > 60:
            return []
        if schema is False:
            return [f"{where}: must not be there"]
        if "$ref" in schema:
            return self.by_definition(value, schema["$ref"], where, depth)
        found = self.type_problems(value, schema, where)
        if found:
            return found
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is none of {schema['enum']}")
        if "const" in schema and value != schema["const"]:
            found.append(f"{where}: {value!r} is not {schema['const']!r}")
        if isinstance(value, str):
            found += self.text_problems(value, schema, where)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                found.append(f"{where}: {value} is out of range")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                found += self.problems(item, schema.get("items", True), f"{where}[{index}]", depth + 1)
        elif isinstance(value, dict):
            found += self.object_problems(value, schema, where, depth)
        for part in schema.get("allOf", ()):
            found += self.problems(value, part, where, depth + 1)
        for key in ("oneOf", "anyOf"):  # oneOf is used for alternatives that overlap: one that fits is enough
            if key in schema:
                tries = [self.problems(value, part, where, depth + 1) for part in schema[key]]
                if all(tries):
                    found += min(tries, key=len)
        return found

    def by_definition(self, value, name: str, where: str, depth: int) -> list[str]:
        definition = self.definitions[name]
        if type(value) is not dict or "event_id" not in value:
            return self.problems(value, definition, where, depth + 1)
        key = hash((name, json.dumps(of_any_age(value))))
        if key in self.known:
            return []
        found = self.problems(value, definition, where, depth + 1)
        if not found and len(self.known) < MOST_KNOWN:
            self.known.add(key)
        return found

    @staticmethod
    def type_problems(value, schema, where) -> list[str]:
        kinds = schema.get("type")
        if kinds is None:
            return []
        fitting = KINDS[type(value)]
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if fitting.isdisjoint(kinds):
            return [f"{where}: {json.dumps(value)[:60]} is not {' or '.join(kinds)}"]
        return []

    @staticmethod
    def text_problems(value: str, schema, where) -> list[str]:
        found = []
        pattern = schema.get("pattern") or FORMATS.get(schema.get("format", ""))
        if pattern and not re.search(pattern, value):
            found.append(f"{where}: {value!r} does not match {pattern}")
        if len(value) > schema.get("maxLength", len(value)):
            found.append(f"{where}: longer than {schema['maxLength']}")
        return found

    def object_problems(self, value: dict, schema, where, depth) -> list[str]:
        found = [f"{where}.{name}: missing" for name in schema.get("required", ()) if name not in value]
        properties = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        for name, item in value.items():
            at = f"{where}.{name}"
            if name in properties:
                found += self.problems(item, properties[name], at, depth + 1)
                continue
            matching = [part for pattern, part in patterns.items() if re.search(pattern, name)]
            for part in matching:
                found += self.problems(item, part, at, depth + 1)
            if not matching and "additionalProperties" in schema:
                found += self.problems(item, schema["additionalProperties"], at, depth + 1)
        return found


def segments_of(path: str) -> list[str]:
    return path.strip("/").split("/")


# Prefixes of the same routes before version 1.1.
OLDER_MEDIA = re.compile(r"/_matrix/media/(r0|v1)/")


class Contract:
    def __init__(self, path: Path = HERE / "openapi.json"):
        data = json.loads(path.read_text())
        proposals = json.loads((HERE / "proposals.json").read_text())  # not in the specification yet
        own = json.loads((HERE / "peyk_api.json").read_text())  # ours alone
        self.schemas = Schemas(data["definitions"] | proposals["definitions"] | own["definitions"])
        self.specified, self.proposed = data["operations"], proposals["operations"]
        self.operations = self.specified + self.proposed + own["operations"]
        self.by_shape: dict[tuple[str, int], list] = {}
        self.older = list(self.older_names(proposals["older_names"]))
        for operation in [*self.operations, *self.older]:
            parts = segments_of(operation["path"])
            self.by_shape.setdefault((operation["method"], len(parts)), []).append((parts, operation))

    def older_names(self, paths: dict[str, list[str]]):
        """Operations under their further paths, which one handler answers."""
        by_id = {operation["id"]: operation for operation in self.operations}
        for name in paths:
            for path in paths[name]:
                yield by_id[name] | {"path": path}

    def operation(self, method: str, path: str):
        """The operation of a request path (percent-encoded, without query); None when the specification has none."""
        path = re.sub(r"^/_matrix/client/r0/", "/_matrix/client/v3/", path)
        parts = segments_of(path)
        best = None
        for shape, operation in self.by_shape.get((method, len(parts)), ()):
            if all(a == b or a.startswith("{") for a, b in zip(shape, parts)):
                literal = sum(1 for a in shape if not a.startswith("{"))
                if best is None or literal > best[0]:
                    best = (literal, operation)
        if best is None and (media := OLDER_MEDIA.match(path)):
            return self.operation(method, "/_matrix/media/v3/" + path[media.end():])
        if best is None and EMPTY_STATE_KEY.fullmatch(path):  # the slash at the end is optional
            return self.operation(method, path.rstrip("/") + "/x")
        return best[1] if best else None

    def success(self, method: str, target: str, status: int):
        """The operation whose success this status is: 2xx, or a redirect where the specification has no 2xx."""
        path, _, query = target.partition("?")
        operation = self.operation(method, path)
        if operation is None or "org.matrix.msc4140.delay=" in query or str(status) not in operation["responses"]:
            return None
        redirects = not any(documented.startswith("2") for documented in operation["responses"])
        return operation if 200 <= status < 300 or (redirects and 300 <= status < 400) else None

    def check(self, method: str, target: str, status: int, content_type: str, body: bytes, wanted=()) -> list[str]:
        """Where an answer departs from the specification: a list of sentences, empty when it does not. `wanted`: statuses that the
        test brings about; one of 500 and above must be among them, whatever the specification says of the operation."""
        path, _, query = target.partition("?")
        if status == 200 and "org.matrix.msc4140.delay=" in query:
            return self.check_delayed(content_type, body)
        operation = self.operation(method, path)
        if status >= 500 and status not in wanted:
            return [f"{operation['id'] if operation else path} {status}: a failure that nothing here brings about"]
        if operation and operation["id"] == "getTurnServer" and status == 200 and body == b"{}":
            return []  # no relay: the specification has no answer for it, and clients take this one
        if operation is None and content_type.startswith("text/html") and PAGES.match(path):
            return []
        if operation is None and path.startswith("/_peyk/oauth2/"):
            return self.check_oauth_error(status, content_type, body) if status >= 400 else []
        if operation is None:
            return self.check_error(status, content_type, body) if status >= 400 else []
        name = f"{operation['id']} {status}"
        documented = operation["responses"]
        if str(status) not in documented:
            if status in HTTP_ALLOWS_STATUS:
                return []
            if status < 400:
                return [f"{name}: this status is not among {sorted(documented)}"]
            if status not in PROSE_ALLOWS_STATUS | HTTP_ALLOWS_ERROR and status not in wanted and (operation["id"], status) not in PROSE_ALLOWS_FOR:
                return [f"{name}: no such error status"]
            return self.check_error(status, content_type, body)
        schema = documented[str(status)].get("application/json")
        if schema is None:
            return self.check_error(status, content_type, body) if status >= 400 else []
        if not content_type.startswith("application/json"):
            return [f"{name}: Content-Type is {content_type!r}"]
        value, problem = parse(body)
        if problem:
            return [f"{name}: {problem}"]
        if status == 401 and isinstance(value, dict) and value.get("errcode") in ("M_MISSING_TOKEN", "M_UNKNOWN_TOKEN"):
            return self.check_error(status, content_type, body)  # before any stage: a token was asked for
        if operation["id"] == "getEvents" and status == 200 and isinstance(value, dict) and isinstance(value.get("chunk"), list):
            value["chunk"] = [item for item in value["chunk"] if not is_of_nobodys_log(item)]
        accepted = NULL_FOR.get(operation["id"], ())
        return [f"{name} {problem}" for problem in self.schemas.problems(value, schema) if not problem.endswith(accepted)]

    @staticmethod
    def check_delayed(content_type: str, body: bytes) -> list[str]:
        """MSC4140 in its first form: sending with a delay answers with the id of the delay, and nothing was sent."""
        value, problem = parse(body)
        if problem or not content_type.startswith("application/json"):
            return [f"delayed event: {problem or content_type}"]
        if not isinstance(value, dict) or not isinstance(value.get("delay_id"), str) or "event_id" in value:
            return ["delayed event: not an answer with a delay_id alone"]
        return []

    @staticmethod
    def check_oauth_error(status: int, content_type: str, body: bytes) -> list[str]:
        """RFC 6749, section 5.2."""
        value, problem = parse(body)
        if problem or not content_type.startswith("application/json"):
            return [f"error {status}: {problem or content_type}"]
        if not isinstance(value, dict) or not isinstance(value.get("error"), str):
            return [f"error {status}: no `error`"]
        return []

    @staticmethod
    def check_error(status: int, content_type: str, body: bytes) -> list[str]:
        """The standard error response."""
        value, problem = parse(body)
        if problem:
            return [f"error {status}: {problem}"]
        if not content_type.startswith("application/json"):
            return [f"error {status}: Content-Type is {content_type!r}"]
        if not isinstance(value, dict):
            return [f"error {status}: not an object"]
        if status == 401 and "flows" in value:
            return []
        if not isinstance(value.get("errcode"), str) or not ERRCODE.match(value["errcode"]):
            return [f"error {status}: errcode is {value.get('errcode')!r}"]
        if not isinstance(value.get("error"), str):
            return [f"error {status}: no text in `error`"]
        return []


def of_any_age(event: dict) -> dict:
    """The same event, told earlier or later."""
    unsigned = event.get("unsigned")
    if not isinstance(unsigned, dict) or type(unsigned.get("age")) is not int:
        return event
    return event | {"unsigned": unsigned | {"age": 0}}


def is_of_nobodys_log(item) -> bool:
    return isinstance(item, dict) and item.get("type") in NO_EVENTS_OF_ROOMS and isinstance(item.get("content"), dict) \
        and "event_id" not in item


def no_duplicates(pairs):
    seen = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"key {key!r} twice")
        seen[key] = value
    return seen


def parse(body: bytes):
    """(value, None) or (None, what is wrong). Stricter than Python's own: UTF-8, no duplicate keys."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=no_duplicates), None
    except ValueError as error:
        return None, f"not JSON: {error}"
