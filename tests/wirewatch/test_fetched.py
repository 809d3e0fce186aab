from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.interfaces import Log, NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas.feed import FeedState, FeedStatus, FetchRecord
from tests.partitioned_log import PartitionedLog
from tests.samples import NOON
from wirewatch.fetched import FetchedStates

FEED = "https://outlet.example/rss"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = EmbeddedLog(tmp_path / "log.sqlite3")
    yield opened
    opened.close()


def put(log: Log, *polls: tuple[int, FeedStatus, int], feed: str = FEED) -> None:
    records = [
        FetchRecord(
            feed_url=feed, fetched_at=NOON + timedelta(minutes=minute), status=status, reason="", new=new, http_status=1
        )
        for minute, status, new in polls
    ]
    log.append([NewRecord.of("fetches", one.feed_url, one) for one in records])


def one(states: FetchedStates) -> FeedState:
    (state,) = states.states()
    return state


def test_a_feed_is_as_its_polls_say(log: Log) -> None:
    put(log, (0, FeedStatus.WORKING, 3), (1, FeedStatus.UNCHANGED, 0), (2, FeedStatus.GONE, 0), (3, FeedStatus.GONE, 0))
    state = one(FetchedStates(log))
    assert state.failures == 2
    assert state.last_ok_at == NOON + timedelta(minutes=1)
    assert state.last_new_at == NOON
    assert state.last_fetch is not None
    assert state.last_fetch.status is FeedStatus.GONE


def test_it_follows_the_log_when_it_is_asked_again(log: Log) -> None:
    put(log, (0, FeedStatus.GONE, 0))
    states = FetchedStates(log, fresh_seconds=0)
    assert one(states).failures == 1
    put(log, (1, FeedStatus.WORKING, 1))
    assert one(states).failures == 0


def test_it_need_not_have_all_of_the_log_and_passes_what_is_no_poll(tmp_path: Path) -> None:
    with closing(PartitionedLog(tmp_path / "dealt.sqlite3")) as log:
        log.append([NewRecord(topic="fetches", key="x", value=b"garbage")])
        for number in range(1, 30):
            put(log, (number, FeedStatus.WORKING, 1), feed=f"https://{number}.example/rss")
        # Of each partition the last eight; of partition 1, fewer are kept.
        log.oldest = {1: 7}
        states = FetchedStates(log, tail=8, fresh_seconds=0)
        assert len(list(states.states())) == 8 + 3 + 8
        put(log, *((minute, FeedStatus.GONE, 0) for minute in range(30, 60)))
        log.oldest = {0: 15, 1: 15, 2: 15}
        assert {state.feed_url: state.failures > 0 for state in states.states()}[FEED]
