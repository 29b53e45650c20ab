"""Every field of a schema, met in a body that is right, and the values of each other type that it may not take.

A body is walked along its schema: entries of maps, items of lists and all alternatives that a value fits are entered. What the
schema has and no body of an operation held is reported, so that no field is left out unseen.
"""
import copy
from dataclasses import dataclass

from contract import Schemas

BEYOND = 2**53  # canonical JSON ends one below
VALUES = {
    "null": [None], "string": ["x"], "integer": [1], "float": [1.5], "beyond": [BEYOND, -BEYOND], "boolean": [True],
    "array": [[]], "object": [{}],
}
FITS = {
    "null": {"null"}, "string": {"string"}, "integer": {"integer"}, "number": {"integer", "float", "beyond"},
    "boolean": {"boolean"}, "array": {"array"}, "object": {"object"},
}
DEEPEST = 14


@dataclass(frozen=True)
class Field:
    path: tuple          # steps to it in the body
    shape: str           # the same for all entries of one map and all items of one list: "rooms.*.sessions"
    kinds: frozenset     # the types it may have
    required: bool = False


class Walker:
    def __init__(self, schemas: Schemas):
        self.schemas = schemas

    def parts(self, schema) -> list[dict]:
        """The schema as a list of those that all hold: references followed, allOf opened."""
        if schema is True or not schema:
            return []
        if "$ref" in schema:
            return self.parts(self.schemas.definitions[schema["$ref"]])
        own = {key: value for key, value in schema.items() if key != "allOf"}
        out = [own] if own else []
        for part in schema.get("allOf", ()):
            out += self.parts(part)
        return out

    def alternatives(self, schema) -> list[list[dict]]:
        """Each way to take the schema: one branch of every oneOf and anyOf."""
        ways = [[]]
        for part in self.parts(schema):
            plain = {key: value for key, value in part.items() if key not in ("oneOf", "anyOf")}
            ways = [[*way, plain] for way in ways] if plain else ways
            for key in ("oneOf", "anyOf"):
                if key in part:
                    ways = [way + more for way in ways for branch in part[key] for more in self.alternatives(branch)]
        return ways

    @staticmethod
    def kinds_of(way: list[dict]) -> set | None:
        """The types that one way allows; None: any."""
        out = None
        for part in way:
            kinds = part.get("type") or ("object" if "properties" in part else None)
            if kinds is not None:
                kinds = set(kinds) if isinstance(kinds, list) else {kinds}
                out = kinds if out is None else out & kinds
        return out

    def kinds(self, schema) -> set | None:
        ways = [self.kinds_of(way) for way in self.alternatives(schema)]
        return None if None in ways else set().union(*ways)

    def fields(self, schema, value, path=(), shape="", required=False):
        """Fields of the value, itself first. A member that the schema has and the value has not is one too: it can be put there."""
        kinds = self.kinds(schema)
        if kinds is not None:
            yield Field(path, shape, frozenset(kinds), required)
        if len(path) > DEEPEST:
            return
        for way in self.alternatives(schema):
            if self.schemas.problems(value, {"allOf": way}):
                continue  # the value is of another alternative
            yield from self.members(way, value, path, shape)

    def members(self, way: list[dict], value, path, shape):
        dot = f"{shape}." if shape else ""
        needed = {name for part in way for name in part.get("required", ())}
        for part in way:
            if isinstance(value, dict):
                for name, schema in part.get("properties", {}).items():
                    if name in value:
                        yield from self.fields(schema, value[name], (*path, name), dot + name, name in needed)
                    else:
                        yield from self.absent(schema, (*path, name), dot + name)
                named = part.get("properties", {})
                for schema in [*part.get("patternProperties", {}).values(), part.get("additionalProperties")]:
                    for name in value:
                        if isinstance(schema, dict) and name not in named:
                            yield from self.fields(schema, value[name], (*path, name), dot + "*")
            elif isinstance(value, list) and "items" in part:
                for index, item in enumerate(value):
                    yield from self.fields(part["items"], item, (*path, index), dot + "*")

    def absent(self, schema, path, shape):
        kinds = self.kinds(schema)
        if kinds is not None:
            yield Field(path, shape, frozenset(kinds))

    def shapes(self, schema, shape="", seen=()):
        """Every field that the schema has, as shapes: what the bodies together have to meet."""
        if self.kinds(schema) is not None:
            yield shape
        if len(seen) > DEEPEST:
            return
        dot = f"{shape}." if shape else ""
        for way in self.alternatives(schema):
            for part in way:
                for name, inner in part.get("properties", {}).items():
                    yield from self.shapes(inner, dot + name, (*seen, name))
                for inner in [*part.get("patternProperties", {}).values(), part.get("additionalProperties"), part.get("items")]:
                    if isinstance(inner, dict):
                        yield from self.shapes(inner, dot + "*", (*seen, "*"))


def wrong_values(field: Field) -> list:
    fitting = set().union(*(FITS[kind] for kind in field.kinds))
    values = [value for kind, some in VALUES.items() if kind not in fitting for value in some]
    if "integer" not in field.kinds:  # beyond the range is a matter of integers
        values = [value for value in values if value not in (BEYOND, -BEYOND) or isinstance(value, bool)]
    if field.kinds == {"boolean"}:
        values += ["true", 0]
    return values


def with_value(body, path, value):
    if not path:
        return value
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


def without(body, path):
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return body


def prove() -> None:
    """Every kind of schema is walked, and every wrong type tried: what is not tried would not be missed by any other test."""
    text = {"type": "string"}
    schema = {"type": "object", "required": ["a"], "properties": {
        "a": {"type": ["string", "null"]}, "list": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "map": {"type": "object", "properties": {"known": text}, "additionalProperties": {"type": "boolean"}},
        "either": {"type": "object", "patternProperties": {"^@": {"oneOf": [text, {"type": "object", "properties": {"key": text}}]}}},
        "absent": {"type": "number"}}}
    body = {"a": "x", "list": [[1]], "map": {"known": "x", "other": True}, "either": {"@a": "x", "@b": {"key": "x"}}}
    walker = Walker(Schemas({}))
    tried = {}
    for field in walker.fields(schema, body):
        tried.setdefault(field.shape, []).extend(wrong_values(field))
    wanted = {
        "a": [1, 1.5, True, [], {}], "list": [None, "x", 1, 1.5, True, {}], "list.*": [None, "x", 1, 1.5, True, {}],
        "list.*.*": [None, "x", 1.5, BEYOND, -BEYOND, True, [], {}], "map.known": [None, 1, 1.5, True, [], {}],
        "map.*": [None, "x", 1, 1.5, [], {}, "true", 0], "either.*": [None, 1, 1.5, True, []] * 2,
        "either.*.key": [None, 1, 1.5, True, [], {}], "absent": [None, "x", True, [], {}]}
    wrong = [f"{shape}: {tried.get(shape)}" for shape, values in wanted.items() if tried.get(shape) != values]
    if wrong or set(walker.shapes(schema)) != tried.keys():
        raise AssertionError(f"fields are not walked as they should be: {wrong} {set(walker.shapes(schema)) ^ tried.keys()}")
