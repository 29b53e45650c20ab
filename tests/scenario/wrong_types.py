"""Wrong types in every field of every request, made from the specification's schemas.

For each operation: a request that is right as far as its schema says, then the same with one field of another type: of the
body, at any depth; of the query; of the path. Each must be answered 4xx with an errcode. Text that may be anything is sent
as what is no text, which a path never may be.
"""
import copy
import json
from urllib.parse import quote

from contract import Contract
from httpc import Answer

# Values that are right by their name, where the schema's type says too little for the request to get that far.
NAMED = {
    "userId": "{bob}", "user_id": "{bob}", "roomId": "{room}", "room_id": "{room}", "roomIdOrAlias": "{room}",
    "eventId": "{event}", "event_id": "{event}", "eventType": "m.room.message", "type": "m.login.password",
    "deviceId": "{device}", "device_id": "{device}", "roomAlias": "#none:localhost", "serverName": "localhost",
    "mediaId": "none", "txnId": "{unique}", "filterId": "0", "receiptType": "m.read", "keyName": "displayname",
    "tag": "u.work", "version": "1", "room_version": "11", "relType": "m.annotation", "session_id": "s1",
    "sessionId": "s1", "scope": "global", "kind": "override", "ruleId": "x", "algorithm":
    "m.megolm_backup.v1.curve25519-aes-sha2", "stateKey": "", "membership": "join", "dir": "b",
}
# Fields whose content is free by the prose, although the schema names parts of it.
FREE = {
    # Content of events, account data and to-device messages is what the sender says it is.
    "setRoomStateWithKey", "sendMessage", "setAccountData", "setAccountDataPerRoom", "sendToDevice",
}
# Fields that the server does not read, so that their type cannot matter; each with the reason.
UNREAD = {
    ("*", "auth.type"): "user-interactive authentication answers 401 with its flows",
}
# What is no UTF-8, and a NUL.
NO_TEXT = ("%FF", "%C0%80", "%00")
# Parameters that are identifiers although their schema says only "string"; and words that are one of a few.
IDENTIFIERS = {"userId", "user_id", "roomId", "eventId", "roomAlias", "kind", "receiptType", "room_id"}
# Identifiers that are looked up and not parsed: of any form, and unknown then.
LOOKED_UP = {"getPushRule", "deletePushRule"}
WRONG = {
    "string": [1, True, [], {}], "integer": ["x", 1.5, [], {}], "number": ["x", [], {}], "boolean": ["true", 1, {}],
    "array": ["x", {}, 1], "object": ["x", [], 1],
}


class Sampler:
    def __init__(self, contract: Contract, names: dict):
        self.definitions = contract.schemas.definitions
        self.names = names
        self.count = 0

    def flat(self, schema: dict) -> dict:
        """The schema with references followed and allOf merged."""
        if schema is True:
            return {}
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"]]
        out = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema.get("allOf", ()):
            part = self.flat(part)
            out = part | out | {"properties": part.get("properties", {}) | out.get("properties", {}),
                                "required": [*part.get("required", ()), *out.get("required", ())]}
        for key in ("oneOf", "anyOf"):
            if key in out:
                first = self.flat(out.pop(key)[0])
                out = first | out | {"properties": first.get("properties", {}) | out.get("properties", {})}
        return out

    def named(self, name: str) -> str | None:
        if name not in NAMED:
            return None
        self.count += 1
        return NAMED[name].format(**self.names, unique=f"w{self.count}")

    def sample(self, schema, name: str = "", depth: int = 0):
        schema = self.flat(schema)
        kind = kind_of(schema)
        if "enum" in schema:
            return schema["enum"][0]
        if kind == "string":
            return self.named(name) or {"mx-user-id": self.names["bob"], "mx-room-id": self.names["room"],
                                        "mx-event-id": self.names["event"], "mx-mxc-uri": "mxc://localhost/none"
                                        }.get(schema.get("format"), "text")
        if kind == "array":
            return [self.sample(schema.get("items", {}), name, depth + 1)] if depth < 6 else []
        if kind == "object":
            if depth > 6:
                return {}
            out = {key: self.sample(part, key, depth + 1) for key, part in schema.get("properties", {}).items()}
            extra = schema.get("additionalProperties")
            if isinstance(extra, dict) and not out:
                out["key"] = self.sample(extra, "", depth + 1)
            return out
        return {"integer": 1, "number": 1, "boolean": False}.get(kind, "text")

    def places(self, schema, path=(), depth: int = 0):
        """(path to a field, its type) for every field that has one."""
        schema = self.flat(schema)
        kind = kind_of(schema)
        if kind and isinstance(schema.get("type"), str):
            yield path, kind
        if depth > 6:
            return
        if kind == "object":
            for key, part in schema.get("properties", {}).items():
                yield from self.places(part, (*path, key), depth + 1)
            extra = schema.get("additionalProperties")
            if isinstance(extra, dict) and not schema.get("properties"):
                yield from self.places(extra, (*path, "key"), depth + 1)
        elif kind == "array":
            yield from self.places(schema.get("items", {}), (*path, 0), depth + 1)


def kind_of(schema: dict) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), None)
    return kind or ("object" if "properties" in schema else None)


def with_value(body, path, value):
    if not path:
        return value
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


def reach(body, path) -> bool:
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


class WrongTypes:
    """send(method, target, body bytes or None) -> Answer."""

    def __init__(self, contract: Contract, names: dict, send):
        self.contract, self.names, self.send = contract, names, send
        self.sampler = Sampler(contract, names)

    def target(self, operation: dict, given: dict | None = None) -> str:
        """`given`: values of captures, percent-encoded already."""
        path = operation["path"]
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                name = parameter["name"]
                if name in (given or {}):
                    path = path.replace("{%s}" % name, given[name])
                    continue
                value = self.names["me"] if name == "userId" else self.sampler.named(name) or "x"
                path = path.replace("{%s}" % name, quote(value, safe=""))
        return path

    def is_built(self, operation: dict) -> bool:
        # No endpoint takes an array, so that asking changes nothing.
        body = b"[]" if operation["method"] in ("POST", "PUT") else None
        try:
            value = self.send(operation["method"], self.target(operation), body).json()
        except ValueError:
            return True
        return not isinstance(value, dict) or value.get("errcode") != "M_UNRECOGNIZED"

    @staticmethod
    def takes_something(operation: dict) -> bool:
        """Whether there is anything in a request that can be of a wrong type."""
        return bool(operation.get("request", {}).get("content")) or any(p["in"] in ("path", "query") for p in operation["parameters"])

    def in_path(self, operation: dict, base):
        for parameter in operation["parameters"]:
            if parameter["in"] != "path":
                continue
            name, schema = parameter["name"], self.sampler.flat(parameter["schema"])
            strict = schema.get("format") or "enum" in schema or name in IDENTIFIERS
            for value in (*(("wrong",) if strict else ()), *NO_TEXT):
                yield f"{{{name}}}", value, self.target(operation, {name: value}) + self.needed(operation), base

    def needed(self, operation: dict, but: str = "") -> str:
        """The query parameters that have to be there."""
        given = [f"{p['name']}={quote(str(self.sampler.sample(p['schema'], p['name'])), safe='')}"
                 for p in operation["parameters"] if p["in"] == "query" and p["required"] and p["name"] != but]
        return "?" + "&".join(given) if given else ""

    def in_query(self, operation: dict, base):
        for parameter in operation["parameters"]:
            if parameter["in"] != "query":
                continue
            name, schema = parameter["name"], self.sampler.flat(parameter["schema"])
            kind, others = kind_of(schema), self.needed(operation, name)
            if parameter["required"] and kind != "object":
                yield f"?{name}", "(absent)", self.target(operation) + others, base
            strict = kind in ("integer", "boolean") or "enum" in schema or schema.get("format") or name in IDENTIFIERS
            for value in ("wrong",) if strict else ("%FF",) if kind == "string" else ():
                yield f"?{name}", value, f"{self.target(operation)}{others or '?'}{'&' if others else ''}{name}={value}", base

    def variants(self, operation: dict):
        """(name of the field, wrong value, target, body)"""
        content = operation.get("request", {}).get("content", {})
        schema = content.get("application/json")
        base = self.sampler.sample(schema) if schema else None
        yield from self.in_query(operation, base)
        yield from self.in_path(operation, base)
        if schema is None:
            return
        for path, kind in self.sampler.places(schema):
            if operation["id"] in FREE and path or not reach(base, path):
                continue
            for value in WRONG[kind]:
                yield ".".join(map(str, path)), value, self.target(operation), with_value(base, path, value)

    def check(self, operation: dict) -> tuple[int, list[str]]:
        """(requests sent, what was wrong with their answers)."""
        sent, problems = 0, []
        for field, value, target, body in self.variants(operation):
            if ("*", field) in UNREAD or (operation["id"], field) in UNREAD:
                continue
            answer = self.send(operation["method"], target, None if body is None else json.dumps(body).encode())
            sent += 1
            if not 400 <= answer.status < 500:
                problems.append(f"{operation['id']}: {field or 'the body'} = {json.dumps(value)} is answered "
                                f"{answer.status} {shown(answer)}")
            else:
                problems += [f"{operation['id']}: {field} = {json.dumps(value)}: {problem}" for problem in
                             self.contract.check(operation["method"], target.split("?")[0], answer.status,
                                                 answer.content_type, answer.body)]
        return sent, problems


def shown(answer: Answer) -> str:
    return answer.body[:120].decode("utf-8", "replace")
