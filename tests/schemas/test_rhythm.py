from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.feed import FeedState
from schemas.rhythm import SILENT_TIMES, Rhythm, Weights, begun, followed, silence

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def office_hours(weeks: int, start: datetime = MONDAY) -> list[datetime]:
    """One item an hour from 8 to 17, Monday to Friday."""
    days = [start + timedelta(days=day) for day in range(7 * weeks)]
    return [day + hour * HOUR for day in days if day.weekday() < 5 for hour in range(8, 18)]


def polled(times: list[datetime], start: datetime, end: datetime, every: timedelta) -> Rhythm:
    known, moment = begun([at for at in times if at <= start], start), start
    while moment < end:
        before, moment = moment, moment + every
        known = followed(known, moment, [at for at in times if before < at <= moment])
    return known


def test_hours_and_days_are_learned() -> None:
    end = MONDAY + timedelta(weeks=6)
    known = polled(office_hours(6), MONDAY + timedelta(days=1), end, timedelta(minutes=30))
    weights = Weights(known)
    noon, night, saturday = (int((MONDAY + add).timestamp() // 3600) for add in (12 * HOUR, 2 * HOUR, 132 * HOUR))
    assert weights.of_hour(noon) > 2
    assert weights.of_hour(night) < 0.5
    assert weights.of_hour(saturday) < 0.3 * weights.of_hour(noon)
    whole = weights.between(MONDAY.timestamp(), (MONDAY + timedelta(weeks=3)).timestamp())
    assert whole == pytest.approx(3 * 168, rel=1e-3)
    assert known.rate == pytest.approx(50 / 168, rel=0.3)
    assert known.last == end - timedelta(days=2) - 7 * HOUR


def test_a_first_document_is_enough_to_begin_with() -> None:
    known = begun(office_hours(3), MONDAY + timedelta(weeks=3))
    assert known.known == 150
    assert known.since == MONDAY + 8 * HOUR
    assert 0.1 < known.rate < 0.6
    assert begun([], MONDAY).rate == pytest.approx(1 / 24, rel=0.2)


def test_dates_outside_the_time_since_the_last_poll_do_not_count_as_arrivals() -> None:
    known = begun([MONDAY], MONDAY + HOUR)
    after = followed(known, MONDAY + 2 * HOUR, [MONDAY - timedelta(days=300), MONDAY + timedelta(days=300)])
    assert after.last == MONDAY + 2 * HOUR
    assert (after.known, after.idle) == (3, 0)
    assert followed(after, MONDAY + 3 * HOUR, []).idle == 1


def test_a_feed_is_silent_once_it_is_quiet_for_too_long_for_its_own_rhythm() -> None:
    times = office_hours(4)
    monday = MONDAY + timedelta(weeks=4)
    known = polled(times, MONDAY + timedelta(days=1), monday + 8 * HOUR, HOUR)
    assert silence(known) is None, "the weekend is its rhythm"
    moment = monday + 8 * HOUR
    while silence(known) is None:
        moment += HOUR
        known = followed(known, moment, [])
    quiet = silence(known)
    assert quiet is not None
    assert quiet.times == pytest.approx(SILENT_TIMES, rel=0.2)
    # Its usual gap over a weekend is 63 hours.
    assert timedelta(hours=63) < moment - times[-1] < 2 * timedelta(hours=63)


def test_of_a_feed_hardly_known_nothing_is_said() -> None:
    few = [MONDAY + n * HOUR for n in range(25)]
    assert silence(polled(few, MONDAY + HOUR, MONDAY + timedelta(weeks=20), 12 * HOUR)) is None
    young = [MONDAY + n * HOUR / 4 for n in range(200)]
    assert silence(polled(young, MONDAY + HOUR, MONDAY + timedelta(days=13), 6 * HOUR)) is None
    assert silence(polled(young, MONDAY + HOUR, MONDAY + timedelta(days=15), 6 * HOUR)) is not None
    assert silence(Rhythm()) is None


@given(
    st.lists(st.floats(0, 4e6), max_size=60), st.lists(st.floats(1, 2e5), min_size=1, max_size=20), st.integers(0, 50)
)
def test_whatever_comes_its_figures_stay_sane_and_travel(arrive: list[float], waits: list[float], missed: int) -> None:
    times = sorted(MONDAY + timedelta(seconds=at) for at in arrive)
    known, moment = begun(times[:10], MONDAY), MONDAY
    for wait in waits:
        before, moment = moment, moment + timedelta(seconds=wait)
        known = followed(known, moment, [at for at in times if before < at <= moment], missed)
        assert known.rate > 0
        assert min((*known.by_hour, *known.by_day, known.longest, known.items)) >= 0
        weights = Weights(known)
        assert min(weights.of_hour(hour) for hour in range(168)) > 0
    state = FeedState(feed_url="x", rhythm=known)
    assert codec.decode(codec.encode(state), FeedState, codec.headers(state)).rhythm.known == known.known


def test_time_between_adds_up() -> None:
    weights = Weights(polled(office_hours(5), MONDAY + HOUR, MONDAY + timedelta(weeks=5), 3 * HOUR))
    marks = [MONDAY.timestamp() + add for add in (0, 1000, 9000, 700_000, 5_000_000)]
    assert weights.between(marks[0], marks[-1]) == pytest.approx(sum(weights.between(a, b) for a, b in pairwise(marks)))


def test_a_clock_that_is_set_back_takes_nothing_of_what_is_known() -> None:
    end = MONDAY + timedelta(weeks=6)
    known = polled(office_hours(6), MONDAY + timedelta(days=1), end, timedelta(minutes=30))
    back = followed(known, end - 3 * HOUR, [end - 4 * HOUR])
    assert (back.at, back.known, back.since) == (end - 3 * HOUR, known.known + 1, known.since)
    assert back.rate == pytest.approx(known.rate, rel=0.1)
    assert back.longest_plain == known.longest_plain
