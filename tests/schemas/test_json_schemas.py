"""The published schemas describe what the codec writes: no more, no less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas import codec
from schemas.alert import Alert
from schemas.article import Article, Version, version_of_item
from schemas.deadletter import DeadLetter
from schemas.errors import RecordError
from schemas.feed import FeedState, FeedStatus, FetchRecord
from schemas.hit import Hit, ItemHits
from schemas.item import FeedItem
from tests.samples import NOON, article, content, hit, item

FOLDER = Path(__file__).resolve().parents[2] / "schemas" / "json"

FETCH = FetchRecord(
    feed_url="https://outlet.example/rss", fetched_at=NOON, status=FeedStatus.TOO_LARGE, reason="10 MB of garbage"
)
ALERT = Alert(
    alert_key="a1",
    kind="hit",
    story_id="s1",
    watchlist="kosovo",
    recipient="monitor@localhost",
    articles=("s1",),
    hits=("h1",),
    title="Наслов",
    state="pending",
    message_id="<a1@wirewatch.local>",
    created_at=NOON,
)
DEAD = DeadLetter(
    id="d1", stage="decode", reason="not JSON", position="items/0/7", raw=b"\xff{", length=2, failed_at=NOON
)

SAMPLES: tuple[msgspec.Struct, ...] = (
    item(),
    item(published_at=None, published_reason="missing", url=""),
    article(),
    article().merge(article(feed_url="https://other.example/rss", title="Another title")),
    version_of_item(item(), content(item())),
    hit(),
    ItemHits(
        item_id="i", article_id="a", version_id="v", op="update", history=False, seen_at=NOON, hits=(hit(), hit(2))
    ),
    ALERT,
    msgspec.structs.replace(ALERT, state="sent", sent_at=NOON, next_attempt_at=NOON),
    DEAD,
    FETCH,
    FeedState(feed_url=FETCH.feed_url),
    FeedState(feed_url=FETCH.feed_url, last_fetch=FETCH, last_ok_at=NOON, next_poll_at=NOON),
)

# What DESIGN.md promises to scripts.
PROMISED: dict[type[Any], str] = {
    Hit: "hit_id article_id version_id story_id url title source feed_url native_id language watchlist query severity "
    "spans seen_at matched_at",
    Article: "article_id url title summary body language feed_url native_id seen_at published_at sightings",
    FeedItem: "item_id native_id title url published_at published_raw",
}


def published(kind: type[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((FOLDER / f"{codec.SCHEMAS[kind][0]}.json").read_text("utf-8"))
    return schema


TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def faults(value: Any, schema: dict[str, Any], whole: dict[str, Any], path: str = "$") -> Iterator[str]:
    """Where `value` is not what `schema` says; stricter than JSON Schema: a key must be in `properties`."""
    if "$ref" in schema:
        yield from faults(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, path)
    elif "anyOf" in schema:
        tried = [list(faults(value, choice, whole, path)) for choice in schema["anyOf"]]
        yield from () if [] in tried else chain(*tried)
    elif "enum" in schema:
        if value not in schema["enum"]:
            yield f"{path}: {value!r} is not in {schema['enum']}"
    elif not isinstance(value, TYPES[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield f"{path}: {value!r} is no {schema['type']}"
    elif schema.get("format") == "date-time":
        if datetime.fromisoformat(value).tzinfo is None:
            yield f"{path}: {value!r} has no offset"
    elif schema["type"] == "array":
        for at, one in enumerate(value):
            yield from faults(one, schema["items"], whole, f"{path}[{at}]")
    elif schema["type"] == "object":
        yield from object_faults(value, schema, whole, path)


def object_faults(value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}: {key} is missing" for key in schema.get("required", []) if key not in value)
    for key, one in value.items():
        inner = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        if inner is None:
            yield f"{path}: {key} is unknown"
        else:
            yield from faults(one, inner, whole, f"{path}.{key}")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_what_is_written_is_what_the_schema_says(sample: msgspec.Struct) -> None:
    schema = published(type(sample))
    written = json.loads(codec.encode(sample))
    assert list(faults(written, schema, schema)) == []
    assert list(written) == list(schema["properties"]), "every key is always written, in the order of the schema"


@pytest.mark.parametrize("kind", codec.SCHEMAS, ids=lambda kind: kind.__name__)
def test_every_type_has_a_published_schema_and_a_sample(kind: type[Any]) -> None:
    name, version = codec.SCHEMAS[kind]
    schema = published(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"wirewatch/{name}/{version}"
    assert schema["description"]
    assert kind in set(map(type, SAMPLES))


def test_no_schema_without_a_type() -> None:
    # Watchlists are read from YAML, not decoded: tests/pipelines/matching/test_json_schema.py has theirs, and
    # tests/wirewatch/test_ingest_command.py that of pushed lines, which are never written.
    kinds = {name for name, _ in codec.SCHEMAS.values()}
    assert {file.stem for file in FOLDER.glob("*.json")} == kinds | {"ingest", "watchlist"}


@pytest.mark.parametrize("kind", PROMISED, ids=lambda kind: kind.__name__)
def test_promised_keys_are_there(kind: type[Any]) -> None:
    assert set(PROMISED[kind].split()) <= set(published(kind)["properties"])


def test_promised_keys_of_the_parts_are_there() -> None:
    span = published(Hit)["$defs"]["Span"]
    assert span["required"] == ["field", "start", "end", "text", "concept", "alias"]
    sighting = published(Article)["$defs"]["Sighting"]["properties"]
    assert list(sighting) == ["feed_url", "native_id", "url", "first_seen", "last_seen"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"op": "delete"}, "$.op: 'delete' is not in"),
        ({"history": 0}, "$.history: 0 is no boolean"),
        ({"seen_at": "2026-11-22T12:00:00"}, "$.seen_at: '2026-11-22T12:00:00' has no offset"),
        ({"published_at": 5}, "$.published_at: 5 is no string"),
        ({"source": {"name": None}}, "$.source.name: None is no string"),
        ({"authors": ["x", 1]}, "$.authors[1]: 1 is no string"),
        ({"colour": "red"}, "$: colour is unknown"),
    ],
)
def test_what_no_reader_would_take_is_a_fault(change: dict[str, Any], fault: str) -> None:
    schema = published(FeedItem)
    written = json.loads(codec.encode(item())) | change
    assert [found for found in faults(written, schema, schema) if found.startswith(fault)]


def test_required_is_what_a_reader_needs() -> None:
    for kind in (FeedItem, Version, Hit, DeadLetter):
        sample = next(one for one in SAMPLES if type(one) is kind)
        schema = published(kind)
        written = json.loads(codec.encode(sample))
        least = {key: written[key] for key in schema["required"]}
        codec.decode(json.dumps(least), kind)
        for key in least:
            short = {name: value for name, value in least.items() if name != key}
            assert f"$: {key} is missing" in faults(short, schema, schema)
            with pytest.raises(RecordError, match=key):
                codec.decode(json.dumps(short), kind)
