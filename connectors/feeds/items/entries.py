"""A parsed document to the items that go on the log: pure, and the same for the same document, state and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from connectors.feeds.documents.document import BrokenEntry, ParsedDocument, RawEntry
from connectors.feeds.items.headline import sketch
from connectors.feeds.items.ladder import aliases, read, repeats_ids, shares_addresses
from connectors.feeds.items.naming import Habits, Named, Recall, name
from connectors.interfaces import Known
from schemas import identity
from schemas.deadletter import RAW_LIMIT, DeadLetter
from schemas.feed import FeedSource, FeedState
from schemas.item import FeedItem, Outlet
from schemas.time import rfc3339

FRESH = timedelta(hours=48)
"""On a feed's first poll, what was published longer ago is history."""


FORGOTTEN = "forgotten"
"""The body hash of a state that was lost and restored from the log, until a document of the feed is read again."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The poll a document belongs to."""

    source: FeedSource
    final_url: str
    seen_at: datetime
    state: FeedState
    """What was remembered of the feed before."""
    learned: str = ""
    """The language profile of the feed, see `FeedStates.learned`."""


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """What a document comes to."""

    items: tuple[FeedItem, ...]
    """Every entry of the document."""
    unsent: tuple[FeedItem, ...]
    """Those that were not sent before in these words."""
    dead: tuple[DeadLetter, ...]
    """Entries to set aside that were not set aside before."""
    marks: Mapping[str, Known]
    """What to remember once all this is on the log."""
    copies: int
    """See `FetchRecord.copies`."""
    keyed_by: str
    named_by: str


def nothing(_keys: Sequence[str]) -> Mapping[str, Known]:
    """Of a feed never read before, nothing is remembered."""
    return {}


def build(document: ParsedDocument, origin: Origin, recall: Recall = nothing) -> Items:
    """All items of `document`, named with what `recall` remembers; what cannot be made one is a dead letter."""
    state, said = origin.state, read(document.entries, origin.final_url, origin.source.feed_url)
    # For good: a feed that was found out once keeps its ways, whatever its later documents look like.
    habits = Habits(
        keyed_by="item" if state.keyed_by == "item" or shares_addresses(said) else "address",
        named_by="guid+link" if state.named_by == "guid+link" or repeats_ids(said) else "guid",
    )
    named = name(said, recall, habits, origin.seen_at)
    items = tuple(_item(one, document, origin, habits) for one in named)
    letters = {letter.id: letter for letter in (_dead(entry, origin) for entry in document.broken)}
    before = recall(tuple(letters))
    fresh = [one.known is None for one in named]
    by_words = [not (one.said.native or one.said.url) for one in named]
    return Items(
        items=items,
        unsent=tuple(
            item
            for one, item in zip(named, items, strict=True)
            if one.known is None or one.known.content_hash != item.content_hash
        ),
        dead=tuple(letter for letter in letters.values() if letter.id not in before),
        marks=_marks(named, items, habits) | {letter.id: Known(letter.raw_hash) for letter in letters.values()},
        copies=sum(map(all, zip(fresh, by_words, strict=True))) if state.body_hash == FORGOTTEN else 0,
        keyed_by=habits.keyed_by,
        named_by=habits.named_by,
    )


def history_before(state: FeedState, moment: datetime) -> datetime | None:
    """What was published before is history at this poll, like all that is undated; None: nothing is.

    So it is on the first poll of a feed, and on the first after its memory was lost: then from the last poll that the
    log knows of, so that news of the meantime is told.
    """
    if state.last_ok_at is None:
        return moment - FRESH
    return min(moment, state.last_ok_at) - FRESH if state.body_hash == FORGOTTEN else None


def _marks(named: Sequence[Named], items: Sequence[FeedItem], habits: Habits) -> dict[str, Known]:
    marks: dict[str, Known] = {}
    for one, item in zip(named, items, strict=True):
        keys = (one.said.guid_alias, one.said.link_alias if habits.keyed_by == "address" else "")
        marks |= {alias: Known(item.item_id) for alias in keys if alias}
        marks[item.item_id] = Known(item.content_hash, item.article_id, one.said.title, item.published_at)
    return marks


def marks_of(item: FeedItem, keyed_by: str) -> dict[str, Known]:
    """What is remembered of an item that went on the log, from the item alone."""
    link_alias, guid_alias = aliases(item.feed_url, item.url, item.native_id)
    keys = (guid_alias, link_alias if keyed_by == "address" else "")
    marks = {alias: Known(item.item_id, last_seen=item.seen_at) for alias in keys if alias}
    title = sketch(item.title)
    # What the feed says next is held against what it said, not against its page.
    said = item.feed_content if item.kind == "page" else item.content_hash
    marks[item.item_id] = Known(said, item.article_id, title, item.published_at, item.seen_at)
    if item.kind == "page":
        page = identity.page_id(item.item_id)
        marks[page] = Known(item.content_hash, published_at=item.published_at, last_seen=item.seen_at)
    return marks


def origin_headers(source: FeedSource, final_url: str) -> dict[str, str]:
    """What a dead letter keeps to be processed again as the same feed's."""
    return {"source": msgspec.json.encode(source).decode(), "final-url": final_url}


def source_of(letter: DeadLetter) -> FeedSource:
    """The source a dead letter of a feed came from."""
    kept = letter.headers.get("source")
    return msgspec.json.decode(kept, type=FeedSource) if kept else FeedSource(feed_url=letter.subject)


def _item(named: Named, document: ParsedDocument, origin: Origin, habits: Habits) -> FeedItem:
    entry, source, url = named.said.entry, origin.source, named.said.url
    article, keyed_by = _article(named, habits)
    content = named.said.content_hash
    item = named.item_id
    return FeedItem(
        feed_url=source.feed_url,
        native_id=named.native_id,
        id_policy=named.policy,
        item_id=item,
        article_id=article,
        keyed_by=keyed_by,
        content_hash=content,
        version_id=identity.version_id(article, content),
        op="new" if named.known is None else "update",
        history=_is_history(entry, origin),
        url=url,
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


def _article(named: Named, habits: Habits) -> tuple[str, Literal["address", "item"]]:
    by_item = identity.article_id_of_item(named.item_id)
    if named.known is not None and named.known.article_id:
        # Decided once: neither another address of the same entry nor a feed found out later makes it a second article.
        return named.known.article_id, "item" if named.known.article_id == by_item else "address"
    if habits.keyed_by == "address" and named.said.url:
        return identity.article_id_of_address(named.said.url), "address"
    return by_item, "item"


def _is_history(entry: RawEntry, origin: Origin) -> bool:
    before = history_before(origin.state, origin.seen_at)
    return before is not None and (entry.published_at is None or entry.published_at < before)


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
