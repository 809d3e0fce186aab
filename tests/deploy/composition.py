"""The compose file as Compose reads it: variables filled in, anchors merged, each service as plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "compose"
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+):-(?P<default>[^}]*)\})")


def compose_text() -> str:
    return (FOLDER / "compose.yaml").read_text("utf-8")


def variables(text: str) -> dict[str, set[str]]:
    """The variables that `text` takes from the environment, each with the defaults given for it."""
    found: dict[str, set[str]] = {}
    for match in _VARIABLE.finditer(text):
        if match["name"]:
            found.setdefault(match["name"], set()).add(match["default"])
    return found


def loaded(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file with `environment` filled in."""
    given = environment or {}

    def filled(match: re.Match[str]) -> str:
        return (given.get(match["name"]) or match["default"]) if match["name"] else "$"

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            rest = _VARIABLE.sub("", value)
            assert "$" not in rest, f"a variable of a form that is not read here: {value}"
            return _VARIABLE.sub(filled, value)
        if isinstance(value, dict):
            return {key: walk(one) for key, one in value.items()}
        return [walk(one) for one in value] if isinstance(value, list) else value

    document: dict[str, Any] = walk(yaml.safe_load(compose_text()))
    return document


def services() -> dict[str, dict[str, Any]]:
    """Every service by name, with the defaults filled in."""
    found: dict[str, dict[str, Any]] = loaded()["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: one for name, one in services().items() if "build" in one}


def environment_of(service: Mapping[str, Any]) -> dict[str, str]:
    """What a process of `service` finds in its environment."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def secrets_of(service: Mapping[str, Any]) -> dict[str, str]:
    """The secrets of `service`, by name, each with the path it is mounted at."""
    found = {}
    for one in service.get("secrets", []):
        name = one if isinstance(one, str) else one["source"]
        target = name if isinstance(one, str) else one.get("target", name)
        found[name] = target if target.startswith("/") else f"/run/secrets/{target}"
    return found


def dotenv(text: str) -> dict[str, str]:
    """The variables of a `.env` file."""
    lines = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}
