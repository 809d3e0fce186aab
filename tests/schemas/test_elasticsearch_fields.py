"""The mappings say exactly what the JSON Schemas say, and a few derived fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.elasticsearch.fields import DERIVED, SCHEMA, TIME, UNSTORED, Kind, fields, mapping
from schemas.elasticsearch.languages import analyzers, group_of
from schemas.elasticsearch.templates import KINDS, IndexTerms, index_template, settings

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "json"
ANY = frozenset({"headers", "observations", "contents"})
"""Parts that are only read, as a whole."""
FORMS = {
    "string": {"keyword", "text", "binary", "date"},
    "integer": {"long", "integer"},
    "number": {"float"},
    "boolean": {"boolean"},
}


def schema(kind: Kind) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{SCHEMA[kind]}.json").read_text("utf-8"))
    return loaded


def plain(one: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """A property without what wraps its type: lists, null, references."""
    while True:
        if "$ref" in one:
            one = root["$defs"][one["$ref"].rpartition("/")[2]]
        elif "anyOf" in one:
            one = next(part for part in one["anyOf"] if part.get("type") != "null")
        elif one.get("type") == "array":
            one = one["items"]
        else:
            return one


def differences(said: dict[str, Any], mapped: dict[str, Any], root: dict[str, Any], path: str) -> list[str]:
    wrong = [f"{path}{name}" for name in said.keys() ^ mapped.keys()]
    for name in said.keys() & mapped.keys():
        one, field = plain(said[name], root), mapped[name]
        if name in ANY:
            assert field == {"type": "object", "enabled": False}
        elif "properties" in one:
            assert field["dynamic"] == "strict"
            wrong += differences(one["properties"], field["properties"], root, f"{path}{name}.")
        else:
            form = one.get("type", "string")
            if field["type"] not in FORMS[form] or (one.get("format") == "date-time") != (field["type"] == "date"):
                wrong.append(f"{path}{name} is {field['type']} for {one}")
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_its_field_and_every_field_its_key(kind: Kind) -> None:
    root = schema(kind)
    mapped = {name: field for name, field in fields(kind).items() if name not in DERIVED[kind]}
    assert DERIVED[kind] <= fields(kind).keys()
    assert not DERIVED[kind] & root["properties"].keys()
    assert differences(root["properties"], mapped, root, "") == []
    assert root["properties"][TIME[kind]]["format"] == "date-time"
    assert mapping(kind)["dynamic"] == "strict"
    assert set(UNSTORED.get(kind, ())) <= DERIVED[kind]


def leaves(properties: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, field in properties.items():
        if "properties" in field:
            found += leaves(field["properties"], f"{path}{name}.")
        else:
            found.append((f"{path}{name}", field))
            found += [(f"{path}{name}.{inner}", one) for inner, one in field.get("fields", {}).items()]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_of_a_feed_can_be_too_long(kind: Kind) -> None:
    """A keyword over 32,766 bytes would make the server refuse the document."""
    ours = {f"{name}_id" for name in ("article", "version", "hit", "story")} | {
        *("alert_key", "content_hash", "raw_hash", "id", "articles", "hits")
    }
    for name, field in leaves(fields(kind)):
        if field["type"] == "keyword" and field.get("index", True) and name not in ours:
            assert 0 < field["ignore_above"] * 4 <= 32_766, name


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("articles", "language macro source.name source.country feed_url"),
        ("hits", "watchlist query language source country severity feed_url story_id title.keyword"),
        ("alerts", "watchlist severity state recipient story_id"),
        ("deadletters", "status stage topic"),
        ("fetches", "feed_url status"),
    ],
)
def test_what_panels_count_can_be_counted(kind: Kind, names: str) -> None:
    by_name = dict(leaves(fields(kind)))
    for name in names.split():
        assert by_name[name]["type"] == "keyword", name
        assert by_name[name].get("doc_values", True), name


def test_only_articles_and_versions_have_several_shards() -> None:
    terms = IndexTerms(shards=5, replicas=2)
    shards = {kind: settings(kind, terms)["number_of_shards"] for kind in KINDS}
    assert shards == {
        "articles": "5",
        "versions": "5",
        "hits": "1",
        "alerts": "1",
        "deadletters": "1",
        "fetches": "1",
    }
    assert index_template("w", "hits", terms)["index_patterns"] == ["w-hits-*"]


@pytest.mark.parametrize(
    ("language", "group"),
    [
        *(("sr-Latn", "serbian"), ("sr-Cyrl", "serbian"), ("hr", "serbian"), ("bs", "serbian"), ("cnr", "serbian")),
        *(("sh-Latn", "serbian"), ("sq", "albanian"), ("ru", "russian"), ("en", "english"), ("de", "german")),
        *(("fr", "french"), ("nb", "norwegian"), ("zh-Hant", "cjk"), ("mk", None), ("uk", None), ("und", None)),
    ],
)
def test_stems_go_by_the_group_of_the_language(language: str, group: str | None) -> None:
    assert group_of(language) == group
    assert group is None or group in analyzers()
