"""Hits as people read them: one group for an article, one passage for each excerpt, one line for each hit. Pure."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from dashboard.marks import Piece, Range, pieces, ranges_in, ranges_in_excerpt
from schemas.hit import Hit, Severity

SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high", "critical")
COLOURS = 8
"""Colours the style sheet has for watchlists."""
_FORMS_SHOWN = 6


class Reason(msgspec.Struct, frozen=True):
    """Why a hit fired: these words, under this alias of this concept. Concept is empty for a term of the query."""

    concept: str
    alias: str
    texts: tuple[str, ...]


class Line(msgspec.Struct, frozen=True):
    """One hit."""

    hit: Hit
    reasons: tuple[Reason, ...]
    more: int
    """Written forms beyond those shown."""
    colour: int


class Passage(msgspec.Struct, frozen=True):
    """An excerpt with the words that all its hits found; `title` only when it is not the group's."""

    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    language: str
    lines: tuple[Line, ...]


class Group(msgspec.Struct, frozen=True):
    """All listed hits of one article; `newest` speaks for them."""

    newest: Hit
    severity: Severity
    title: tuple[Piece, ...]
    passages: tuple[Passage, ...]

    @property
    def seen_at(self) -> datetime:
        """When the newest of its hits was seen."""
        return self.newest.seen_at


def grouped(hits: Iterable[Hit]) -> tuple[Group, ...]:
    """Groups in the order in which their first hits come; within a group the order is kept."""
    articles: dict[str, list[Hit]] = {}
    for hit in hits:
        articles.setdefault(hit.article_id, []).append(hit)
    return tuple(_group(found) for found in articles.values())


def line(hit: Hit) -> Line:
    """One hit with its reasons, each written form told once."""
    found = dict.fromkeys((span.concept, span.alias, span.text) for span in hit.spans)
    texts: dict[tuple[str, str], list[str]] = {}
    for concept, alias, text in itertools.islice(found, _FORMS_SHOWN):
        texts.setdefault((concept, alias), []).append(text)
    return Line(
        hit=hit,
        reasons=tuple(Reason(concept, alias, tuple(forms)) for (concept, alias), forms in texts.items()),
        more=max(0, len(found) - _FORMS_SHOWN),
        colour=colour(hit.watchlist),
    )


def colour(watchlist: str) -> int:
    """The colour of a list: the same in every process and on every page."""
    return zlib.crc32(watchlist.encode("utf-8", "replace")) % COLOURS


def _group(hits: Sequence[Hit]) -> Group:
    newest = max(hits, key=lambda hit: hit.seen_at)
    passages: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        passages.setdefault((hit.title, hit.excerpt), []).append(hit)
    return Group(
        newest=newest,
        severity=max((hit.severity for hit in hits), key=SEVERITIES.index),
        title=pieces(newest.title, _title_ranges(hit for hit in hits if hit.title == newest.title)),
        passages=tuple(_passage(found, newest) for found in passages.values()),
    )


def _passage(hits: Sequence[Hit], newest: Hit) -> Passage:
    first = hits[0]
    # An excerpt that only repeats the title says nothing twice.
    excerpt = "" if first.excerpt == first.title else first.excerpt
    return Passage(
        title=() if first.title == newest.title else pieces(first.title, _title_ranges(hits)),
        excerpt=pieces(excerpt, [found for hit in hits for found in ranges_in_excerpt(excerpt, hit.spans)]),
        language=first.language,
        lines=tuple(line(hit) for hit in hits),
    )


def _title_ranges(hits: Iterable[Hit]) -> list[Range]:
    return [found for hit in hits for found in ranges_in("title", hit.spans)]
