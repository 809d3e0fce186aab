"""Policies of when a feed is polled next, ours and others', and the trial of one on the arrivals of a feed."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from benchmarks.feeds_arrivals import Arrivals
from connectors.feeds.polling import schedule
from schemas.feed import FeedStatus
from schemas.rhythm import Rhythm, begun, followed

_WEEK = 604_800.0
_WARM_UP = 0.25
"""Part of a trial that counts for nobody: all policies learn in it."""


class Policy(Protocol):
    """Decides in seconds. Items are given by when they came, which is the date in the feed."""

    def first(self, shown: Sequence[float], now: float) -> float:
        """Seconds to wait after the first document."""

    def next(self, new: Sequence[float], now: float) -> float:
        """Seconds to wait after a poll that brought `new`."""


class Ours:
    """The poller's: `connectors.feeds.polling.schedule` over `schemas.rhythm`, spread of polls included."""

    def __init__(self, limits: schedule.Limits, seed: int) -> None:
        self._limits = limits
        self._random = random.Random(seed)
        self.rhythm = Rhythm()

    def first(self, shown: Sequence[float], now: float) -> float:
        """See `Policy`."""
        self.rhythm = begun(map(_time, shown), _time(now))
        return self._wait(now)

    def next(self, new: Sequence[float], now: float) -> float:
        """See `Policy`."""
        self.rhythm = followed(self.rhythm, _time(now), list(map(_time, new)))
        return self._wait(now)

    def _wait(self, now: float) -> float:
        asked = schedule.Asked(moment=_time(now), status=FeedStatus.WORKING, rhythm=self.rhythm)
        return schedule.plan(asked, self._limits, self._random.random()).at.timestamp() - now


class Miniflux:
    """miniflux v2's `entry_frequency`, factor 1: `ScheduleNextCheck` and `WeeklyFeedEntryCount` at 106cdd0 (August 2026).

    The count is a virtual one, a week over the mean gap of the entries of the last seven days, read before the new ones
    are stored; one entry or none makes it 0, which means the longest interval. In its favour, polls are made when due: it
    looks for due feeds once an hour by default.
    """

    def __init__(self, limits: schedule.Limits) -> None:
        self._limits = limits
        self._entries: list[float] = []

    def first(self, shown: Sequence[float], now: float) -> float:
        """See `Policy`. A new feed is due at once."""
        self._entries = list(shown)
        del now
        return self._limits.shortest

    def next(self, new: Sequence[float], now: float) -> float:
        """See `Policy`."""
        recent = self._entries[bisect_left(self._entries, now - _WEEK) :]
        count = 0
        if len(recent) > 1 and recent[-1] > recent[0]:
            count = math.ceil(_WEEK / ((recent[-1] - recent[0]) / (len(recent) - 1)))
        self._entries = [*recent, *new]
        return self._limits.held(_WEEK / count) if count else self._limits.longest


class Fixed:
    """Round robin: every feed after the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def first(self, shown: Sequence[float], now: float) -> float:
        """See `Policy`."""
        del shown, now
        return self._seconds

    def next(self, new: Sequence[float], now: float) -> float:
        """See `Policy`."""
        del new, now
        return self._seconds


class Trial(msgspec.Struct, frozen=True):
    """What a policy did after the warm-up."""

    delays: tuple[float, ...]
    """Seconds from when each item came to the poll that found it."""
    polls: int
    missed: int
    """Items that had scrolled off before any poll."""


def tried(policy: Policy, feed: Arrivals, late: float = 0.0) -> Trial:
    """`policy` on `feed`, its first poll at the part `late` of a day after the start of the trial."""
    times = feed.times[: bisect_right(feed.times, feed.end)]
    now = feed.start + late * min(86_400.0, (feed.end - feed.start) / 5)
    counted = now + (feed.end - now) * _WARM_UP
    found = bisect_right(times, now)
    wait = policy.first(times[max(0, found - feed.shown) : found], now)
    delays, polls, missed = [], 0, 0
    while found < len(times) or now < feed.end:
        now += wait
        there = bisect_right(times, now)
        shown_from = max(found, there - feed.shown)
        missed += sum(at >= counted for at in times[found:shown_from])
        delays += [now - at for at in times[shown_from:there] if at >= counted]
        polls += counted <= now <= feed.end
        wait = policy.next(times[shown_from:there], now)
        found = there
    return Trial(tuple(delays), polls, missed)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
