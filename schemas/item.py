"""What one feed said: one entry of one poll, as it travels through `wirewatch.items`."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.time import Time

FIELDS = ("title", "summary", "body")
"""The text fields of an item, version and article, in reading order; spans name one of them."""


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """The source behind an item, as the source list knew it when the item was seen."""

    name: str = ""
    country: str = ""
    language: str = ""
    kind: str = ""
    learned: str = ""
    """The South Slavic variant its feed was found to be written in (`sr-Latn`, `hr`), from its earlier items; or empty."""


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of one feed document. Text fields are plain text: no markup, NFC, single spaces."""

    feed_url: str
    native_id: str
    """The entry's own id as the feed gave it; without one, what the identity ladder rests on."""
    id_policy: Literal["guid", "guid+link", "link", "title+date", "content", "given"]
    item_id: str
    article_id: str
    keyed_by: Literal["address", "item"]
    content_hash: str
    version_id: str
    op: Literal["new", "update"]
    history: bool = False
    """On a feed's first poll: published over 48 h before `seen_at`, or without a usable date. Alerts nobody."""

    url: str = ""
    """The entry's address as the feed gave it, made absolute; empty when it gave none."""
    kind: Literal["feed", "page"] = "feed"
    """Where the words are from: the feed alone, or `body` from the page at `url` and the rest from the feed."""
    feed_content: str = ""
    """Of kind `page`: the content hash of what the feed said, by which an edit in the feed is known. Else empty."""
    title: str = ""
    summary: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    """The language declared by the entry or its feed, as written there; not detected."""
    source: Outlet = Outlet()

    published_at: Time | None = None
    published_raw: str = ""
    published_reason: str = ""
    """Why `published_at` has its value or none.

    With a value: `published`, `updated`, and for a day without a time, given as its midnight, `published-day` and
    `updated-day`. Without: `missing`, `unreadable`, `implausible`, and `generated` when every entry of the document was
    dated to the minute of the fetch.
    """
    seen_at: Time
    """When the poller first had this content in hand; stamped once, carried along."""
    truncated: bool = False
    """Whether a text field was cut to its limit."""
    trace_id: str = ""


def shortened(item: FeedItem, most: int) -> FeedItem:
    """`item` with its body, and then its summary, cut until it takes at most `most` bytes on the log, and flagged.

    What it is known by stays, and so does its title; an item that is still too long without body and summary is
    returned without them.
    """
    for field in ("body", "summary"):
        excess = len(msgspec.json.encode(item)) - most
        if excess <= 0:
            break
        item = msgspec.structs.replace(item, **{field: _cut(getattr(item, field), excess)}, truncated=True)
    return item


def _cut(text: str, excess: int) -> str:
    """The longest beginning of `text` that takes `excess` bytes less on the log; it ends between words if it can."""
    room = len(msgspec.json.encode(text)) - excess
    # A letter may take one byte or twelve, so the place is found by halving.
    kept, beyond = 0, len(text) + 1
    while beyond - kept > 1:
        middle = (kept + beyond) // 2
        if len(msgspec.json.encode(text[:middle])) <= room:
            kept = middle
        else:
            beyond = middle
    return text[:kept].rpartition(" ")[0] or text[:kept]
