"""When a feed is polled next, and by which rule: pure, from its rhythm and what it and its server ask for.

The rules, each over those before it (an answer of `Retry-After` over all):
    rhythm      when about half an item is to be expected, moved to where in the day or night it is found soonest
    stale       nothing new for weeks: up to four times the longest interval, at least once a day
    hint        `ttl`, `Cache-Control` or `Expires` ask for more time, believed up to an hour
    gap         items scrolled off between two polls: in half the time
    pinned      the team has said how often
    quiet hours `skipHours` and `skipDays`: the first hour allowed, unless pinned
    failing     twice as long with each failure, up to a day; passing faults double more slowly
    gone        as `moves.probe` has it: even such feeds have come back
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import msgspec

from connectors.feeds.fetching.hosts import believed
from schemas.feed import FeedSource, FeedStatus, weighed
from schemas.rhythm import Rhythm, Weights

ITEMS_PER_POLL = 0.55
"""Measured by `benchmarks.feeds_schedule` against the interval of one item a poll that others use."""
HINT_CAP = 3_600.0
"""What systems that write feeds ask for by default is no decision of an editor: it is believed up to here."""
_MOST_DOUBLINGS = 6.0
_LONGEST_BACKOFF = 86_400.0
_STALE = ((timedelta(days=30), 4.0), (timedelta(days=14), 2.0), (timedelta(days=7), 1.0))
"""Without news for so long, the feed waits so many times the longest interval, a day at most: never more than that,
with the spread between polls."""
_SPREAD, _MOST_SPREAD = 0.1, 600.0
"""Polls move by a tenth, but not out of the hour they were planned for."""
_PLACED_FROM = 3_600.0
"""Shorter waits are not moved: an hour is the finest the rhythm knows."""
_PLACES = 24
_HOUR = 3_600.0
_WEEK_HOURS = 168


class Limits(msgspec.Struct, frozen=True):
    """The shortest and longest time between two polls of a working feed, in seconds."""

    shortest: float = 300.0
    longest: float = 21_600.0
    pinned: float = 0.0
    """Over 0: the interval the team wants for this feed, whatever the other two are."""

    def of(self, source: FeedSource) -> Limits:
        """Those for `source`."""
        return msgspec.structs.replace(self, pinned=source.interval) if source.interval else self

    def held(self, seconds: float) -> float:
        """`seconds` within the limits."""
        return min(max(seconds, self.shortest), self.longest)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll has left to decide by."""

    moment: datetime
    status: FeedStatus
    rhythm: Rhythm = Rhythm()
    failures: int = 0
    """Polls failed in a row, this one included; 0 when it was answered with a feed."""
    retry_after: float | None = None
    hint: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    missed: int = 0
    probe: timedelta | None = None
    """How long a feed that says it is gone is left alone, see `moves.probe`; None for all others."""


class Plan(msgspec.Struct, frozen=True):
    """The next poll."""

    at: datetime
    interval: float
    """Seconds between polls while all goes on like this; failures and `Retry-After` not counted."""
    rule: str
    """Why then, for a person."""


def plan(asked: Asked, limits: Limits, chance: float) -> Plan:
    """When to poll after what was `asked`. `chance` in [0, 1) spreads the polls of feeds that are alike.

    A failing feed is never given up. A request to wait is kept, from a minute to a day.
    """
    interval, rule = _interval(asked, limits)
    if asked.failures:
        seconds, rule = _after_failure(asked, interval, limits, chance)
    else:
        spread = min(interval * _SPREAD, _MOST_SPREAD) * (2 * chance - 1)
        seconds = interval if limits.pinned else max(interval + spread, limits.shortest)
    if asked.retry_after is not None:
        kept = believed(asked.retry_after)
        if kept > seconds:
            seconds, rule = kept, f"the server wants {spoken(kept)} without requests"
    at = asked.moment + timedelta(seconds=seconds)
    if not limits.pinned:
        allowed = _allowed(at, asked.skip_hours, asked.skip_days)
        if allowed != at:
            at, rule = allowed + timedelta(seconds=chance * _MOST_SPREAD), "the feed asks for no polls before that hour"
    return Plan(at, interval, rule)


def _interval(asked: Asked, limits: Limits) -> tuple[float, str]:
    """The interval of a feed that answers, and its rule."""
    if limits.pinned:
        return limits.pinned, f"pinned to every {spoken(limits.pinned)}"
    interval = by_rhythm(asked.rhythm, asked.moment, limits)
    rule = f"by its rhythm, some {_frequency(asked.rhythm.rate)}"
    if asked.missed:
        # Items are being lost: that counts for more than what anybody asks for.
        return limits.held(interval / 2), "in half the time, for items scrolled off before they were read"
    tier = _stale(asked, limits)
    if tier > interval:
        interval, rule = tier, "nothing new for over a week, so more rarely"
    hint = min(asked.hint, HINT_CAP, limits.longest)
    if hint > interval:
        interval = hint
        rule = f"the feed or its server asks for {spoken(asked.hint)} between polls"
        rule += f", believed up to {spoken(hint)}" if asked.hint > hint else ""
    return interval, rule


def by_rhythm(rhythm: Rhythm, moment: datetime, limits: Limits) -> float:
    """Seconds until `ITEMS_PER_POLL` are to be expected, placed where the items of the time around are found soonest."""
    rate, weights, start = rhythm.rate, Weights(rhythm), moment.timestamp()
    expected, now, end = 0.0, start, start + limits.longest
    while now < end:
        hour = int(now // _HOUR)
        stop = min((hour + 1) * _HOUR, end)
        brings = rate * weights.of_hour(hour) * (stop - now) / _HOUR
        if expected + brings >= ITEMS_PER_POLL:
            now += (ITEMS_PER_POLL - expected) / brings * (stop - now)
            break
        expected, now = expected + brings, stop
    interval = limits.held(now - start)
    return limits.held(_placed(weights, start, interval, limits)) if interval >= _PLACED_FROM else interval


def _placed(weights: Weights, start: float, interval: float, limits: Limits) -> float:
    """Of all ways to poll twice in two intervals, the first poll of the one that makes items wait least.

    With m(z) the items that come until z and s(z) the sum of their times, those until z wait z * m - s.
    """
    end = start + 2 * interval
    first = int(start // _HOUR)
    edges = [start, *((hour + 1) * _HOUR for hour in range(first, int(end // _HOUR)))]
    edges += [end] if edges[-1] < end else []
    parts = [(weights.of_hour(int(a // _HOUR)) * (b - a), (a + b) / 2 - start) for a, b in pairwise(edges)]
    come = [0.0, *accumulate(mass for mass, _ in parts)]
    times = [0.0, *accumulate(mass * middle for mass, middle in parts)]

    def wait(place: float) -> float:
        at = start + place
        n = min(bisect_right(edges, at) - 1, len(parts) - 1)
        part = parts[n][0] * (at - edges[n]) / (edges[n + 1] - edges[n])
        m, s = come[n] + part, times[n] + part * ((at + edges[n]) / 2 - start)
        return place * m - s + 2 * interval * (come[-1] - m) - (times[-1] - s)

    low, high = max(interval / 2, limits.shortest), min(interval * 1.5, limits.longest)
    places = [low + (high - low) * step / _PLACES for step in range(_PLACES, -1, -1)]
    return min(places, key=wait)


def _stale(asked: Asked, limits: Limits) -> float:
    last = asked.rhythm.last
    if last is None:
        return 0.0
    for age, times in _STALE:
        if asked.moment - last > age:
            most = max(limits.longest, min(times * limits.longest, _LONGEST_BACKOFF))
            return most if times == 1 else max(limits.longest, most - min(most * _SPREAD, _MOST_SPREAD))
    return 0.0


def _after_failure(asked: Asked, interval: float, limits: Limits, chance: float) -> tuple[float, str]:
    if asked.probe is not None:
        return asked.probe.total_seconds(), "the feed is gone; looked for now and then all the same"
    base = interval if limits.pinned else limits.held(interval)
    doubled = base * 2 ** min(weighed(asked.status, asked.failures), _MOST_DOUBLINGS)
    seconds = max(min(doubled, max(_LONGEST_BACKOFF, base)) * (0.5 + chance / 2), min(base, limits.shortest))
    times = "once" if asked.failures == 1 else f"{asked.failures} times in a row"
    return seconds, f"failed {times}: tried again more and more rarely, at least once a day"


def _allowed(at: datetime, skip_hours: Iterable[int], skip_days: Iterable[int]) -> datetime:
    """`at`, or the beginning of the first hour the feed allows; `at` when it allows none."""
    hours, days = frozenset(skip_hours), frozenset(skip_days)
    if not hours and not days:
        return at
    moment = at.astimezone(UTC)
    for _ in range(_WEEK_HOURS + 1):
        if moment.hour not in hours and moment.weekday() not in days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def _frequency(rate: float) -> str:
    if rate >= 1:
        return f"{rate:.0f} items an hour"
    if rate * 24 >= 1:
        return f"{rate * 24:.0f} items a day"
    return f"{rate * 720:.0f} items a month"


def spoken(seconds: float) -> str:
    """A time span as one says it."""
    for unit, name in ((86_400.0, "days"), (_HOUR, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"
