"""How often a feed is called silent that is not, and how soon one that has died: on real dates, see `feeds_schedule`."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from benchmarks.feeds_arrivals import Arrivals
from schemas.rhythm import Rhythm, begun, followed, is_known, silence

_HOUR, _WEEK = 3_600.0, 604_800.0


class Alarms(msgspec.Struct, frozen=True):
    """What came of watching feeds, and of killing each."""

    weeks: float
    """In which the feeds were known well enough to be called silent."""
    alarms: int
    killed: int
    named_after: float
    named_at_most: float
    """How long until a killed feed was named, over its longest silence in plain hours until then."""


def false_alarms(feeds: Sequence[Arrivals]) -> Alarms:
    """Watch each of `feeds` to its last item; then again, killed halfway."""
    weeks, alarms, named = 0.0, 0, []
    for feed in feeds:
        watched, cried = _watched(feed)
        weeks, alarms = weeks + watched, alarms + cried
        ratio = _killed(feed)
        named += [ratio] if ratio else []
    return Alarms(weeks, alarms, len(named), statistics.median(named), max(named))


def _watched(feed: Arrivals) -> tuple[float, int]:
    """Weeks watched, and silences called that were none: something came after them."""
    weeks, alarms, crying = 0.0, 0, False
    # A newsroom's dates end when the archive does, which is no silence of the feed.
    end = feed.end if feed.kind == "saved" else min(feed.end, feed.times[-1])
    for rhythm, now in _polls(feed, end):
        weeks += _HOUR / _WEEK * is_known(rhythm)
        called = silence(rhythm) is not None
        last = rhythm.last.timestamp() if rhythm.last is not None else now
        ours = not last <= feed.away <= now
        alarms += called and ours and not crying
        crying = called and ours
    return weeks, alarms


def _killed(feed: Arrivals) -> float:
    """How many of its longest silences it took to name the feed after it died in the middle; 0: it was hardly known."""
    half = bisect_right(feed.times, (feed.start + feed.end) / 2)
    died = msgspec.structs.replace(feed, times=feed.times[:half])
    known = False
    for rhythm, now in _polls(died, feed.times[half - 1] + 52 * _WEEK if half else 0.0):
        if rhythm.last is None or rhythm.last.timestamp() < feed.times[half - 1]:
            known = is_known(rhythm) and silence(rhythm) is None
        elif not known and not is_known(rhythm):
            return 0.0
        elif silence(rhythm) is not None:
            return (now - feed.times[half - 1]) / _HOUR / max(rhythm.longest_plain, 1.0)
    return 0.0


def _polls(feed: Arrivals, end: float) -> list[tuple[Rhythm, float]]:
    """The rhythm after each of the hourly polls until `end`."""
    now = feed.start
    found = bisect_right(feed.times, now)
    rhythm = begun(map(_time, feed.times[max(0, found - feed.shown) : found]), _time(now))
    known = []
    while now < end:
        now += _HOUR
        there = bisect_right(feed.times, now)
        rhythm = followed(rhythm, _time(now), list(map(_time, feed.times[max(found, there - feed.shown) : there])))
        found = there
        known.append((rhythm, now))
    return known


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
