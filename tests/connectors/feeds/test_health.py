from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.feeds.health import verdict
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOURCE = FeedSource(feed_url="https://a.example/rss", name="A")
NEED = {"gone", "html", "challenge", "not-found", "malformed", "blocked-address"}


def state(status: FeedStatus, failures: int) -> FeedState:
    fetch = FetchRecord(feed_url=SOURCE.feed_url, fetched_at=NOW, status=status, reason="as it is")
    return FeedState(feed_url=SOURCE.feed_url, last_fetch=fetch, failures=failures, last_ok_at=NOW)


def test_a_feed_never_polled_is_listed_and_needs_nobody() -> None:
    for unknown in (None, FeedState(feed_url=SOURCE.feed_url)):
        found = verdict(SOURCE, unknown)
        assert (found.status, found.needs_person, found.name) == ("never-polled", False, "A")


@pytest.mark.parametrize("status", list(FeedStatus))
def test_lasting_faults_need_a_person_at_once_and_passing_ones_after_ten(status: FeedStatus) -> None:
    assert verdict(SOURCE, state(status, 1)).needs_person == (status in NEED)
    assert verdict(SOURCE, state(status, 10)).needs_person


def test_the_reason_says_how_often() -> None:
    assert verdict(SOURCE, state(FeedStatus.TIMEOUT, 3)).reason == "as it is (3 times in a row)"
    assert verdict(SOURCE, state(FeedStatus.WORKING, 0)).reason == "as it is"
