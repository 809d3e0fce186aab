"""Floors of the polling policy on the dates of real feeds: see `benchmarks/feeds_schedule.py` for what is measured."""

from __future__ import annotations

import pytest

from benchmarks.feeds_arrivals import Arrivals, frozen, halves, line
from benchmarks.feeds_policies import Fixed, Miniflux, Ours, tried
from benchmarks.feeds_schedule import score
from benchmarks.feeds_silence import false_alarms
from connectors.feeds.polling.schedule import Limits

LIMITS = Limits(300, 86_400)


def test_items_are_found_in_less_than_half_the_time_at_no_more_requests() -> None:
    # The half that nothing was tuned on; measured 0.37 at 0.71 (2026-11-25).
    _, feeds = halves(frozen("saved"))
    theirs = score(feeds, lambda _: Miniflux(LIMITS), 2)
    ours = score(feeds, lambda seed: Ours(LIMITS, seed), 2)
    assert ours.median <= 0.45 * theirs.median
    assert ours.polls <= theirs.polls
    assert ours.p90 <= theirs.p90
    assert ours.of_feeds <= 0.75 * theirs.of_feeds
    assert (ours.items, ours.missed) == (theirs.items, theirs.missed)


def test_newsrooms_are_no_worse_off_than_with_as_many_requests_spread_evenly() -> None:
    feeds = [feed for feed in frozen("news") if len(feed.times) < 1500][:6]
    ours = score(feeds, lambda seed: Ours(LIMITS, seed), 1)
    hourly = score(feeds, lambda _: Fixed(3600), 1)
    evenly = score(feeds, lambda _: Fixed(3600 * hourly.polls / ours.polls), 1)
    assert ours.median < 0.8 * evenly.median


@pytest.mark.slow
def test_silence_is_called_once_in_two_hundred_weeks_when_there_is_none_and_soon_when_there_is() -> None:
    alarms = false_alarms([*frozen("saved"), *frozen("news")])
    assert alarms.weeks > 200
    assert alarms.alarms <= alarms.weeks / 200
    assert alarms.killed >= 40
    assert alarms.named_after < 2


def test_a_trial_counts_what_a_policy_found_and_what_it_lost() -> None:
    day = 86_400.0
    feed = Arrivals("saved", 2, 0.0, 8 * day, 0.0, tuple(day * n / 4 for n in range(33)))
    often = tried(Fixed(3600), feed)
    assert set(often.delays) == {0.0}
    assert (often.polls, often.missed) == (6 * 24 + 1, 0)
    seldom = tried(Fixed(day), feed)
    assert (seldom.polls, seldom.missed) == (7, 12)
    assert set(seldom.delays) == {0.0, day / 4}


def test_frozen_lines_are_what_was_frozen() -> None:
    for feed in (*frozen("saved")[:20], *frozen("news")[-3:]):
        assert frozen_again(feed) == feed


def frozen_again(feed: Arrivals) -> Arrivals:
    kind, shown, start, end, away, first, *gaps = line(feed).split()
    times = [int(first) * 60.0]
    for gap in gaps:
        times.append(times[-1] + int(gap) * 60.0)
    return Arrivals(kind, int(shown), int(start) * 60.0, int(end) * 60.0, int(away) * 60.0, tuple(times))
