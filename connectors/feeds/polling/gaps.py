"""Whether items scrolled off between two polls, and about how many: pure, from what a document shows and its rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from schemas.rhythm import Rhythm, Weights

_BELIEVED = 20.0
"""Items for which the rate so far counts at most, beside those of the document itself."""
_REACHES_BACK = 0.2
"""Share of entries dated before the last poll from which on the document is no new one, only its ids are."""
_ONCE_OR_TWICE = 2
_SURELY = 1.5
_STILL_COMING = 5
_ANOTHER = 2.0
"""So many times faster or slower than usual, a feed is no longer what it was: its document alone is believed."""
_SHORT = 1e-3
"""Hours; entries that all bear one date do not come infinitely fast."""


class Gap(msgspec.Struct, frozen=True):
    """What a document is, compared with the one before."""

    missed: int = 0
    replaced: bool = False
    """Nothing in it was known."""
    renamed: bool = False
    """Its entries are those of before under other ids: nothing new came."""


NONE = Gap()


def gap(rhythm: Rhythm, moment: datetime, dates: Sequence[datetime], entries: int, *, known: bool) -> Gap:
    """The gap before a whole document of `entries` that came at `moment`, `dates` being theirs as far as they have any.

    `known`: whether the feed has brought any of them before. Without a document before there is no gap.
    """
    if known or not entries or rhythm.at is None or moment <= rhythm.at:
        return NONE
    if sum(at <= rhythm.at for at in dates) >= max(1.0, _REACHES_BACK * entries):
        return Gap(replaced=True, renamed=True)
    weights = Weights(rhythm)
    expected = rhythm.seen_rate * weights.between(rhythm.at.timestamp(), moment.timestamp())
    since = sorted(at for at in dates if rhythm.at < at <= moment)
    dated = len(since) >= max(2, entries // 2)
    if rhythm.replaced >= _ONCE_OR_TWICE and expected < _SURELY * entries and not (dated and _flows(since, moment)):
        # Some feeds are a new document each time, a digest of the day: that is their way, not a loss.
        return Gap(replaced=True)
    missed = _scrolled_off(rhythm, weights, since, moment) if dated else max(0.0, expected - entries)
    return Gap(missed=round(missed), replaced=True)


def _flows(dates: Sequence[datetime], moment: datetime) -> bool:
    """Whether items come one after the other up to now, not all together at some time before."""
    between = (dates[-1] - dates[0]) / (len(dates) - 1)
    return moment - dates[-1] <= _STILL_COMING * between


def _scrolled_off(rhythm: Rhythm, weights: Weights, dates: Sequence[datetime], moment: datetime) -> float:
    """Items before the first of `dates`: these say how fast items came of late, and from where on the document has them."""
    assert rhythm.at is not None  # else there is no poll to have missed anything since
    first = dates[0].timestamp()
    shown = max(weights.between(first, moment.timestamp()), _SHORT)
    rate = (len(dates) - 1) / shown
    if rhythm.seen_rate / _ANOTHER < rate < rhythm.seen_rate * _ANOTHER or not _flows(dates, moment):
        believed = min(rhythm.items, _BELIEVED)
        rate = (len(dates) - 1 + believed) / (shown + believed / rhythm.seen_rate)
    return rate * weights.between(rhythm.at.timestamp(), first)
