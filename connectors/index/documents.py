"""The documents of Elasticsearch: JSON of our types with a few derived fields behind, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from connectors.index.folded import readings, stamp
from schemas import codec
from schemas.alert import Alert
from schemas.article import Article, Version
from schemas.deadletter import DeadLetter
from schemas.elasticsearch.languages import group_of
from schemas.errors import RecordError
from schemas.feed import FetchRecord
from schemas.hit import Hit
from schemas.identity import digest

Stored = TypeVar("Stored")


class _Derived(msgspec.Struct, kw_only=True, omit_defaults=True):
    timestamp: datetime = msgspec.field(name="@timestamp")
    fold: str = ""
    folded: tuple[str, ...] = ()
    stemmed: dict[str, tuple[str, ...]] = {}
    cursor: int = 0
    publish_seconds: float | None = None
    """From published to seen, of what was news when it was seen."""
    match_seconds: float | None = None
    """From seen to matched."""
    delivery_seconds: float | None = None
    """From the decision to send an alert to the mail server's yes."""


def of_article(article: Article) -> bytes:
    """The document of an article, with its words folded, and stemmed by its language."""
    group = group_of(article.language)
    words = tuple(text for text in (article.title, article.summary, article.body) if text)
    derived = _Derived(
        timestamp=article.seen_at,
        fold=stamp(),
        folded=readings(article),
        stemmed={group: words} if group and words else {},
    )
    return _joined(article, derived)


def of_version(version: Version) -> bytes:
    """The document of a version."""
    return _joined(version, _Derived(timestamp=version.seen_at))


def of_hit(hit: Hit, cursor: int) -> bytes:
    """The document of a hit; `cursor` (from 1) is its number in the order hits were first stored in."""
    derived = _Derived(
        timestamp=hit.seen_at,
        cursor=cursor,
        publish_seconds=None if hit.history else _seconds(hit.published_at, hit.seen_at),
        match_seconds=_seconds(hit.seen_at, hit.matched_at),
    )
    return _joined(hit, derived)


def of_alert(alert: Alert) -> bytes:
    """The document of an alert."""
    delivery = _seconds(alert.created_at, alert.sent_at)
    return _joined(alert, _Derived(timestamp=alert.created_at, delivery_seconds=delivery))


def of_fetch(fetch: FetchRecord) -> bytes:
    """The document of one poll."""
    return _joined(fetch, _Derived(timestamp=fetch.fetched_at))


def fetch_id(fetch: FetchRecord) -> str:
    """The id of the document of one poll: one a feed and time."""
    return digest("fetch", fetch.feed_url, fetch.fetched_at.isoformat())


def of_dead_letter(letter: DeadLetter) -> bytes:
    """The document of a dead letter."""
    return _joined(letter, _Derived(timestamp=letter.failed_at))


def read(source: Mapping[str, Any], kind: type[Stored], subject: str) -> Stored:
    """What a document says. Raises `RecordError` naming `subject` when it is not a valid `kind`."""
    try:
        return msgspec.convert(source, kind)
    except msgspec.ValidationError as error:
        message = f"not a valid {codec.SCHEMAS[kind][0]} document: {error}"
        raise RecordError(message, subject=subject, stage="decode") from error


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """None when a time is missing, or they contradict each other: a feed may date its items ahead."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


def _joined(value: msgspec.Struct, derived: _Derived) -> bytes:
    return codec.encode(value)[:-1] + b"," + msgspec.json.encode(derived)[1:]
