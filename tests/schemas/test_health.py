from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.feed import FINE, FeedSource, FeedState, FeedStatus, FetchRecord, PollSummary
from schemas.health import TODO, noted, verdict, verdicts
from schemas.rhythm import Rhythm, begun, followed

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOURCE = FeedSource(feed_url="https://a.example/rss", name="A")
LASTING = {"gone", "html", "challenge", "not-found", "malformed", "blocked-address"}
DAY = timedelta(days=1)


def fetched(status: FeedStatus = FeedStatus.WORKING, **more: object) -> FetchRecord:
    fetch = FetchRecord(feed_url=SOURCE.feed_url, fetched_at=NOW, status=status, reason="as it is")
    return msgspec.structs.replace(fetch, **more)


def state(status: FeedStatus = FeedStatus.WORKING, failures: int = 0, **more: object) -> FeedState:
    code = 403 if status is FeedStatus.REFUSED else 0
    last = fetched(status, http_status=code)
    known = FeedState(feed_url=SOURCE.feed_url, last_fetch=last, failures=failures, last_ok_at=NOW)
    return msgspec.structs.replace(known, **more)


def test_a_feed_never_polled_is_listed_and_needs_nobody() -> None:
    for unknown in (None, FeedState(feed_url=SOURCE.feed_url)):
        found = verdict(SOURCE, unknown)
        assert (found.status, found.needs_person, found.name, found.todo) == ("never-polled", False, "A", "")


@pytest.mark.parametrize("status", [status for status in FeedStatus if status not in FINE])
def test_lasting_faults_need_a_person_at_once_and_passing_ones_after_many(status: FeedStatus) -> None:
    once = verdict(SOURCE, state(status, 1))
    assert (once.status, once.needs_person) == (status, status in LASTING)
    assert once.todo == TODO[status]
    many = verdict(SOURCE, state(status, 40))
    assert many.needs_person
    assert many.status == (status if status in LASTING else "failing")
    assert many.reason == "as it is (40 times in a row)"


def test_what_we_refuse_ourselves_needs_a_person_at_once() -> None:
    ours = state(FeedStatus.REFUSED, 1, last_fetch=fetched(FeedStatus.REFUSED))
    assert verdict(SOURCE, ours).needs_person


def test_faults_that_pass_count_for_less() -> None:
    assert verdict(SOURCE, state(FeedStatus.REFUSED, 10)).needs_person
    assert not verdict(SOURCE, state(FeedStatus.RATE_LIMITED, 10)).needs_person
    assert not verdict(SOURCE, state(FeedStatus.TIMEOUT, 30)).needs_person


def test_a_nightly_502_needs_nobody_and_three_days_of_them_do() -> None:
    for nights in range(1, 5):
        night = state(FeedStatus.SERVER_ERROR, nights, last_ok_at=NOW - timedelta(hours=8))
        assert not verdict(SOURCE, night).needs_person
    away = verdict(SOURCE, state(FeedStatus.SERVER_ERROR, 5, last_ok_at=NOW - 3 * DAY))
    assert (away.status, away.needs_person) == ("failing", True)
    # A poller that was switched off for a week has failed once, not for a week.
    assert not verdict(SOURCE, state(FeedStatus.SERVER_ERROR, 1, last_ok_at=NOW - 7 * DAY)).needs_person


def test_a_feed_that_lost_its_entries_needs_a_person_and_one_that_never_had_any_does_not() -> None:
    used_to = Rhythm(since=NOW - 9 * DAY, at=NOW, last=NOW - DAY, known=12)

    def empty(hours: int, rhythm: Rhythm, status: FeedStatus = FeedStatus.EMPTY) -> FeedState:
        since = PollSummary(at=NOW - timedelta(hours=hours), status="empty", reason="a feed without entries")
        return state(status, history=(since,), rhythm=rhythm)

    found = verdict(SOURCE, empty(7, used_to))
    assert (found.status, found.needs_person) == ("empty", True)
    assert "used to have some" in found.reason
    assert verdict(SOURCE, empty(7, used_to, FeedStatus.UNCHANGED)).needs_person, "the same empty document"
    assert not verdict(SOURCE, empty(1, used_to)).needs_person
    assert not verdict(SOURCE, empty(700, Rhythm())).needs_person


def test_a_gap_is_shown_for_a_day_and_needs_a_person_the_third_time_in_a_week() -> None:
    def gaps(*ago: timedelta) -> FeedState:
        lines = (PollSummary(at=NOW - one, status="possible-gap", reason="about 9 scrolled off") for one in ago)
        return state(history=tuple(lines))

    once = verdict(SOURCE, gaps(timedelta(hours=3)))
    assert (once.status, once.needs_person, once.reason) == ("possible-gap", False, "about 9 scrolled off")
    assert "interval" in once.todo
    assert verdict(SOURCE, gaps(2 * DAY)).status == "working"
    assert not verdict(SOURCE, gaps(9 * DAY, 8 * DAY, timedelta(hours=1))).needs_person
    often = verdict(SOURCE, gaps(3 * DAY, 2 * DAY, timedelta(hours=1)))
    assert (often.needs_person, often.reason) == (True, "about 9 scrolled off (3 times in a week)")


def test_a_silent_feed_needs_a_person_and_one_dead_for_months_is_named() -> None:
    times = [NOW - 40 * DAY + n * timedelta(hours=1) for n in range(30 * 24)]
    silent = followed(begun(times, times[-1]), NOW, [])
    found = verdict(SOURCE, state(rhythm=silent))
    assert (found.status, found.needs_person) == ("silent", True)
    assert found.reason.startswith("answers, but brought nothing new for 10 days; its longest silence so far was ")
    dead = verdict(SOURCE, state(rhythm=begun([NOW - 100 * DAY], NOW)))
    assert (dead.status, dead.needs_person) == ("stale", False)
    assert "100 days old" in dead.reason
    assert verdict(SOURCE, state(FeedStatus.TIMEOUT, 1, rhythm=silent)).status == "timeout", "who is away is not silent"


def test_the_second_of_two_sources_that_lead_to_one_document_is_a_duplicate() -> None:
    other = FeedSource(feed_url="https://b.example/rss")
    both = (
        state(last_fetch=fetched(final_url="https://c.example/feed")),
        state(feed_url=other.feed_url, last_fetch=fetched(feed_url=other.feed_url, final_url="https://c.example/feed")),
    )
    first, second = verdicts((SOURCE, other), both)
    assert (first.status, first.needs_person) == ("working", False)
    assert (second.status, second.needs_person) == ("duplicate", True)
    assert second.reason == f"is the same feed as {SOURCE.feed_url}"


def test_a_feed_listed_under_two_spellings_is_a_duplicate() -> None:
    again = SOURCE.feed_url.replace("https://", "http://www.") + "/"
    other = FeedSource(feed_url=again)
    both = (state(), state(feed_url=again, last_fetch=fetched(feed_url=again)))
    assert [one.status for one in verdicts((SOURCE, other), both)] == ["working", "duplicate"]


def test_history_keeps_changes_and_each_gap_and_is_bounded() -> None:
    history: tuple[PollSummary, ...] = ()
    for status, missed in [
        (FeedStatus.WORKING, 0), (FeedStatus.UNCHANGED, 0), (FeedStatus.WORKING, 0), (FeedStatus.TIMEOUT, 0),
        (FeedStatus.TIMEOUT, 0), (FeedStatus.UNCHANGED, 0), (FeedStatus.WORKING, 7), (FeedStatus.WORKING, 0),
        (FeedStatus.WORKING, 5), (FeedStatus.EMPTY, 0), (FeedStatus.UNCHANGED, 0), (FeedStatus.WORKING, 0),
    ]:  # fmt: skip
        history = noted(history, fetched(status, missed=missed))
    assert [one.status for one in history] == [
        "working", "timeout", "working", "possible-gap", "possible-gap", "empty", "working",
    ]  # fmt: skip
    for number in range(100):
        history = noted(history, fetched(FeedStatus.TIMEOUT if number % 2 else FeedStatus.WORKING))
    assert len(history) == 20
    assert noted((), fetched(FeedStatus.UNCHANGED)) == ()


def test_every_status_a_person_is_asked_about_says_what_to_do() -> None:
    assert set(FeedStatus) - set(TODO) == {"working", "unchanged"}
