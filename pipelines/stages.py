"""What happens to one record between the log and the outputs: plain functions, each from one state to the next.

    Record ──decode──> Decoded ──recognise──> Recognised ──match──> Matched
       │                                          └───document──> Documented
       └─────────────────── any of them may fail ──────────────────> SetAside

A record that breaks a stage becomes a value, `SetAside`, and flows on to the outputs like the others, so the stream
never stops for it and the place it was read from is committed with its neighbours'.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from connectors.interfaces import NewRecord, Record
from pipelines.matching.hits import item_hits
from pipelines.matching.match import Matcher
from schemas import codec
from schemas.article import Article, Content, Version, of_item, version_of_item
from schemas.deadletter import DeadLetter
from schemas.errors import RecordError
from schemas.hit import ItemHits
from schemas.identity import dead_letter_id, raw_hash
from schemas.item import FeedItem

REPLAY_HEADER = "replay-of"
"""Header of a record put back from the dead letters: the id it had there, which it keeps if it fails again."""


class Decoded(msgspec.Struct, frozen=True):
    """A record that is a valid item."""

    record: Record
    item: FeedItem


class Recognised(msgspec.Struct, frozen=True):
    """An item with its language."""

    record: Record
    item: FeedItem
    content: Content


class Matched(msgspec.Struct, frozen=True):
    """An item with its hits: ready for the outputs."""

    record: Record
    item: FeedItem
    hits: ItemHits
    article: Article
    version: Version


class Documented(msgspec.Struct, frozen=True):
    """An item as the documents it adds to the index, for an output that needs no hits."""

    record: Record
    article: Article
    version: Version


class SetAside(msgspec.Struct, frozen=True):
    """A record that broke a stage, as the dead letter it becomes."""

    record: Record
    letter: DeadLetter


def decode(record: Record) -> Decoded:
    """Bytes to item. Raises `RecordError`."""
    return Decoded(record, codec.decode(record.value, FeedItem, record.headers, subject=record.position))


def recognise(decoded: Decoded, content_of: Callable[[FeedItem], Content]) -> Recognised:
    """The item with what `content_of` derives from its text."""
    return Recognised(decoded.record, decoded.item, content_of(decoded.item))


def match(recognised: Recognised, matcher: Matcher, now: datetime) -> Matched:
    """The item with its hits, and the documents it adds to the index."""
    item, content = recognised.item, recognised.content
    return Matched(
        recognised.record,
        item,
        item_hits(item, content, matcher, now),
        of_item(item, content),
        version_of_item(item, content),
    )


def document(recognised: Recognised) -> Documented:
    """The documents the item adds to the index."""
    item, content = recognised.item, recognised.content
    return Documented(recognised.record, of_item(item, content), version_of_item(item, content))


def set_aside(record: Record, stage: str, error: BaseException | str, now: datetime) -> SetAside:
    """The dead letter of a record that `error` kept from passing `stage`."""
    if isinstance(error, RecordError):
        stage, reason = error.stage, error.message
    else:
        reason = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    letter = DeadLetter(
        id=record.headers.get(REPLAY_HEADER) or dead_letter_id(record.position, stage),
        stage=stage,
        reason=reason,
        position=record.position,
        subject=record.key,
        topic=record.topic,
        key=record.key,
        headers={name: value for name, value in record.headers.items() if name != REPLAY_HEADER},
        raw=record.value,
        length=len(record.value),
        raw_hash=raw_hash(record.value),
        failed_at=now,
    )
    return SetAside(record, letter)


def outgoing(result: Matched | Documented | SetAside) -> NewRecord | None:
    """What the result adds to the log: hits, a dead letter, or nothing."""
    if isinstance(result, SetAside):
        letter = result.letter
        return NewRecord.of("deadletters", letter.id, letter)
    if isinstance(result, Documented):
        return None
    if not result.hits.hits and result.item.op != "update":
        return None
    return NewRecord.of("hits", result.item.article_id, result.hits, trace=result.item.trace_id)
