"""The published schema of watchlist files against the loader: editors must not refuse what loads, or miss a key."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
import yaml

from connectors.interfaces import WatchlistFile
from pipelines.matching import format as written
from pipelines.matching.inflection.rules import LANGUAGES, InflectionError, inflected
from pipelines.matching.json_schema import json_schema
from pipelines.matching.load import load_watchlists
from schemas.errors import WatchlistError

FULL = """\
version: 1
lists:
  - id: kosovo-north
    name: Kosovo north
    severity: high
    recipients: [desk@example.org]
    languages: [sr, =hr]
    sources: [Some Outlet]
    concepts:
      kosovo:
        any: [Kosovo, 1244, true, {stem: Kosovc, inflect: sr, class: masculine, fleeting: Kosovac}]
        unless_in: ["Kosovo Polje"]
        case: initial-capital
      Косово: {any: [x]}
    queries: {main: kosovo AND x, near: kosovo NEAR/3 x}
    examples: {match: [x u Kosovu], no_match: [Kosovo Polje]}
"""


@pytest.fixture(scope="module")
def check() -> Any:
    return fastjsonschema.compile(json_schema())


def loads(text: str) -> bool:
    try:
        load_watchlists([WatchlistFile("a.yaml", text)])
    except WatchlistError:
        return False
    return True


def accepted(check: Any, text: str) -> bool:
    try:
        check(yaml.safe_load(text))
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def test_lists_that_load_are_accepted(check: Any) -> None:
    folder = Path(str(resources.files("examples").joinpath("watchlists")))
    texts = [file.read_text("utf-8") for file in folder.glob("*.yaml")]
    for text in (
        *texts,
        FULL.replace("x u Kosovu", "x Kosovac"),
        "id: a\nquery: x",
        "version: '1'\nid: a\nqueries: {b: x}",
    ):
        assert loads(text), text
        assert accepted(check, text), text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "just text",
            "id: a",
            "query: x",
            "id: A b\nquery: x",
            "id: a\nquery: x\nqueries: {b: y}",
            "id: a\nqueries: {}",
        ),
        *("version: 2\nid: a\nquery: x", "id: a\nqeury: x", "lists: {id: a}", "lists:\n- query: x"),
        *("lists: []\nid: a\nquery: x", "id: a\nquery: x\nseverity: urgent", "id: a\nquery: x\nlanguages: sr"),
        *("id: a\nquery: x\nrecipients: [Desk <d@e.org>]", "id: a\nquery: x\nconcepts: {c: [x]}"),
        *("id: a\nquery: x\nconcepts: {c: {any: []}}", "id: a\nquery: x\nconcepts: {c: {unless_in: [x]}}"),
        *("id: a\nquery: x\nconcepts: {c: {any: [x], case: upper}}", "id: a\nquery: x\nconcepts: {and: {any: [x]}}"),
        *(
            "id: a\nquery: x\nconcepts: {c: {any: [{stem: x}]}}",
            "id: a\nquery: x\nconcepts: {c: {any: [Kosovo: north]}}",
        ),
        "id: a\nquery: x\nconcepts: {c: {any: [{stem: Kosov, inflect: pl}]}}",
        "id: a\nquery: x\nconcepts: {c: {any: [{stem: Косов, inflect: ru, class: noun}]}}",
        "id: a\nquery: x\nexamples: {matches: [x]}",
        "id: a\nqueries: {A b: x}",
    ],
)
def test_what_is_refused_does_not_load_either(check: Any, text: str) -> None:
    assert not accepted(check, text)
    assert not loads(text)


def test_every_key_and_choice_of_the_loader_is_there(check: Any) -> None:
    schema = json_schema()
    parts = schema["definitions"]
    assert set(schema["properties"]) == {*written.FILE_KEYS, *written.LIST_KEYS}
    for keys, part in (
        (written.LIST_KEYS, parts["list"]),
        (written.CONCEPT_KEYS, parts["concept"]),
        (written.INFLECT_KEYS, parts["stem"]),
        (written.EXAMPLE_KEYS, parts["list"]["properties"]["examples"]),
    ):
        assert {key: value["description"] for key, value in part["properties"].items()} == keys
    # The loader knows exactly these: a key more or less would be an unknown one, or never read.
    known = re.compile(r"known: (.*)")
    for text, keys in (
        ("lists: []\nx: y", written.FILE_KEYS),
        ("id: a\nquery: x\nx: y", {"version": "", **written.LIST_KEYS}),
        ("id: a\nquery: x\nconcepts: {c: {any: [x], x: y}}", written.CONCEPT_KEYS),
        ("id: a\nquery: x\nconcepts: {c: {any: [{stem: x, inflect: sr, x: y}]}}", written.INFLECT_KEYS),
        ("id: a\nquery: x\nexamples: {x: y}", written.EXAMPLE_KEYS),
    ):
        with pytest.raises(WatchlistError) as caught:
            load_watchlists([WatchlistFile("a.yaml", text)])
        hint = known.search(str(caught.value))
        assert hint is not None
        assert hint[1].split(", ") == list(keys)
    for severity in parts["list"]["properties"]["severity"]["enum"]:
        assert loads(f"id: a\nquery: x\nseverity: {severity}")
    for case in parts["concept"]["properties"]["case"]["enum"]:
        assert loads(f"id: a\nquery: x\nconcepts: {{c: {{any: [x], case: {case}}}}}")


def test_every_language_and_class_is_one_of_the_rules() -> None:
    stem = json_schema()["definitions"]["stem"]
    assert stem["properties"]["inflect"]["enum"] == list(LANGUAGES)
    by_language = {one["if"]["properties"]["inflect"]["const"]: one["then"] for one in stem["allOf"]}
    for tag in LANGUAGES:
        for kind in by_language[tag]["properties"]["class"]["enum"]:
            word = {"ru": "косов", "ar": "قرار", "he": "החלטה"}.get(tag, "kosov")
            assert inflected(word, tag, kind)
        with pytest.raises(InflectionError):
            inflected(word, tag, "nonsense")


def test_it_is_published() -> None:
    published = Path(str(resources.files("schemas").joinpath("json/watchlist.json"))).read_text("utf-8")
    assert json.loads(published) == json_schema()
