from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas.deadletter import DeadLetter
from schemas.errors import RecordError
from schemas.item import FeedItem
from tests.samples import NOON, item
from tests.schemas.golden_values import GOLDEN

FOLDER = Path(__file__).parent / "golden"
TEXT = st.text(st.characters(codec="utf-8"), max_size=50)
KINDS = list(codec.SCHEMAS)
NEWEST = [GOLDEN[f"{kind}-{version}"] for kind, version in codec.SCHEMAS.values()]


@pytest.mark.parametrize("name", GOLDEN)
def test_records_written_long_ago_are_read_as_they_were_meant(name: str) -> None:
    value = GOLDEN[name]
    kind, _, version = name.rpartition("-")
    assert codec.decode((FOLDER / f"{name}.json").read_bytes(), type(value), {"schema": f"{kind}/{version}"}) == value


def test_every_version_of_every_kind_has_a_golden_record() -> None:
    wanted = {f"{kind}-{version}" for kind, newest in codec.SCHEMAS.values() for version in range(1, newest + 1)}
    assert wanted == set(GOLDEN) == {file.stem for file in FOLDER.glob("*.json")}


@pytest.mark.parametrize("value", GOLDEN.values(), ids=lambda value: type(value).__name__)
def test_every_kind_survives_the_journey(value: msgspec.Struct) -> None:
    assert codec.decode(codec.encode(value), type(value), codec.headers(value)) == value


@pytest.mark.parametrize("value", NEWEST, ids=lambda value: type(value).__name__)
def test_a_golden_value_tries_every_field(value: msgspec.Struct) -> None:
    # One of the two dates of a pair is left out on purpose.
    left = {"sent_at", "published_at", "kind", "summary", "history", "truncated", "new", "updated", "entries"}
    defaults = {field.name: field.default for field in msgspec.structs.fields(value)}
    assert [name for name, default in defaults.items() if getattr(value, name) == default and name not in left] == []


@given(TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3), st.booleans())
@settings(deadline=None)
def test_any_text_survives_the_journey(title: str, summary: str, body: str, authors: list[str], history: bool) -> None:
    one = item(title=title, summary=summary, body=body, authors=tuple(authors), history=history)
    assert codec.decode(codec.encode(one), FeedItem) == one


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_survive_in_a_dead_letter(raw: bytes) -> None:
    dead = DeadLetter(
        id="d", stage="decode", reason="r", position="items/0/1", raw=raw, length=len(raw) + 1, failed_at=NOON
    )
    read = codec.decode(codec.encode(dead), DeadLetter)
    assert read == dead
    assert not read.whole


@given(
    st.binary(max_size=100)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())
)
@settings(deadline=None)
def test_garbage_is_a_record_error_that_names_its_subject(raw: bytes) -> None:
    with pytest.raises(RecordError, match=r"^items/0/7: not a valid item record") as caught:
        codec.decode(raw, FeedItem, subject="items/0/7")
    assert caught.value.stage == "decode"
    assert not caught.value.retryable


def test_nesting_without_end_is_a_record_error() -> None:
    with pytest.raises(RecordError):
        codec.decode(b"[" * 1_000_000, FeedItem)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_newer_version_is_refused_by_name(kind: type[Any]) -> None:
    name, newest = codec.SCHEMAS[kind]
    with pytest.raises(RecordError, match=f"schema '{name}/{newest + 1}' where {name}/{newest} or older is read"):
        codec.decode(b"{}", kind, {"schema": f"{name}/{newest + 1}"}, subject="items/0/7")


@pytest.mark.parametrize("named", ["hit/1", "item", "item/", "item/x", "item/-1", "item/1.0", "/1", "ITEM/1"])
def test_another_kind_or_no_version_is_refused(named: str) -> None:
    with pytest.raises(RecordError, match="where item/2 or older is read"):
        codec.decode(codec.encode(item()), FeedItem, {"schema": named})


def test_without_a_header_the_present_version_is_assumed() -> None:
    assert codec.decode(codec.encode(item()), FeedItem, {}) == item()
    assert codec.decode(codec.encode(item()).decode(), FeedItem) == item()


def test_unknown_fields_are_ignored() -> None:
    richer = json.loads(codec.encode(item())) | {"colour": "red"}
    assert codec.decode(json.dumps(richer), FeedItem) == item()


def test_a_time_without_zone_is_refused() -> None:
    naive = json.loads(codec.encode(item())) | {"seen_at": "2026-11-22T12:00:00"}
    with pytest.raises(RecordError, match="seen_at"):
        codec.decode(json.dumps(naive), FeedItem)


def test_headers_name_kind_and_version_and_carry_more() -> None:
    assert codec.headers(item(), trace="t") == {"schema": "item/2", "trace": "t"}
