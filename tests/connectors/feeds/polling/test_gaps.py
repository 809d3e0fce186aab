from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.feeds.polling.gaps import NONE, Gap, gap
from schemas.rhythm import Rhythm, begun, followed

START = datetime(2026, 11, 2, tzinfo=UTC)
SHOWN = 20


class Polled:
    """A feed that shows its last 20 items, polled as the poller does it."""

    def __init__(self, times: list[datetime], first: datetime, *, dated: bool = True) -> None:
        self._times = times
        self._dated = dated
        self._brought = set(self._shown(first))
        self.rhythm = begun(self._dates(first), first)
        self.missed = 0
        """What the gap of the last poll really is."""

    def _shown(self, moment: datetime) -> list[datetime]:
        return [at for at in self._times if at <= moment][-SHOWN:]

    def _dates(self, moment: datetime) -> list[datetime]:
        return self._shown(moment) if self._dated else []

    def poll(self, moment: datetime) -> Gap:
        shown = self._shown(moment)
        new = [at for at in shown if at not in self._brought]
        assert self.rhythm.at is not None
        self.missed = sum(self.rhythm.at < at <= moment for at in self._times) - len(new)
        known = len(new) < len(shown)
        found = gap(self.rhythm, moment, self._dates(moment), len(shown), known=known)
        came = new if self._dated else [moment] * len(new)
        replaced = self.rhythm.replaced + 1 if found.replaced else 0 if new else self.rhythm.replaced
        self.rhythm = followed(self.rhythm, moment, came, found.missed)
        self.rhythm = msgspec.structs.replace(self.rhythm, replaced=replaced)
        self._brought |= set(new)
        return found


def arrivals(rate: Callable[[float], float], days: int) -> list[datetime]:
    """Items at `rate` an hour, a function of the hour since the start."""
    times, owed = [], 0.0
    for second in range(0, days * 86_400, 10):
        owed += rate(second / 3600) / 360
        if owed >= 1:
            times.append(START + timedelta(seconds=second))
            owed -= 1
    return times


def by_day(hour: float) -> float:
    """Between 1 and 9 items an hour, most at noon."""
    return 5 - 4 * math.cos(2 * math.pi * (hour % 24) / 24)


@pytest.mark.parametrize(
    ("hours", "within"), [(8, 0.2), (12, 0.2), (24, 0.2), (30, 0.2), (48, 0.2), (-24, 0.2), (-48, 0.2)]
)
def test_every_gap_is_found_and_told_within_a_fifth(hours: int, within: float) -> None:
    # Where entries bear no dates (negative hours here) the rate of days before is all there is to go by.
    feed = Polled(arrivals(by_day, 60), START + timedelta(days=3), dated=hours > 0)
    moment = START + timedelta(days=3)
    found = 0
    for day in range(4, 56):
        # An hour after the other; once a week nobody polls for long.
        until = START + timedelta(days=day)
        while moment < until:
            moment += timedelta(hours=1)
            assert feed.poll(moment) == NONE, "no gap when the polls overlap"
        if day >= 24 and day % 7 == 0:
            moment += timedelta(hours=abs(hours))
            told = feed.poll(moment)
            found += 1
            assert told.missed == pytest.approx(feed.missed, rel=within, abs=1)
            assert told.replaced
    assert found >= 3


def test_no_gap_is_told_in_thirty_days_of_a_feed_that_is_polled_in_time() -> None:
    chance = random.Random(1)
    times = sorted(START + timedelta(minutes=chance.uniform(0, 40 * 1440)) for _ in range(4000))
    feed = Polled(times, START + timedelta(days=5))
    told = [feed.poll(START + timedelta(days=5, minutes=90 * n)) for n in range(1, 30 * 16)]
    assert set(told) == {NONE}


def rhythm_of(every: timedelta) -> Rhythm:
    return begun([START - every * n for n in range(100)], START)


def test_a_document_that_is_new_each_time_does_not_cry_for_ever() -> None:
    known, cried = rhythm_of(timedelta(hours=6)), 0
    for day in range(1, 15):
        moment = START + timedelta(days=day)
        dates = [moment - timedelta(hours=1)] * 10
        found = gap(known, moment, dates, 10, known=False)
        cried += found.missed > 0
        known = followed(known, moment, dates, found.missed)
        known = msgspec.structs.replace(known, replaced=known.replaced + 1)
    assert cried <= 2


def test_a_feed_that_loses_items_at_each_poll_is_named_each_time() -> None:
    feed = Polled(arrivals(lambda _: 100.0, 10), START + timedelta(days=1))
    told = [feed.poll(START + timedelta(days=1, hours=n)) for n in range(1, 100)]
    assert min(one.missed for one in told) > 50
    assert statistics.median(one.missed for one in told) == pytest.approx(80, rel=0.2)


def test_entries_older_than_the_last_poll_have_only_got_new_ids() -> None:
    moment = START + timedelta(hours=1)
    dates = [START - timedelta(hours=n) for n in range(20)]
    assert gap(rhythm_of(timedelta(hours=1)), moment, dates, 20, known=False) == Gap(replaced=True, renamed=True)


def test_without_a_document_before_there_is_no_gap() -> None:
    assert gap(Rhythm(), START, [START], 20, known=False) == NONE
    assert gap(rhythm_of(timedelta(hours=1)), START + timedelta(days=9), [], 0, known=False) == NONE
    assert gap(rhythm_of(timedelta(hours=1)), START + timedelta(days=9), [], 20, known=True) == NONE
