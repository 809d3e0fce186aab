"""Restoring the poller's memory from a log of several partitions that no longer keeps everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.feeds.polling.restore import CONSUMER, restore
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord
from schemas.feed import FeedStatus, FetchRecord
from schemas.time import now
from tests.partitioned_log import PartitionedLog
from tests.samples import item


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PartitionedLog]:
    opened = PartitionedLog(tmp_path / "log.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def states(tmp_path: Path) -> Iterator[SqliteFeedStates]:
    opened = SqliteFeedStates(tmp_path / "feeds.sqlite3")
    yield opened
    opened.close()


def put(log: PartitionedLog, *numbers: int) -> None:
    """A poll and an item of each of these feeds."""
    polls = [
        FetchRecord(feed_url=f"https://{number}.example/rss", fetched_at=now(), status=FeedStatus.WORKING, reason="")
        for number in numbers
    ]
    items = [item(number, feed_url=f"https://{number}.example/rss", seen_at=now()) for number in numbers]
    log.append([NewRecord.of("fetches", one.feed_url, one) for one in polls])
    log.append([NewRecord.of("items", one.article_id, one) for one in items])


def known(states: SqliteFeedStates) -> set[int]:
    return {int(state.feed_url.removeprefix("https://").partition(".")[0]) for state in states.states()}


def test_all_partitions_are_read(log: PartitionedLog, states: SqliteFeedStates) -> None:
    put(log, *range(10))
    restore(log, states)
    assert known(states) == set(range(10))
    for number in range(10):
        one = item(number, feed_url=f"https://{number}.example/rss")
        assert states.seen(one.feed_url, [one.item_id])
    assert dict(states.positions(CONSUMER)) == {0: 4, 1: 3, 2: 3}


def test_what_is_left_of_a_partition_is_read_and_nothing_of_the_others_again(
    log: PartitionedLog, states: SqliteFeedStates
) -> None:
    put(log, *range(9))
    restore(log, states)
    put(log, *range(9, 18))
    # Partition 0 holds 0, 3, 6, 9, 12, 15; kept are the last two.
    log.oldest = {0: 4}
    restore(log, states)
    assert known(states) == set(range(18)) - {9}
    assert dict(states.positions(CONSUMER)) == {0: 6, 1: 6, 2: 6}


def test_a_place_in_what_is_gone_keeps_nobody_from_starting(log: PartitionedLog, states: SqliteFeedStates) -> None:
    put(log, *range(9))
    log.oldest = {0: 3, 1: 3, 2: 3}
    states.save_positions(CONSUMER, {0: 1, 1: 1, 2: 1})
    restore(log, states)
    assert dict(states.positions(CONSUMER)) == {0: 3, 1: 3, 2: 3}
