"""Records of `hits` for tests of the desk, and where they are put."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from connectors.interfaces import NewRecord
from schemas import codec
from schemas.hit import Hit, ItemHits, Span
from schemas.identity import hit_id
from tests import samples

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.interfaces import Log

RECIPIENTS = ("desk@newsroom.example",)


def hit(number: int = 1, **changes: Any) -> Hit:
    """A hit on article `number`; its id follows from the list and query in `changes`."""
    made = samples.hit(number, **changes)
    return msgspec.structs.replace(made, hit_id=hit_id(made.article_id, made.content_hash, made.watchlist, made.query))


def told(*hits: Hit, **changes: Any) -> ItemHits:
    """The record of one item with `hits`, the first of which says which item."""
    first = hits[0]
    base = ItemHits(
        item_id=f"{first.feed_url} {first.native_id}",
        article_id=first.article_id,
        version_id=first.version_id,
        op="new",
        history=False,
        seen_at=first.seen_at,
        hits=hits,
    )
    return msgspec.structs.replace(base, **changes)


def append(log: Log, *records: ItemHits | bytes) -> None:
    """Put records onto the topic `hits`; bytes as they are."""
    log.append(
        [
            NewRecord(topic="hits", key="broken", value=record)
            if isinstance(record, bytes)
            else NewRecord(
                topic="hits", key=record.article_id, value=codec.encode(record), headers=codec.headers(record)
            )
            for record in records
        ]
    )


def serbian(**changes: Any) -> Hit:
    """A hit as the pipeline makes it of a Serbian article."""
    title = "Састанак у Бањској завршен без договора"
    excerpt = "… после састанка у Бањској, код Звечана, разговори о северу Косова нису дали резултат."
    base = hit(
        title=title,
        excerpt=excerpt,
        source="Политика",
        country="RS",
        language="sr-Cyrl",
        watchlist="banjska",
        watchlist_name="Banjska",
        url="https://www.politika.example/sr/clanak?id=1&strana=2",
        spans=(
            Span("title", 11, 18, "Бањској", "banjska", "Бањска"),
            Span("body", 120, 127, "Бањској", "banjska", "Бањска"),
            Span("body", 170, 176, "Косова", "kosovo", "Косово"),
        ),
    )
    return msgspec.structs.replace(base, **changes)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, moment: datetime = samples.NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment
