"""What a feed document says, as the parser hands it over: between bytes and items, and across the worker's pipe."""

from __future__ import annotations

import msgspec

from schemas.feed import FeedStatus
from schemas.time import Time

MAX_ENTRIES = 20_000
"""Entries converted of one document; those beyond are set aside."""
SOFT_SECONDS = 5.0
"""Time in which a worker must have parsed a document, before what `allowance` adds for a long one."""
TITLE_BYTES = 1_024
SUMMARY_BYTES = 64 * 1_024
BODY_BYTES = 512 * 1_024
"""Limits of the text fields in UTF-8, so that a record stays under 1 MB."""


CUT = "cut"
"""The form of an entry its document was cut in: only what came of it is there, it cannot be converted."""


PAGE = "page"
"""The form of a web page: its text is asked for, not its entries."""


class RawEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as its document gave it: texts are plain already, addresses and ids are still as written."""

    native: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    published_at: Time | None = None
    published_raw: str = ""
    published_reason: str = "missing"
    truncated: bool = False


class BrokenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that could not be converted: why, and the parser's own mapping as JSON, to be converted again.

    `form` says whose mapping it is, `feedparser`, `jsonfeed` or `sitemap`; or `CUT`.
    """

    reason: str
    form: str
    raw: bytes


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says about itself to whoever polls it, as it said it."""

    ttl: float = 0.0
    """Seconds between polls that the document asks for: `ttl`, or `sy:updatePeriod` over `sy:updateFrequency`. 0: none."""
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    """As in `FeedState`."""
    hub: str = ""
    topic: str = ""
    """The first `rel=hub` and the `rel=self` address of the document, as written; empty when it has none."""


class ParsedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was a feed."""

    entries: tuple[RawEntry, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()
    language: str = ""
    cut: bool = False
    """The document ends in the middle; `entries` are those complete before the cut."""
    notes: tuple[str, ...] = ()
    """What a person should know of how it was read, one phrase each."""
    title: str = ""
    site_url: str = ""
    """The title of the feed and the page it belongs to, for lists of sources; empty when not given."""
    hints: Hints = Hints()


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A document that could not be read as a feed."""

    status: FeedStatus
    reason: str


class ParseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker needs to parse one document, to convert one entry set aside or to read a page.

    `form` says which: empty, how the entry was kept, or `PAGE`.
    """

    body: bytes
    content_type: str = ""
    language: str = ""
    """The language the source list gives; narrows the guess of an undeclared encoding."""
    now: Time
    form: str = ""
    time_zone: str = ""
    """See `FeedSource.time_zone`."""
    pushed: bool = False
    """Whether a hub delivered the document: then all of it may well be of this minute."""


ParseReply = tuple[ParsedDocument | None, Unreadable | None]
"""What the worker answers: one of the two."""


def allowance(body: bytes) -> float:
    """Seconds beyond the usual limits for a long document.

    feedparser reads one to four MB a second, and a whole archive in one feed is no attack.
    """
    return 2.0 * len(body) / 1024**2
