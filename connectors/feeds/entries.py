"""A parsed document to the items that go on the log: pure, and the same for the same document, state and time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from connectors.feeds.document import BrokenEntry, ParsedDocument, RawEntry
from connectors.feeds.ladder import Placed, place, shares_addresses
from schemas import identity
from schemas.deadletter import RAW_LIMIT, DeadLetter
from schemas.feed import FeedSource, FeedState
from schemas.item import FeedItem, Outlet
from schemas.time import rfc3339

FRESH = timedelta(hours=48)
"""On a feed's first poll, what was published longer ago is history."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The poll a document belongs to."""

    source: FeedSource
    final_url: str
    seen_at: datetime
    first: bool
    """Whether no document of this feed was read before."""
    keyed_by: str = "address"
    learned: str = ""
    """The language profile of the feed, see `FeedStates.learned`."""


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """What a document comes to, before it is known which of it was sent already."""

    items: tuple[FeedItem, ...]
    """Every entry of the document, `op` still `new`."""
    dead: tuple[DeadLetter, ...]
    keyed_by: str


def first_poll(state: FeedState | None) -> bool:
    """Whether no document of this feed was ever read as a feed."""
    return state is None or state.last_ok_at is None


def build(document: ParsedDocument, origin: Origin) -> Items:
    """All items of `document`; what cannot be made one is a dead letter."""
    placed = place(document.entries, origin.final_url)
    # For good: a feed that was found out once keeps item keys, whatever its later documents look like.
    keyed_by = "item" if origin.keyed_by == "item" or shares_addresses(placed) else "address"
    items = tuple(_item(one, document, origin, keyed_by) for one in placed)
    dead = {letter.id: letter for letter in (_dead(entry, origin) for entry in document.broken)}
    return Items(items=items, dead=tuple(dead.values()), keyed_by=keyed_by)


def unsent(built: Items, seen: Mapping[str, str]) -> tuple[tuple[FeedItem, ...], tuple[DeadLetter, ...]]:
    """The items and dead letters of `built` that `seen` does not have in this form, items with their `op`."""
    items = []
    for item in built.items:
        known = seen.get(item.item_id)
        if known != item.content_hash:
            items.append(item if known is None else msgspec.structs.replace(item, op="update"))
    return tuple(items), tuple(letter for letter in built.dead if letter.id not in seen)


def marks(built: Items) -> dict[str, str]:
    """What to remember of `built` once it is on the log."""
    found = {item.item_id: item.content_hash for item in built.items}
    return found | {letter.id: letter.raw_hash for letter in built.dead}


def origin_headers(source: FeedSource, final_url: str) -> dict[str, str]:
    """What a dead letter keeps to be processed again as the same feed's."""
    return {"source": msgspec.json.encode(source).decode(), "final-url": final_url}


def source_of(letter: DeadLetter) -> FeedSource:
    """The source a dead letter of a feed came from."""
    kept = letter.headers.get("source")
    return msgspec.json.decode(kept, type=FeedSource) if kept else FeedSource(feed_url=letter.subject)


def _item(placed: Placed, document: ParsedDocument, origin: Origin, feed_keyed_by: str) -> FeedItem:
    entry, source = placed.entry, origin.source
    item = identity.item_id(source.feed_url, placed.policy, placed.value)
    by_address = feed_keyed_by == "address" and bool(placed.url)
    article = identity.article_id_of_address(placed.url) if by_address else identity.article_id_of_item(item)
    content = identity.content_hash("feed", entry.title, entry.summary, entry.body)
    return FeedItem(
        feed_url=source.feed_url,
        native_id=placed.native_id,
        id_policy=placed.policy,
        item_id=item,
        article_id=article,
        keyed_by="address" if by_address else "item",
        content_hash=content,
        version_id=identity.version_id(article, content),
        op="new",
        history=origin.first and _is_old(entry, origin.seen_at),
        url=placed.url,
        title=entry.title,
        summary=entry.summary,
        body=entry.body,
        authors=entry.authors,
        categories=entry.categories,
        language=entry.language or document.language,
        source=Outlet(
            name=source.name, country=source.country, language=source.language, kind=source.kind, learned=origin.learned
        ),
        published_at=entry.published_at,
        published_raw=entry.published_raw,
        published_reason=entry.published_reason,
        seen_at=origin.seen_at,
        truncated=entry.truncated,
        trace_id=identity.digest("trace", item, content, rfc3339(origin.seen_at)),
    )


def _is_old(entry: RawEntry, seen_at: datetime) -> bool:
    return entry.published_at is None or entry.published_at < seen_at - FRESH


def _dead(broken: BrokenEntry, origin: Origin) -> DeadLetter:
    raw_hash = identity.digest(broken.raw.decode(errors="replace"))
    position = f"{origin.source.feed_url}#{raw_hash}"
    return DeadLetter(
        id=identity.dead_letter_id(position, "entry"),
        stage="entry",
        reason=broken.reason,
        position=position,
        subject=origin.source.feed_url,
        headers={"form": broken.form, **origin_headers(origin.source, origin.final_url)},
        raw=broken.raw[:RAW_LIMIT],
        length=len(broken.raw),
        raw_hash=raw_hash,
        failed_at=origin.seen_at,
    )
