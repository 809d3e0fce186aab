"""When a feed is polled next: pure decisions over what polls have brought so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

_HALF_LIFE_HOURS = 72.0
_PRIOR_RATE = 1 / 24
"""New items an hour of a feed nothing is known of."""
_ITEMS_PER_POLL = 0.5
_WEEK_HOURS = 168.0
_SHORTEST_KNOWN = 0.001
_MOST_DOUBLINGS = 6
_LONGEST_BACKOFF = 86_400.0
_RETRY_AFTER = (60.0, 86_400.0)


class Limits(msgspec.Struct, frozen=True):
    """The shortest and longest time between two polls of a working feed, in seconds."""

    shortest: float = 300.0
    longest: float = 21_600.0

    def held(self, seconds: float) -> float:
        """`seconds` within the limits."""
        return min(max(seconds, self.shortest), self.longest)


def after_first(published: Sequence[datetime], moment: datetime, limits: Limits) -> float:
    """The interval to begin with, from the dates in a feed's first document: it is not to wait for days to be known."""
    ages = [(moment - at).total_seconds() / 3600 for at in published]
    recent = [age for age in ages if age <= _WEEK_HOURS]
    if not recent:
        return limits.held(_ITEMS_PER_POLL / _PRIOR_RATE * 3600)
    return limits.held(_ITEMS_PER_POLL * max(*recent, 1.0) / len(recent) * 3600)


def after_poll(interval: float, new: int, elapsed: float, limits: Limits) -> float:
    """The next interval: half an item is expected per poll, at a rate that follows the last three days.

    `elapsed` is the time since the poll before, in seconds, in which `new` items appeared.
    """
    rate = _ITEMS_PER_POLL / (interval / 3600) if interval >= _SHORTEST_KNOWN else _PRIOR_RATE
    hours = max(elapsed, 1.0) / 3600
    kept = 0.5 ** (hours / _HALF_LIFE_HOURS)
    rate = kept * rate + (1 - kept) * new / hours
    return limits.held(_ITEMS_PER_POLL / rate * 3600 if rate > 0 else limits.longest)


def wait(interval: float, failures: int, retry_after: float | None, chance: float, limits: Limits) -> timedelta:
    """How long to wait for the next poll after `failures` in a row. `chance` in [0, 1) spreads the polls.

    A failing feed is polled more and more rarely, never less than once a day: dead feeds do come back.
    """
    if failures:
        doubled = limits.held(interval) * 2 ** min(failures, _MOST_DOUBLINGS)
        seconds = min(doubled, _LONGEST_BACKOFF) * (0.5 + chance / 2)
    else:
        seconds = limits.held(interval) * (0.9 + chance / 5)
    if retry_after is not None:
        seconds = max(seconds, min(max(retry_after, _RETRY_AFTER[0]), _RETRY_AFTER[1]))
    return timedelta(seconds=max(seconds, limits.shortest * 0.9))
