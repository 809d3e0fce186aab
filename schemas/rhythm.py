"""How a feed publishes: how much, at which hours and days, and how long it is quiet at most. Pure.

The rate is items over time, both fading, where time itself is weighted: an hour in which the feed publishes much counts
for more than one at night. Hours of the day and days of the week are kept apart and multiplied (31 numbers, known after
days; 168 would take months). A rate that follows its feed through nights and weekends is what polling, gaps and
silence are judged by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from schemas.time import Time

_HALF_LIFE_HOURS = 72.0
"""Weighted hours after which what came counts half: the rate follows a feed within days."""
_SHAPE_HALF_LIFE_HOURS = 336.0
_SHAPE_PRIOR = 24.0
"""Items spread evenly over day and week that every feed starts with: few items make no pattern."""
_PRIOR_HOURS, _PRIOR_RATE = 6.0, 1 / 24
"""Before anything is known: one item a day, believed as much as six hours of looking."""
_HOURS_KNOWN_AFTER, _DAYS_KNOWN_AFTER = timedelta(days=1), timedelta(days=7)
"""Before that, hours or days that have not come round yet would look empty."""
_MEMORY = timedelta(days=180)
_LONGEST_HALF_LIFE_DAYS = 90.0
_MOST_KNOWN = 100_000
SILENT_TIMES = 1.75
"""Of its longest silence, weighted: what is quiet for longer is no longer itself. On the dates of 180 real feeds the
figures here give one false alarm in some 230 weeks of a source (`benchmarks.feeds_schedule`)."""
_LONGER = 1.1
"""Of its longest silence in plain hours, which must be exceeded too: an hour at noon weighs much in a feed of the night."""
_TWICE, _WELL_KNOWN = 1.8, 100
"""Of its longest silence in plain hours: enough by itself for a feed known by so many items."""
_SILENT_KNOWN = 30
_SILENT_AFTER = timedelta(days=14)
_HOUR = 3600.0
_DAY_HOURS, _WEEK_DAYS = 24, 7
_DAY, _WEEK = 86_400.0, 604_800.0
_LEAST_SEEN = 0.3
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""
_LN2 = math.log(2)


class Rhythm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What polls and the dates in a feed have shown of it."""

    since: Time | None = None
    """From when on it is known; None before its first document."""
    at: Time | None = None
    """Up to when it is known: the last poll that was answered with a feed."""
    last: Time | None = None
    """When its newest item came, by its own date when that is plausible."""
    known: int = 0
    """Items all this rests on."""
    items: float = 0.0
    hours: float = 0.0
    """Items, and weighted hours in which they came, both fading: one over the other is the rate."""
    by_hour: tuple[float, ...] = ()
    """Items by hour of the day in UTC, fading."""
    by_day: tuple[float, ...] = ()
    """Items by day of the week, Monday first, fading."""
    longest: float = 0.0
    """The longest silence it has broken, in weighted hours, fading."""
    longest_plain: float = 0.0
    """The same in plain hours."""
    idle: int = 0
    """Polls in a row that brought nothing new."""
    replaced: int = 0
    """Documents with news in a row in which nothing was known from the one before."""

    @property
    def rate(self) -> float:
        """Items an hour, averaged over the week; of a feed hardly known, what most feeds have."""
        return (self.items + _PRIOR_RATE * _PRIOR_HOURS) / (self.hours + _PRIOR_HOURS)

    @property
    def seen_rate(self) -> float:
        """The same from what was seen alone."""
        return self.items / self.hours if self.items and self.hours else self.rate


class Weights:
    """How much of a feed's week falls on each hour; 1 is the average. Times are seconds since 1970."""

    def __init__(self, rhythm: Rhythm) -> None:
        age = timedelta(0) if rhythm.since is None or rhythm.at is None else rhythm.at - rhythm.since
        self._hours = self._days = [1.0]
        if age >= _HOURS_KNOWN_AFTER and rhythm.by_hour:
            hours = rhythm.by_hour
            # Items come a little before or after the hour they usually do.
            smooth = [(hours[h - 1] + 2 * hours[h] + hours[(h + 1) % _DAY_HOURS]) / 4 for h in range(_DAY_HOURS)]
            self._hours = _shares(smooth)
        if age >= _DAYS_KNOWN_AFTER and rhythm.by_day:
            self._days = _shares(_evened(rhythm))

    def of_hour(self, hour: int) -> float:
        """The weight of an hour, counted since 1970."""
        return self._hours[hour % len(self._hours)] * self._days[_weekday(hour) % len(self._days)]

    def between(self, start: float, end: float) -> float:
        """Weighted hours from `start` to `end`; whole weeks in between count as they are."""
        whole = max(0, int((end - start) // _WEEK))
        total = float(whole * _DAY_HOURS * _WEEK_DAYS)
        start += whole * _WEEK
        while start < end:
            hour = int(start // _HOUR)
            stop = min((hour + 1) * _HOUR, end)
            total += self.of_hour(hour) * (stop - start) / _HOUR
            start = stop
        return total


def begun(published: Iterable[datetime], moment: datetime) -> Rhythm:
    """The rhythm after a feed's first document, from the dates in it: it is not to wait for days to be known."""
    dates = sorted(at for at in published if at <= moment)
    recent = [at for at in dates if at >= moment - _MEMORY]
    since = recent[0] if recent else moment
    by_hour, by_day = _counted((0.0,) * _DAY_HOURS, (0.0,) * _WEEK_DAYS, recent)
    span = max((moment - since).total_seconds() / _HOUR, 1.0)
    items = sum(_faded(1.0, (moment - at).total_seconds() / _HOUR, _HALF_LIFE_HOURS) for at in recent)
    rhythm = Rhythm(
        since=since, at=moment, last=dates[-1] if dates else None, known=len(recent), items=items,
        hours=_looked(span), by_hour=by_hour, by_day=by_day,
    )  # fmt: skip
    weights = Weights(rhythm)
    gaps = [(a.timestamp(), b.timestamp()) for a, b in pairwise(recent)]
    return msgspec.structs.replace(
        rhythm,
        longest=max((weights.between(a, b) for a, b in gaps), default=0.0),
        longest_plain=max(((b - a) / _HOUR for a, b in gaps), default=0.0),
    )


def followed(rhythm: Rhythm, moment: datetime, new: Sequence[datetime], missed: int = 0) -> Rhythm:
    """The rhythm after a poll at `moment` that brought items dated `new`, and from which `missed` had scrolled off.

    A date outside the time since the poll before says when an item was written, not when it came: `moment` stands for it.
    """
    if rhythm.at is None or rhythm.since is None:
        return begun(new, moment)
    if moment < rhythm.at:
        # The clock was set back, or a delivery overtook this poll: no time has passed, and what is known stays.
        last = min(rhythm.last, moment) if rhythm.last is not None else None
        before = msgspec.structs.replace(rhythm, at=moment, since=min(rhythm.since, moment), last=last)
        return followed(before, moment, new, missed)
    weights = Weights(rhythm)
    passed = weights.between(rhythm.at.timestamp(), moment.timestamp())
    real = (moment - rhythm.at).total_seconds() / _HOUR
    came = sorted(at if rhythm.at < at <= moment else moment for at in new)
    by_hour, by_day = _passed(rhythm, moment)
    by_hour, by_day = _counted(by_hour, by_day, came)
    if missed:
        by_hour, by_day = _spread(by_hour, by_day, missed, _slots(weights, rhythm.at, moment))
    longest = _faded(rhythm.longest, real / 24, _LONGEST_HALF_LIFE_DAYS)
    plain = _faded(rhythm.longest_plain, real / 24, _LONGEST_HALF_LIFE_DAYS)
    if came and rhythm.last is not None:
        longest = max(longest, weights.between(rhythm.last.timestamp(), came[0].timestamp()))
        plain = max(plain, (came[0] - rhythm.last).total_seconds() / _HOUR)
    return msgspec.structs.replace(
        rhythm,
        at=moment,
        last=came[-1] if came else rhythm.last,
        known=min(rhythm.known + len(came), _MOST_KNOWN),
        items=round(_faded(rhythm.items, passed, _HALF_LIFE_HOURS) + len(came) + missed, 4),
        hours=round(_faded(rhythm.hours, passed, _HALF_LIFE_HOURS) + _looked(passed), 4),
        by_hour=tuple(round(one, 3) for one in by_hour),
        by_day=tuple(round(one, 3) for one in by_day),
        longest=round(longest, 3),
        longest_plain=round(plain, 3),
        idle=0 if came else rhythm.idle + 1,
    )


class Silence(msgspec.Struct, frozen=True):
    """How long a feed has been quiet, in plain hours, and how many times its longest silence that is, weighted."""

    hours: float
    times: float


def silence(rhythm: Rhythm) -> Silence | None:
    """The silence of a feed that is quiet improbably long for its own rhythm, nights and weekends counted; else None.

    Judged up to the last poll that was answered: a feed nobody asked is not silent. One known for less than two weeks
    or by fewer than 30 items never is.
    """
    if rhythm.at is None or rhythm.last is None or not rhythm.longest or not is_known(rhythm):
        return None
    hours = (rhythm.at - rhythm.last).total_seconds() / _HOUR
    if hours <= _LONGER * rhythm.longest_plain:
        return None
    quiet = Weights(rhythm).between(rhythm.last.timestamp(), rhythm.at.timestamp())
    twice = rhythm.known >= _WELL_KNOWN and hours > _TWICE * rhythm.longest_plain
    return Silence(hours, quiet / rhythm.longest) if twice or quiet > SILENT_TIMES * rhythm.longest else None


def is_known(rhythm: Rhythm) -> bool:
    """Whether the feed is known for long enough, and by enough items, to judge its silences."""
    if rhythm.since is None or rhythm.at is None:
        return False
    return rhythm.known >= _SILENT_KNOWN and rhythm.at - rhythm.since >= _SILENT_AFTER


def _passed(rhythm: Rhythm, moment: datetime) -> tuple[Sequence[float], Sequence[float]]:
    """Counts by hour and day, each faded for the time of its own that has passed: none may look poor for being long ago."""
    hours = list(rhythm.by_hour or (0.0,) * _DAY_HOURS)
    days = list(rhythm.by_day or (0.0,) * _WEEK_DAYS)
    assert rhythm.at is not None  # the caller has looked
    now, end = rhythm.at.timestamp(), moment.timestamp()
    whole = int((end - now) // _WEEK)
    if whole:
        hours = [_faded(one, whole * 168, _SHAPE_HALF_LIFE_HOURS) for one in hours]
        days = [_faded(one, whole * 168, _SHAPE_HALF_LIFE_HOURS) for one in days]
        now += whole * _WEEK
    while now < end:
        hour = int(now // _HOUR)
        stop = min((hour + 1) * _HOUR, end)
        passed, of_day, of_week = (stop - now) / _HOUR, hour % _DAY_HOURS, _weekday(hour)
        hours[of_day] = _faded(hours[of_day], passed * _DAY_HOURS, _SHAPE_HALF_LIFE_HOURS)
        days[of_week] = _faded(days[of_week], passed * _WEEK_DAYS, _SHAPE_HALF_LIFE_HOURS)
        now = stop
    return hours, days


def _shares(counts: Sequence[float]) -> list[float]:
    """How much of the average each of `counts` is, with the prior spread evenly: 1 on average."""
    base = sum(counts) + _SHAPE_PRIOR
    return [(one * len(counts) + _SHAPE_PRIOR) / base for one in counts]


def _evened(rhythm: Rhythm) -> Sequence[float]:
    """Counts by day, as if each day had come round equally often since the feed is known."""
    assert rhythm.since is not None  # the caller has asked for its age
    assert rhythm.at is not None
    since, at = rhythm.since.timestamp() / _DAY, rhythm.at.timestamp() / _DAY
    faded = _WEEK_DAYS * _DAY_HOURS / _SHAPE_HALF_LIFE_HOURS
    even = []
    for day, count in enumerate(rhythm.by_day):
        # Day `day` of every week begins at a number of days since 1970 that is `start` modulo 7.
        start = (day - _EPOCH_WEEKDAY) % _WEEK_DAYS
        rounds = _rounds(at - start) - _rounds(since - start)
        even.append(count / max(1 - math.exp2(-faded * rounds), _LEAST_SEEN))
    return even


def _rounds(days: float) -> float:
    """How often the first day of a week has passed in `days`, parts counted."""
    return days // _WEEK_DAYS + min(days % _WEEK_DAYS, 1.0)


def _weekday(hour: int) -> int:
    return (hour // _DAY_HOURS + _EPOCH_WEEKDAY) % _WEEK_DAYS


def _counted(
    by_hour: Sequence[float], by_day: Sequence[float], times: Iterable[datetime]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    hours, days = list(by_hour), list(by_day)
    for at in times:
        utc = at.astimezone(UTC)
        hours[utc.hour] += 1
        days[utc.weekday()] += 1
    return tuple(hours), tuple(days)


def _slots(weights: Weights, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """The hours from `start` to `end`, a week at most, each with its weight."""
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    span = min(int((end - first).total_seconds() // _HOUR) + 1, _DAY_HOURS * _WEEK_DAYS)
    slots = [first + timedelta(hours=number) for number in range(span)]
    return [(at, weights.of_hour(int(at.timestamp() // _HOUR))) for at in slots]


def _spread(
    by_hour: Sequence[float], by_day: Sequence[float], missed: int, slots: Sequence[tuple[datetime, float]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """With `missed` items counted as the weights have them: else the hours of a gap would look like a quiet night."""
    hours, days = list(by_hour), list(by_day)
    each = missed / sum(weight for _, weight in slots)
    for at, weight in slots:
        hours[at.hour] += each * weight
        days[at.weekday()] += each * weight
    return tuple(hours), tuple(days)


def _faded(value: float, passed: float, half_life: float) -> float:
    return value * math.exp2(-max(passed, 0.0) / half_life)


def _looked(hours: float) -> float:
    """What `hours` of looking count for at their end, faded like the items in them."""
    return _HALF_LIFE_HOURS / _LN2 * (1 - math.exp2(-hours / _HALF_LIFE_HOURS))
