"""How many hits each watchlist and language had lately: what the filters offer. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from connectors.interfaces import HitFilter
from dashboard.query import is_language
from schemas.hit import Hit

COUNTED_SPAN = timedelta(hours=24)
COUNTED_MOST = 2000
"""Hits counted for one page; beyond that counts read "at least"."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Hits of the counted span. Each filter's figures respect the other filter, so they say what a choice would show."""

    shown: int
    watchlists: dict[str, int]
    languages: dict[str, int]
    """By tag; a macro-language that covers several tags (`sr`) has an entry of its own before them."""
    at_least: bool
    """Whether counting stopped at `COUNTED_MOST`."""


def counted(hits: Iterable[Hit], chosen: HitFilter) -> Counts:
    """Counts over `hits`, which were read without filters and at most `COUNTED_MOST`."""
    watchlists: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    total = shown = 0
    for hit in hits:
        total += 1
        right_list = not chosen.watchlist or hit.watchlist == chosen.watchlist
        right_language = not chosen.language or is_language(hit.language, chosen.language)
        watchlists[hit.watchlist] += right_language
        languages[hit.language] += right_list
        shown += right_list and right_language
    return Counts(
        shown=shown,
        watchlists=dict(watchlists),
        languages=_with_macro_languages(languages),
        at_least=total >= COUNTED_MOST,
    )


def _with_macro_languages(languages: Counter[str]) -> dict[str, int]:
    tags: dict[str, list[str]] = {}
    for tag in sorted(languages):
        tags.setdefault(tag.split("-")[0], []).append(tag)
    found: dict[str, int] = {}
    for macro, kinds in tags.items():
        if len(kinds) > 1:
            found[macro] = sum(languages[kind] for kind in kinds)
        found |= {kind: languages[kind] for kind in kinds if kind != macro}
        if kinds == [macro]:
            found[macro] = languages[macro]
    return found
