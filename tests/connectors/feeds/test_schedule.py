from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.schedule import Limits, after_first, after_poll, wait

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMITS = Limits()
HOUR = 3600.0


def test_a_busy_feed_begins_quick_and_a_quiet_one_slow() -> None:
    busy = [NOW - timedelta(minutes=5 * n) for n in range(1, 25)]
    weekly = [NOW - timedelta(days=6)]
    assert after_first(busy, NOW, LIMITS) == LIMITS.shortest
    assert after_first(weekly, NOW, LIMITS) == LIMITS.longest
    assert after_first([], NOW, LIMITS) == LIMITS.longest
    assert LIMITS.shortest < after_first([NOW - timedelta(hours=n) for n in range(1, 11)], NOW, LIMITS) < HOUR


def test_items_make_it_quicker_and_silence_slower() -> None:
    assert after_poll(HOUR, 5, HOUR, LIMITS) < HOUR < after_poll(HOUR, 0, HOUR, LIMITS)


def test_a_steady_feed_settles_at_half_an_item_a_poll() -> None:
    interval, debt = LIMITS.longest, 0.0
    for _ in range(3000):
        debt += 2.0 * interval / HOUR
        new, debt = int(debt), debt % 1
        interval = after_poll(interval, new, interval, LIMITS)
    assert 0.8 * HOUR / 4 < interval < 1.2 * HOUR / 4


SECONDS = st.floats(0, 1e12)


@given(SECONDS, st.integers(0, 1000), SECONDS)
def test_an_interval_stays_within_its_limits(interval: float, new: int, elapsed: float) -> None:
    assert LIMITS.shortest <= after_poll(interval, new, elapsed, LIMITS) <= LIMITS.longest


@given(SECONDS, st.integers(0, 10_000), st.none() | SECONDS, st.floats(0, 1, exclude_max=True))
def test_a_feed_is_never_given_up_and_never_hammered(
    interval: float, failures: int, retry: float | None, chance: float
) -> None:
    assert timedelta(minutes=4) < wait(interval, failures, retry, chance, LIMITS) <= timedelta(days=1)


def test_failures_back_off_and_a_request_for_quiet_is_kept() -> None:
    waits = [wait(300, n, None, 0.99, LIMITS) for n in range(8)]
    assert waits == sorted(waits)
    assert waits[7] > timedelta(hours=4)
    assert wait(300, 1, 7200, 0.0, LIMITS) == timedelta(hours=2)
    assert wait(300, 1, 1, 0.0, Limits(1, 2)) == timedelta(minutes=1)


def test_a_demo_may_poll_each_second() -> None:
    assert wait(after_poll(1, 0, 1, Limits(1, 2)), 0, None, 0.5, Limits(1, 2)) <= timedelta(seconds=2)
