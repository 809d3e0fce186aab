from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.polling.schedule import HINT_CAP, Asked, Limits, Plan, by_rhythm, plan
from schemas.feed import FeedSource, FeedStatus
from schemas.rhythm import Rhythm, begun, followed

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIMITS = Limits()
HOUR, DAY = 3600.0, 86_400.0
TENTH = 1.1


def rhythm(every: timedelta, moment: datetime = NOW, days: int = 20) -> Rhythm:
    """Of a feed that has published so regularly up to `moment`."""
    return begun([moment - every * n for n in range(int(timedelta(days=days) / every))], moment)


def asked(**more: object) -> Asked:
    return msgspec.structs.replace(
        Asked(moment=NOW, status=FeedStatus.WORKING, rhythm=rhythm(timedelta(hours=4))), **more
    )


def seconds(planned: Plan, moment: datetime = NOW) -> float:
    return (planned.at - moment).total_seconds()


def test_a_busy_feed_is_polled_quickly_and_a_quiet_one_slowly() -> None:
    assert by_rhythm(rhythm(timedelta(minutes=5)), NOW, LIMITS) == LIMITS.shortest
    assert by_rhythm(rhythm(timedelta(hours=1)), NOW, LIMITS) == pytest.approx(0.5 * HOUR, rel=0.25)
    assert by_rhythm(rhythm(timedelta(days=6)), NOW, LIMITS) > 4 * HOUR
    assert by_rhythm(Rhythm(), NOW, LIMITS) > 5 * HOUR


def test_a_steady_feed_is_polled_for_half_an_item() -> None:
    known, moment, owed, polls = rhythm(timedelta(minutes=40)), NOW, 0.0, 0
    while moment < NOW + timedelta(days=5):
        step = seconds(plan(asked(moment=moment, rhythm=known), LIMITS, 0.5), moment)
        moment, owed, polls = moment + timedelta(seconds=step), owed + step / 2400, polls + 1
        known = followed(known, moment, [moment] * int(owed))
        owed %= 1
    assert polls == pytest.approx(5 * 36 / 0.5, rel=0.15)


def test_the_night_is_slept_through() -> None:
    days = [NOW.replace(hour=hour) - timedelta(days=day) for day in range(1, 29) for hour in range(8, 18)]
    midnight = NOW.replace(hour=22)
    office = begun(days + [NOW.replace(hour=hour) for hour in range(8, 18)], midnight)
    assert by_rhythm(office, midnight, LIMITS) > 4 * HOUR
    morning = NOW + timedelta(hours=21)
    assert by_rhythm(followed(office, morning, []), morning, LIMITS) < HOUR


def test_a_daily_feed_is_polled_after_its_hour_not_before() -> None:
    daily = begun([NOW.replace(hour=9) - timedelta(days=day) for day in range(40)], NOW)
    moment, waits = NOW, []
    for _ in range(20):
        planned = plan(asked(moment=moment, rhythm=daily), Limits(300, DAY), 0.5)
        moment = planned.at
        came = [moment.replace(hour=9, minute=0)] if moment.hour >= 9 else []
        daily = followed(daily, moment, [at for at in came if daily.last and at > daily.last])
        waits.append((moment - moment.replace(hour=9, minute=0)).total_seconds() / HOUR)
    # By chance it would be twelve hours; half of a day's polls lie within three.
    assert sum(0 <= wait <= 3 for wait in waits) >= 8


@pytest.mark.parametrize(("days", "hours"), [(6, 6), (8, 6), (15, 12), (31, 24), (500, 24)])
def test_a_feed_without_news_for_weeks_is_polled_more_rarely(days: int, hours: float) -> None:
    old = begun([NOW - timedelta(days=days), NOW - timedelta(days=days + 1)], NOW)
    planned = plan(asked(rhythm=old), LIMITS, 0.5)
    assert planned.interval == pytest.approx(hours * HOUR, rel=0.25)
    assert ("nothing new for" in planned.rule) == (days > 7)


@given(st.floats(300, 7 * DAY), st.integers(0, 400), st.floats(0, 1, exclude_max=True))
def test_no_silence_makes_the_longest_interval_more_than_four_times_as_long(
    longest: float, days: int, chance: float
) -> None:
    old = begun([NOW - timedelta(days=days)], NOW)
    waits = (plan(asked(rhythm=old), Limits(300, longest), chance).at - NOW).total_seconds()
    assert waits <= max(longest * 1.1, min(longest * 4, DAY)) + 1e-3


def test_hints_ask_for_more_time_and_are_believed_up_to_an_hour() -> None:
    busy = rhythm(timedelta(minutes=10))
    assert plan(asked(rhythm=busy, hint=1800), LIMITS, 0.5).interval == 1800
    assert plan(asked(rhythm=busy, hint=86_400), LIMITS, 0.5) == Plan(
        NOW + timedelta(hours=1), HINT_CAP, "the feed or its server asks for 24 hours between polls, believed up to 60 minutes"
    )  # fmt: skip
    assert plan(asked(rhythm=busy, hint=60), LIMITS, 0.5).rule.startswith("by its rhythm, some 6 items an hour")
    assert plan(asked(rhythm=busy, hint=3600), Limits(1, 2), 0.5).interval <= 2


def test_a_gap_halves_the_interval_whatever_is_asked() -> None:
    calm = plan(asked(hint=3600), LIMITS, 0.5)
    alarmed = plan(asked(hint=3600, missed=10), LIMITS, 0.5)
    assert seconds(alarmed) <= seconds(calm) * 0.51 or seconds(alarmed) == LIMITS.shortest
    assert "scrolled off" in alarmed.rule


def test_a_pinned_interval_wins_over_rhythm_hints_and_limits_but_not_over_retry_after() -> None:
    limits = LIMITS.of(FeedSource(feed_url="x", interval=60.0))
    for more in ({}, {"hint": 3600.0}, {"missed": 5}, {"skip_hours": tuple(range(24))}, {"skip_hours": (12,)}):
        assert seconds(plan(asked(**more), limits, 0.9)) == 60
    assert seconds(plan(asked(status=FeedStatus.RATE_LIMITED, failures=1, retry_after=900.0), limits, 0.0)) == 900
    assert LIMITS.of(FeedSource(feed_url="x")) is LIMITS


def test_quiet_hours_and_days_are_kept_in_utc() -> None:
    planned = plan(asked(rhythm=rhythm(timedelta(hours=1)), skip_hours=(12, 13)), LIMITS, 0.5)
    assert planned.at == NOW.replace(hour=14, minute=5)
    assert "asks for no polls" in planned.rule
    tuesday = NOW.weekday()
    assert plan(asked(skip_days=(tuesday,)), LIMITS, 0.0).at == NOW.replace(hour=0) + timedelta(days=1)
    nonsense = plan(asked(skip_hours=tuple(range(24))), LIMITS, 0.5)
    assert nonsense == plan(asked(), LIMITS, 0.5)


def test_passing_faults_back_off_more_slowly_than_lasting_ones() -> None:
    waits = {
        status: [seconds(plan(asked(status=status, failures=n), LIMITS, 0.999)) for n in range(1, 40)]
        for status in (FeedStatus.REFUSED, FeedStatus.SERVER_ERROR, FeedStatus.TIMEOUT)
    }
    for one in waits.values():
        assert one == sorted(one)
        assert one[-1] == pytest.approx(DAY, rel=0.01)
    refused, server, timeout = (waits[status][3] for status in waits)
    assert refused > server > timeout


def test_a_feed_that_is_gone_is_left_alone_for_as_long_as_said() -> None:
    gone = asked(status=FeedStatus.GONE, failures=3, probe=timedelta(days=7))
    assert plan(gone, LIMITS, 0.5).at == NOW + timedelta(days=7)
    assert "gone" in plan(gone, LIMITS.of(FeedSource(feed_url="x", interval=60.0)), 0.5).rule


def test_a_demo_may_poll_each_second() -> None:
    fast = Limits(1, 2)
    assert 0.9 <= seconds(plan(asked(), fast, 0.0)) <= seconds(plan(asked(), fast, 0.999)) <= 2.2


TIMES = st.lists(st.floats(0, 400 * DAY).map(lambda ago: NOW - timedelta(seconds=ago)), max_size=30)
HOURS = st.lists(st.integers(0, 23), max_size=23).map(tuple)
ASKED = st.builds(
    lambda published, **more: Asked(moment=NOW, rhythm=begun(published, NOW), **more),
    TIMES,
    status=st.sampled_from(FeedStatus),
    failures=st.integers(0, 10_000),
    retry_after=st.none() | st.floats(0, 1e12),
    hint=st.floats(0, 1e12),
    skip_hours=HOURS,
    skip_days=st.lists(st.integers(0, 6), max_size=6).map(tuple),
    missed=st.integers(0, 10**6),
    probe=st.none() | st.floats(3600, 30 * DAY).map(lambda seconds: timedelta(seconds=seconds)),
)
CHANCE = st.floats(0, 1, exclude_max=True)
LIMIT = st.builds(
    lambda shortest, factor, pinned: Limits(shortest, shortest * factor, pinned),
    st.floats(1, DAY), st.floats(1, 100), st.just(0.0) | st.floats(1, 7 * DAY),
)  # fmt: skip


@given(ASKED, LIMIT, CHANCE)
def test_a_feed_is_never_given_up_never_hammered_and_what_its_server_wants_is_kept(
    what: Asked, limits: Limits, chance: float
) -> None:
    planned = plan(what, limits, chance)
    wait = seconds(planned)
    shortest = limits.pinned or limits.shortest
    if not (what.failures and what.probe):
        assert wait >= (shortest / 2 if what.failures else shortest) * 0.999
    if what.retry_after is not None:
        assert wait >= min(max(what.retry_after, 60.0), DAY)
    quiet = 0 if limits.pinned or not (what.skip_hours or what.skip_days) else 8 * DAY
    longest = max(limits.longest * TENTH, DAY, limits.pinned + 1, 32 * DAY if what.probe else 0)
    assert wait <= longest + quiet
    if quiet and not limits.pinned and planned.rule.startswith("the feed asks for no polls"):
        assert planned.at.hour not in what.skip_hours
        assert planned.at.weekday() not in what.skip_days
    assert planned.rule


@given(TIMES, LIMIT)
def test_an_interval_by_rhythm_stays_within_its_limits(published: list[datetime], limits: Limits) -> None:
    assert limits.shortest <= by_rhythm(begun(published, NOW), NOW, limits) <= limits.longest
