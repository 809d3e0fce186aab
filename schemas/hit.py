"""One query of one watchlist matching one version of an article, with all an alert needs to explain itself."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.time import Time

Severity = Literal["low", "normal", "high", "critical"]


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where and why: `version[field][start:end] == text`, in code points of the original text."""

    field: str
    start: int
    end: int
    text: str
    concept: str
    """The concept of the list, or empty for a term written into the query itself."""
    alias: str
    """The alias or term that matched, as the list writes it."""
    lookalike: bool = False
    """Whether a word of it is written in letters of two scripts that look alike; left out when not."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A hit. It carries the article's words around it, so that an alert needs no look-up."""

    hit_id: str
    article_id: str
    version_id: str
    content_hash: str
    story_id: str = ""
    """Set by the desk; empty before."""
    url: str
    title: str
    excerpt: str = ""
    """Text around the first span outside the title, else the beginning of the text."""
    source: str
    country: str = ""
    feed_url: str
    native_id: str
    language: str
    watchlist: str
    watchlist_name: str = ""
    watchlist_hash: str = ""
    query: str
    severity: Severity = "normal"
    recipients: tuple[str, ...] = ()
    """The list's own recipients; empty means those of the settings."""
    spans: tuple[Span, ...] = ()
    op: Literal["new", "update"] = "new"
    history: bool = False
    published_at: Time | None = None
    seen_at: Time
    matched_at: Time

    def merge(self, other: Hit) -> Hit:
        """The earlier sighting of the same hit; commutative, associative, idempotent. A known story id is kept."""
        first = min(self, other, key=_order)
        story = (
            self.story_id
            if self.story_id and (not other.story_id or self.story_id <= other.story_id)
            else other.story_id
        )
        return msgspec.structs.replace(first, story_id=story)


def _order(hit: Hit) -> tuple[object, ...]:
    plain = msgspec.structs.replace(hit, story_id="")
    return (hit.seen_at, hit.feed_url, hit.native_id, hit.matched_at, msgspec.json.encode(plain))


class ItemHits(msgspec.Struct, frozen=True, kw_only=True):
    """One record of `wirewatch.hits`: all hits of one item. Written when there are hits, or when `op` is `update`."""

    item_id: str
    article_id: str
    version_id: str
    op: Literal["new", "update"]
    history: bool
    seen_at: Time
    hits: tuple[Hit, ...] = ()
    trace_id: str = ""
    rematch: bool = False
    """Whether the hits were found later, in the articles stored, by `wirewatch rematch`."""
