"""Wrong types in every field of every request, made from the specification's schemas.

For each operation: requests that are right and are answered with success (wrong/of_*.py), so that what is refused afterwards is refused
for what is wrong in it. Then the same with one field of another type: of the body, at any depth; of the query; of the path. Each is
answered 400 with the specification's error code. Then the right request again, which nothing of that may have harmed.
wrong/reasons.py lists what is answered otherwise, and why.
"""
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from contract import Contract
from httpc import Answer
from wrong import of_keys, of_proposals, of_rooms  # noqa: F401  (they fill the table)
from wrong.fields import Walker, with_value, without, wrong_values
from wrong.of_accounts import FILTER, ROOM_RULES, TABLE
from wrong.reasons import NEVER, OTHERWISE
from wrong.world import NO_BODY, Ask, Unready, World

# What is no UTF-8, and a NUL.
NO_TEXT = ("%FF", "%C0%80", "%00")
# Parameters that are identifiers although their schema says only "string"; words that are one of a few; tokens that this server gave.
PARSED = {"userId", "user_id", "roomId", "eventId", "roomAlias", "roomIdOrAlias", "kind", "receiptType", "room_id"}
TOKENS = {"since", "from", "to", "at", "next_batch"}
WRONG_WORDS = {"integer": ("wrong", "1.5", "true", "", "9" * 30), "boolean": ("wrong", "1", ""), "string": ("%FF",)}
TEXT, FLAG = {"type": "string"}, {"type": "boolean"}


def many(items: dict) -> dict:
    return {"type": "array", "items": items}


WINDOW = {"timeline_limit": {"type": "integer"}, "required_state": many(many(TEXT)), "include_heroes": FLAG}
# Bodies that openapi.json and proposals.json leave out.
MORE_SCHEMAS = {
    "inviteUser": {"type": "object", "required": ["user_id"], "properties": {
        "user_id": {"type": "string", "format": "mx-user-id"}, "reason": {"type": "string"}}},
    "deployedSlidingSync": {"type": "object", "properties": {
        "conn_id": TEXT, "txn_id": TEXT, "room_subscriptions": {"type": "object", "additionalProperties": {
            "type": "object", "properties": WINDOW}},
        "lists": {"type": "object", "additionalProperties": {"type": "object", "properties": WINDOW | {
            "ranges": many(many({"type": "integer"})), "filters": {"type": "object", "properties": {
                "is_dm": FLAG, "is_encrypted": FLAG, "is_invite": FLAG, "spaces": many(TEXT), "tags": many(TEXT), "not_tags": many(TEXT),
                "room_types": many({"type": ["string", "null"]}), "not_room_types": many({"type": ["string", "null"]}),
                "room_name_like": TEXT}}}}},
        "extensions": {"type": "object", "properties": {
            "to_device": {"type": "object", "properties": {"enabled": FLAG, "limit": {"type": "integer"}, "since": TEXT}},
            "e2ee": {"type": "object", "properties": {"enabled": FLAG}}} | dict.fromkeys(
                ("account_data", "receipts", "typing"), {"type": "object", "properties": {
                    "enabled": FLAG, "lists": many(TEXT), "rooms": many(TEXT)}})}}},
}
# Queries that hold JSON.
FILTERS = {("sync", "filter"): FILTER, ("getRoomEvents", "filter"): ROOM_RULES, ("getEventContext", "filter"): ROOM_RULES}
SUCCESS = range(200, 300)


class Unfit(Exception):
    """What is wrong with the answers to an operation's requests."""


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.sent = 0
        self.used: set = set()  # entries of the lists of reasons

    def use(self, *entries) -> None:
        with self.lock:
            self.used.update(entries)

    def count(self, sent: int) -> None:
        with self.lock:
            self.sent += sent


class Operation:
    """One operation of the specification, asked rightly and wrongly."""

    def __init__(self, description: dict, contract: Contract, world: World, tally: Tally):
        self.about, self.contract, self.world, self.tally = description, contract, world, tally
        self.id, self.method = description["id"], description["method"]
        self.walker = Walker(contract.schemas)
        content = description.get("request", {}).get("content", {})
        self.schema = content.get("application/json")
        self.schema = MORE_SCHEMAS.get(self.id, self.schema)
        self.query = [p for p in description["parameters"] if p["in"] == "query"]
        self.problems: list[str] = []
        self.sent = 0

    # ---- the right request ------------------------------------------------------------------------------------------

    def makers(self) -> list:
        default = {} if self.schema is not None else NO_BODY
        return TABLE.get(self.id) or [lambda world: Ask(world.ada, body=default)]

    def usual(self, ask: Ask) -> dict:
        world = self.world
        return {
            "userId": ask.who.id or world.ada.id, "roomId": world.room, "roomIdOrAlias": world.room, "eventId": world.event,
            "roomAlias": world.alias, "eventType": "m.reaction", "type": "org.example.kept", "deviceId": world.ada.device,
            "serverName": "localhost", "mediaId": world.media, "fileName": "x.png", "txnId": world.unique(), "tag": "u.kept",
            "filterId": world.filter, "receiptType": "m.read", "keyName": "displayname", "relType": "m.annotation", "version": world.version,
            "sessionId": "s1", "kind": "override", "ruleId": "kept", "appserviceId": "bridge", "networkId": "net",
            "protocol": "bridge", "stateKey": "k", "token": world.link, "idpId": "school",
            "width": "32", "height": "32", "method": "crop", "dir": "b", "from": world.since, "to": world.since, "ts": "1",
            "username": f"free-{world.unique()}", "alias": "#x:localhost", "userid": "@x:localhost", "user_id": world.bob.id,
        }

    def target(self, ask: Ask, usual: dict, captures: dict | None = None, query: dict | None = None) -> str:
        """`captures` and `query`: values that replace the right ones, percent-encoded already; None leaves a parameter out."""
        path = self.about["path"]
        for parameter in self.about["parameters"]:
            if parameter["in"] == "path":
                name = parameter["name"]
                value = (captures or {}).get(name)
                path = path.replace("{%s}" % name, quote({**usual, **ask.captures}[name], safe="") if value is None else value)
        given = {p["name"]: quote(usual[p["name"]], safe="") for p in self.query if p["required"] and p["name"] not in ask.query}
        given |= {name: quote(value, safe="") for name, value in ask.query.items()}
        given |= query or {}
        text = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
        return path + ("?" + text if text else "")

    def send(self, ask: Ask, target: str, body) -> Answer:
        data = ask.raw if ask.raw is not None else None if body is NO_BODY else json.dumps(body).encode()
        self.sent += 1
        answer = self.world.send(ask.who, self.method, target, data, ask.content_type)
        self.problems += [f"{self.id}: {target}: {problem}" for problem in self.contract.check(
            self.method, target, answer.status, answer.content_type, answer.body)]
        return answer

    def succeeds(self, answer: Answer) -> bool:
        redirects = not any(status.startswith("2") for status in self.about["responses"])
        return answer.status in SUCCESS or (redirects and answer.status == 302)

    def right(self, ask: Ask, when: str, usual: dict) -> bool:
        answer = self.send(ask, self.target(ask, usual), ask.body)
        if self.id in NEVER:
            status, code, _ = NEVER[self.id]
            self.tally.use(("never", self.id))
            if (answer.status, code_of(answer)) != (status, code):
                self.problems.append(f"{self.id} is answered {answer.status} {code_of(answer)}, and wrong/reasons.py says {status} {code}")
            return False
        if not self.succeeds(answer):
            self.problems.append(f"{self.id}: the right request {when} is answered {answer.status} {shown(answer)}")
            return False
        return True

    # ---- wrong ones -------------------------------------------------------------------------------------------------

    def wrong_paths(self, ask: Ask, usual: dict):
        for parameter in self.about["parameters"]:
            if parameter["in"] == "path":
                name, schema = parameter["name"], parameter["schema"]
                parsed = schema.get("format") or "enum" in schema or name in PARSED
                for value in (*((wrong_word(schema),) if parsed else ()), *NO_TEXT):
                    yield f"{{{name}}}", value, self.target(ask, usual, {name: value}), ("M_INVALID_PARAM",)

    def wrong_queries(self, ask: Ask, usual: dict):
        for parameter in self.query:
            name, schema = parameter["name"], parameter["schema"]
            if parameter["required"] and schema.get("type") != "object":
                yield f"?{name}", "(absent)", self.target(ask, usual, query={name: None}), ("M_MISSING_PARAM",)
            values = list(WRONG_WORDS.get(schema.get("type"), ()))
            if schema.get("type") == "string" and ("enum" in schema or schema.get("format") or name in PARSED | TOKENS):
                values.append(wrong_word(schema))
            for value in values:
                yield f"?{name}", value, self.target(ask, usual, query={name: value}), ("M_INVALID_PARAM",)
            if (self.id, name) in FILTERS:
                for shape, value, wrong, _ in self.wrong_values(self.filter_schema(name), FILTERS[self.id, name]):
                    if not shape:
                        continue  # what is no object is the id of a filter
                    given = quote(json.dumps(wrong), safe="")
                    yield f"?{name}.{shape}", value, self.target(ask, usual, query={name: given}), ("M_BAD_JSON",)

    def filter_schema(self, name: str) -> dict:
        schema = next(o for o in self.contract.specified if o["id"] == "defineFilter")["request"]["content"]["application/json"]
        if self.id == "sync":
            return schema
        for step in ("room", "timeline"):
            schema = next(part["properties"][step] for part in self.walker.parts(schema) if step in part.get("properties", {}))
        return schema

    def wrong_values(self, schema, body):
        """(shape, value, the body with it, codes) for each field and each type that it is not."""
        done = set()
        for field in self.walker.fields(schema, body):
            if (field.path, field.kinds) in done:
                continue
            done.add((field.path, field.kinds))
            for value in wrong_values(field):
                yield field.shape, value, with_value(body, field.path, value), ("M_BAD_JSON",)
            if field.required:
                yield field.shape, "(absent)", without(body, field.path), ("M_BAD_JSON", "M_MISSING_PARAM")

    def variants(self, ask: Ask, usual: dict):
        """(field, wrong value, target, body, codes)"""
        for field, value, target, codes in (*self.wrong_queries(ask, usual), *self.wrong_paths(ask, usual)):
            yield field, value, target, ask.body, codes
        if self.schema is not None and ask.body is not NO_BODY:
            for shape, value, body, codes in self.wrong_values(self.schema_for(ask), ask.body):
                yield shape, value, self.target(ask, usual), body, codes

    def schema_for(self, ask: Ask) -> dict:
        return {"allOf": [self.schema, ask.schema]} if ask.schema else self.schema

    def excuse(self, field: str, value) -> tuple | None:
        """The key of the list of reasons that is about this."""
        kind = value if value == "(absent)" or field.startswith(("?", "{")) and isinstance(value, str) else kind_of(value)
        return next((key for key in ((self.id, field, kind), ("*", field, kind)) if key in OTHERWISE), None)

    def judge(self, field: str, value, answer: Answer, codes: tuple) -> None:
        if self.id in NEVER:
            expected = [NEVER[self.id][:2], *((400, code) for code in codes)]
        elif key := self.excuse(field, value):
            expected = OTHERWISE[key][0]
            self.tally.use(("otherwise", *key))
        else:
            expected = [(400, code) for code in codes]
        found = (answer.status, code_of(answer))
        if found not in expected:
            self.problems.append(f"{self.id}: {field or 'the body'} = {json.dumps(value)} is answered {answer.status} {shown(answer)}")

    def unmet(self, asks: list[Ask]) -> set[str]:
        if self.schema is None:
            return set()
        met = {field.shape for ask in asks if ask.body is not NO_BODY for field in self.walker.fields(self.schema, ask.body)}
        return set(self.walker.shapes(self.schema)) - met

    def excused(self, ask: Ask, field: str, value: str) -> None:
        for other, wrong, target, body, codes in self.variants(ask, self.usual(ask)):
            if (other, json.dumps(wrong)) == (field, value):
                return self.judge(field, wrong, self.send(ask, target, body), codes)

    # ---- all of it --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        asks = []
        for make in self.makers():
            first = make(self.world)
            self.right(first, "at first", self.usual(first))
            ask = make(self.world)
            usual = self.usual(ask)
            asks.append(ask)
            if self.schema is not None and ask.body is not NO_BODY:
                self.problems += [f"{self.id}: the right request is not right: {problem}" for problem in
                                  self.contract.schemas.problems(ask.body, self.schema_for(ask))]
            excused = set()
            for field, value, target, body, codes in self.variants(ask, usual):
                if self.excuse(field, value):
                    excused.add((field, json.dumps(value)))
                else:
                    self.judge(field, value, self.send(ask, target, body), codes)
            self.right(ask, "after all wrong ones", usual)
            for one in sorted(excused):  # they may succeed, and use up what they are about
                self.excused(make(self.world), *one)
        if unmet := self.unmet(asks):
            self.problems.append(f"{self.id}: no request has {', '.join(sorted(unmet))}")
        self.tally.count(self.sent)
        if self.problems:
            raise Unfit(f"{len(self.problems)} of {self.sent}: " + "\n      ".join(self.problems[:400]))


def wrong_word(schema: dict) -> str:
    return "wrong%20name" if schema.get("format") == "mx-server-name" else "wrong"


def kind_of(value) -> str:
    return {type(None): "null", bool: "boolean", str: "string", list: "array", dict: "object", float: "float"}.get(
        type(value), "integer" if isinstance(value, int) and abs(value) < 2**53 else "beyond")


def code_of(answer: Answer) -> str:
    try:
        value = answer.json()
    except ValueError:
        return ""
    return value.get("errcode", "") if isinstance(value, dict) else ""


def shown(answer: Answer) -> str:
    return answer.body[:120].decode("utf-8", "replace")


def takes_something(description: dict) -> bool:
    """Whether there is anything in a request that can be of a wrong type."""
    return description["id"] in MORE_SCHEMAS or bool(description.get("request", {}).get("content")) or any(p["in"] in ("path", "query") for p in description["parameters"])


def descriptions(contract: Contract) -> list[dict]:
    invite = next(operation for operation in contract.operations if operation["id"] == "inviteBy3PID")
    return [operation for operation in [*contract.operations, invite | {"id": "inviteUser"}] if takes_something(operation)]


def unneeded(tally: Tally, known: set[str]) -> list[str]:
    """Entries of the lists that nothing needed, and requests of operations that do not exist."""
    entries = {("never", key) for key in NEVER} | {("otherwise", *key) for key in OTHERWISE}
    return [f"wrong/reasons.py has an entry that is not needed: {entry}" for entry in sorted(entries - tally.used)] + [
        f"a request of an operation that does not exist: {name}" for name in sorted(set(TABLE) - known)]


def run_one(operation: Operation) -> str | None:
    """What was wrong, if anything was; the server answers, and nothing that was there is gone."""
    try:
        operation.run()
        if not operation.world.answers():
            return "the server does not answer afterwards"
        return None
    except (Unfit, Unready) as error:
        return str(error)
    except Exception as error:
        operation.world.client.drop()
        return f"{type(error).__name__}: {error}"


def run(binary: Path, contract: Contract, jobs: int = 2) -> tuple[int, list[str]]:
    """(operations that are right, one line per failure)"""
    passed, notes, tally = 0, [], Tally()
    world = World(binary)
    try:
        world.set_up()
        before = world.remembered()
        operations = [Operation(description, contract, world, tally) for description in descriptions(contract)]
        with ThreadPoolExecutor(jobs) as pool:
            for operation, problem in zip(operations, pool.map(run_one, operations)):
                passed += problem is None
                print(f"  {'FAIL' if problem else 'ok  '}  wrong types: {operation.id}{': ' + problem if problem else ''}", flush=True)
                if problem:
                    notes.append(f"wrong types: {operation.id}: {problem.splitlines()[0][:300]}")
        after = world.remembered() if world.server.alive() else {}
        notes += [f"wrong types: of what was there before, {name} is not what it was" for name in before if after.get(name) != before[name]]
        notes += [f"wrong types: {entry}" for entry in unneeded(tally, {operation.id for operation in operations})]
        world.server.stop()
        print(f"  wrong types: {len(operations)} operations, {tally.sent} requests", flush=True)
    finally:
        world.close()
    return passed, notes
