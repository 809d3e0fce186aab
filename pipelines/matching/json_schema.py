"""The watchlist format as a JSON Schema, with which editors complete and check a list while it is written.

Its keys and choices are those of `format` and of the inflection rules. The loader knows more (whether a query parses,
an address is one, examples hold) and has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.matching import format as written
from pipelines.matching.inflection.rules import CLASSES, LANGUAGES
from schemas.query.lexemes import FIELDS

_Schema = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"
"""An older one than that of the other schemas: what editors of YAML know best."""
# 1244, 3.5 and true without quotes are texts to the loader, but numbers and a boolean to an editor.
_TEXT: _Schema = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
_TEXTS: _Schema = {"type": "array", "items": _TEXT}


def json_schema() -> _Schema:
    """The schema of one watchlist file."""
    version: _Schema = {"enum": [int(written.VERSION), written.VERSION]}
    lists: _Schema = {"type": "array", "items": {"$ref": "#/definitions/list"}}
    return {
        "$schema": _DIALECT,
        # No `$id`: editors look for the parts of a schema where its id says, not in the file they were given.
        "title": "Watchlists",
        "description": "A watchlist file of wirewatch: several lists under `lists`, or the keys of one list at the top.",
        "type": "object",
        "properties": {**_described(written.FILE_KEYS, {"version": version, "lists": lists}), **_list_keys()},
        "additionalProperties": False,
        "if": {"required": ["lists"]},
        "then": {"propertyNames": {"enum": list(written.FILE_KEYS)}},
        "else": _needed_of_a_list(),
        "definitions": {
            "list": {
                "type": "object",
                "properties": _list_keys(),
                "additionalProperties": False,
                **_needed_of_a_list(),
            },
            "concept": _object(written.CONCEPT_KEYS, _CONCEPT, required=["any"]),
            "forms": {"type": "array", "items": {"anyOf": [_TEXT, {"$ref": "#/definitions/stem"}]}},
            "stem": _stem(),
        },
    }


_CONCEPT: _Schema = {
    "any": {"allOf": [{"$ref": "#/definitions/forms"}, {"minItems": 1}]},
    "unless_in": {"$ref": "#/definitions/forms"},
    "case": {"enum": list(written.CASES)},
}


def _list_keys() -> _Schema:
    return _described(
        written.LIST_KEYS,
        {
            "id": {**_TEXT, "pattern": _pattern(written.ID)},
            "name": _TEXT,
            "severity": {"enum": list(written.SEVERITIES)},
            "recipients": {"type": "array", "items": {"type": "string", "pattern": _pattern(written.ADDRESS)}},
            "languages": _TEXTS,
            "sources": _TEXTS,
            "concepts": {
                "type": "object",
                "propertyNames": {"not": {"enum": [*sorted(written.RESERVED), *FIELDS]}},
                "additionalProperties": {"$ref": "#/definitions/concept"},
            },
            "query": _TEXT,
            "queries": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": _pattern(written.ID)},
                "additionalProperties": _TEXT,
            },
            "examples": _object(written.EXAMPLE_KEYS, {"match": _TEXTS, "no_match": _TEXTS}),
        },
    )


def _needed_of_a_list() -> _Schema:
    return {"required": ["id"], "oneOf": [{"required": ["query"]}, {"required": ["queries"]}]}


def _stem() -> _Schema:
    by_language: list[_Schema] = [
        {
            "if": {"properties": {"inflect": {"const": tag}}, "required": ["inflect"]},
            "then": {"properties": {"class": {"enum": list(language.classes)}}},
        }
        for tag, language in LANGUAGES.items()
    ]
    schemas: _Schema = {
        "stem": _TEXT,
        "inflect": {"enum": list(LANGUAGES)},
        "class": {"enum": list(CLASSES)},
        "fleeting": _TEXT,
    }
    return {**_object(written.INFLECT_KEYS, schemas, required=["stem", "inflect"]), "allOf": by_language}


def _object(keys: Mapping[str, str], schemas: _Schema, required: Sequence[str] = ()) -> _Schema:
    made: _Schema = {"type": "object", "properties": _described(keys, schemas), "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def _described(keys: Mapping[str, str], schemas: _Schema) -> _Schema:
    return {key: {"description": text, **schemas[key]} for key, text in keys.items()}


def _pattern(pattern: re.Pattern[str]) -> str:
    r"""The pattern as JSON Schema has it: from the beginning, and with `$` for `\Z`."""
    return f"^{pattern.pattern.removesuffix(chr(92) + 'Z')}$"
