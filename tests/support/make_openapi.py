#!/usr/bin/env python3
"""Makes tests/support/openapi.json from the OpenAPI files of the Matrix specification.

    tests/support/make_openapi.py FOLDER      # the specification's data/ folder; needs PyYAML

The result is one compact file: every operation of the client-server API with its parameters, request schema and response
schemas, prose and examples left out, references to other files turned into numbered definitions.
"""
import json
import sys
from pathlib import Path
from urllib.parse import urldefrag

import yaml

KEPT = {"type", "format", "pattern", "enum", "const", "required", "minimum", "maximum", "minLength", "maxLength",
        "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "x-pattern-format"}
OUTPUT = Path(__file__).resolve().parent / "openapi.json"


class Maker:
    def __init__(self, folder: Path):
        self.folder = folder
        self.files: dict[Path, object] = {}
        self.numbers: dict[tuple[Path, str], str] = {}
        self.definitions: dict[str, object] = {}

    def load(self, path: Path):
        if path not in self.files:
            self.files[path] = yaml.safe_load(path.read_text())
        return self.files[path]

    def resolve(self, reference: str, base: Path):
        """The node that a reference names, and the file and place it is in."""
        name, fragment = urldefrag(reference)
        path = (base.parent / name).resolve() if name else base
        node = self.load(path)
        for part in [p for p in fragment.split("/") if p]:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node, path, fragment

    def follow(self, node, base: Path):
        while isinstance(node, dict) and "$ref" in node:
            node, base, _ = self.resolve(node["$ref"], base)
        return node, base

    def schema(self, node, base: Path):
        if isinstance(node, bool):
            return node
        if "$ref" in node:
            target, path, fragment = self.resolve(node["$ref"], base)
            key = (path, fragment)
            if key not in self.numbers:
                self.numbers[key] = number = str(len(self.numbers))
                self.definitions[number] = self.schema(target, path)
            reference = {"$ref": self.numbers[key]}
            beside = {k: v for k, v in node.items() if k != "$ref"}
            rest = self.schema(beside, base) if beside else {}
            return {"allOf": [reference, rest]} if rest else reference
        out = {key: value for key, value in node.items() if key in KEPT}
        for key in ("properties", "patternProperties"):
            if key in node:
                out[key] = {name: self.schema(value, base) for name, value in node[key].items()}
        for key in ("items", "additionalProperties", "not"):
            if key in node:
                out[key] = self.schema(node[key], base)
        for key in ("allOf", "oneOf", "anyOf"):
            if key in node:
                out[key] = [self.schema(part, base) for part in node[key]]
        return out

    def body(self, node, base: Path):
        """{content type: schema} of a request or response."""
        content = {}
        for kind, media in (node.get("content") or {}).items():
            content[kind] = self.schema(media.get("schema", {}), base)
        return content

    def operation(self, path: str, method: str, node: dict, base: Path):
        parameters = []
        for parameter in node.get("parameters", []):
            parameter, at = self.follow(parameter, base)
            parameters.append({"name": parameter["name"], "in": parameter["in"],
                               "required": parameter.get("required", False),
                               "schema": self.schema(parameter.get("schema", {}), at)})
        responses = {}
        for status, response in node.get("responses", {}).items():
            response, at = self.follow(response, base)
            responses[str(status)] = self.body(response, at)
        out = {"id": node["operationId"], "method": method.upper(), "path": path, "parameters": parameters,
               "responses": responses, "auth": [name for entry in node.get("security", []) for name in entry] or None,
               "deprecated": node.get("deprecated", False)}
        if "requestBody" in node:
            request, at = self.follow(node["requestBody"], base)
            out["request"] = {"required": request.get("required", False), "content": self.body(request, at)}
        return out

    def make(self):
        operations = []
        for file in sorted((self.folder / "api/client-server").glob("*.yaml")):
            document = self.load(file.resolve())
            prefix = document["servers"][0]["variables"]["basePath"]["default"].rstrip("/")
            for path, methods in document["paths"].items():
                if path != path.strip():  # a second description of a route that is there already
                    continue
                for method, node in methods.items():
                    if method in ("get", "put", "post", "delete"):
                        operations.append(self.operation(prefix + path, method, node, file.resolve()))
        return {"operations": operations, "definitions": self.definitions}


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    made = Maker(Path(sys.argv[1])).make()
    OUTPUT.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{len(made['operations'])} operations, {len(made['definitions'])} definitions, "
          f"{OUTPUT.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
