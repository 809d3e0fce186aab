"""Places committed from a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from connectors.interfaces import PartitionReader, Positions
from pipelines.commits import COMMIT_SECONDS, Commits
from schemas.errors import StoreError


class Kept:
    """`PartitionedTopic` that keeps what is committed, and is away as often as asked."""

    def __init__(self, away: int = 0) -> None:
        self.commits: list[dict[int, int]] = []
        self.away = away
        self.committed = threading.Event()

    def partitions(self) -> Sequence[int]:
        return (0, 1)

    def begin(self, partition: int) -> int:
        return 0

    def reader(self, partition: int) -> PartitionReader:
        raise NotImplementedError

    def commit(self, positions: Positions) -> None:
        if self.away:
            self.away -= 1
            raise StoreError("no answer", subject="log", retryable=True)
        self.commits.append(dict(positions))
        self.committed.set()

    def close(self) -> None:
        pass


def test_many_places_become_few_commits() -> None:
    topic = Kept()
    commits = Commits(topic)
    started = time.monotonic()
    for number in range(1000):
        commits.note({0: number, 1: 5})
    assert topic.committed.wait(30)
    assert time.monotonic() - started >= COMMIT_SECONDS * 0.9
    commits.close()
    assert topic.commits == [{0: 999, 1: 5}]


def test_a_place_is_committed_after_the_log_was_away_unless_a_newer_one_came(
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic = Kept(away=1)
    commits = Commits(topic)
    commits.note({0: 3, 1: 7})
    end = time.monotonic() + 30
    while topic.away:
        assert time.monotonic() < end
        time.sleep(0.05)
    commits.note({0: 4})
    commits.close()
    assert topic.commits == [{0: 4, 1: 7}]
    assert [one.message for one in caplog.records] == ["places not committed yet"]


def test_the_end_commits_what_is_noted() -> None:
    topic = Kept()
    commits = Commits(topic)
    commits.note({0: 3})
    commits.close()
    assert topic.commits == [{0: 3}]
