"""The published JSON Schemas: of each type in `schemas.codec.SCHEMAS`, made from it and its docs, and of watchlists."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pipelines.matching.json_schema import json_schema
from schemas.codec import SCHEMAS
from schemas.ingest import PushedItem
from tools.field_docs import field_docs

FOLDER = "schemas/json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[str, str]:
    """Text by path, one file for each kind, and that of watchlists."""
    kinds = {f"{FOLDER}/{name}.json": _text(schema(kind)) for kind, (name, _) in SCHEMAS.items()}
    return kinds | {f"{FOLDER}/ingest.json": _text(pushed()), f"{FOLDER}/watchlist.json": _text(json_schema())}


def pushed() -> dict[str, Any]:
    """The JSON Schema of a line of `wirewatch ingest`, with what it needs."""
    tree = schema(PushedItem, ("ingest", 1))
    texts = {"title", "summary", "body"}
    wanted = ({"url", "native_id"}, texts)
    needs = [{"anyOf": [{"required": [key]} for key in tree["properties"] if key in keys]} for keys in wanted]
    return {**tree, "allOf": needs}


def schema(kind: type[Any], named: tuple[str, int] | None = None) -> dict[str, Any]:
    """The JSON Schema of `kind`: its fields at the top, the types it is made of under `$defs`."""
    _, parts = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    for part in _parts(kind):
        properties = parts[part.__name__]["properties"]
        for field, text in field_docs(part).items():
            properties[field]["description"] = text
    name, version = named or SCHEMAS[kind]
    tree = {"$schema": _DIALECT, "$id": f"wirewatch/{name}/{version}", **parts.pop(kind.__name__)}
    if parts:
        tree["$defs"] = dict(sorted(parts.items()))
    return tree


def _parts(kind: type[Any]) -> set[type[Any]]:
    """`kind` and every struct inside it."""
    found: set[type[Any]] = set()

    def visit(node: object) -> None:
        if isinstance(node, msgspec.inspect.StructType):
            found.add(node.cls)
        if isinstance(node, msgspec.inspect.Type | msgspec.inspect.Field):
            for name in node.__struct_fields__:
                visit(getattr(node, name))
        elif isinstance(node, tuple):
            for part in node:
                visit(part)

    visit(msgspec.inspect.type_info(kind))
    return found


def _text(tree: dict[str, Any]) -> str:
    return json.dumps(tree, ensure_ascii=False, indent=2) + "\n"
