"""Writes configuration files of peyk for tests, from a dictionary of sections."""
import json
from pathlib import Path

# What suites look at and peyk hides by default; see docs/guide/configuration.md.
TEST_DEFAULTS = {
    "outside_tests": {"enabled": True},
    "privacy": {"profile": "open"},
    "registration": {"mode": "open", "shared_secret": "complement"},
    "logging": {"level": "warning"},
}


def toml_value(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml_value(v)}" for k, v in value.items()) + "}"
    return json.dumps(str(value), ensure_ascii=True)


def toml(sections: dict, listeners: list[dict]) -> str:
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {toml_value(value)}" for name, value in keys.items()]
    for listener in listeners:
        lines.append("[[listener]]")
        lines += [f"{name} = {toml_value(value)}" for name, value in listener.items()]
    return "\n".join(lines) + "\n"


def merged(*layers: dict) -> dict:
    """Sections of all layers, later ones over earlier ones."""
    out: dict = {}
    for layer in layers:
        for section, keys in layer.items():
            out.setdefault(section, {}).update(keys)
    return out


def dotted(options: dict) -> dict:
    """{"registration.mode": "open"} as {"registration": {"mode": "open"}}."""
    out: dict = {}
    for name, value in options.items():
        section, _, key = name.partition(".")
        out.setdefault(section, {})[key] = value
    return out


def write(path: Path, sections: dict, listeners: list[dict]) -> None:
    path.write_text(toml(sections, listeners))
