from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.feeds.polling.commits import _PLACED_EVERY, Commits
from connectors.feeds.polling.outcome import Outcome
from connectors.feeds.polling.restore import CONSUMER
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord, Positions
from connectors.log.embedded import EmbeddedLog
from schemas.errors import RecordError, StoreError
from schemas.feed import FeedState, FeedStatus, FetchRecord
from tests.connectors.feeds.desk import Unwilling

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def url(number: int) -> str:
    return f"https://f{number}.example/rss"


def result(number: int) -> Outcome:
    return Outcome(
        record=FetchRecord(feed_url=url(number), fetched_at=NOW, status=FeedStatus.WORKING, reason="fine"),
        readable=True,
    )


class Picky(Unwilling):
    """A log that cannot take the records of one feed, and is slow."""

    def __init__(self, bad: str = "", seconds: float = 0.02) -> None:
        super().__init__(retryable=True)
        self.error = None
        self.bad = bad
        self.seconds = seconds
        self.calls = 0

    def append(self, records: Sequence[NewRecord]) -> None:
        self.calls += 1
        time.sleep(self.seconds)
        if any(record.key == self.bad for record in records):
            raise RecordError("no such character", subject=self.bad, stage="store")
        super().append(records)


async def written(commits: Commits, count: int) -> list[BaseException | None]:
    writes = [commits.write(result(number), FeedState(feed_url=url(number))) for number in range(count)]
    return list(await asyncio.gather(*writes, return_exceptions=True))


def test_many_polls_share_a_commit_and_each_is_remembered(tmp_path: Path) -> None:
    async def run() -> None:
        log, states = Picky(), SqliteFeedStates(tmp_path / "feeds.sqlite3")
        commits = Commits(log, states)
        assert await written(commits, 600) == [None] * 600
        assert log.calls == 3
        assert [record.key for record in log.appended] == [url(number) for number in range(600)]
        assert len(list(states.states())) == 600
        assert (await commits.state(url(7))).feed_url == url(7)
        await commits.close()
        states.close()

    asyncio.run(run())


def test_one_poll_at_fault_harms_no_other(tmp_path: Path) -> None:
    async def run() -> None:
        log, states = Picky(url(3), 0.0), SqliteFeedStates(tmp_path / "feeds.sqlite3")
        commits = Commits(log, states)
        found = await written(commits, 10)
        assert [number for number, error in enumerate(found) if error is not None] == [3]
        assert isinstance(found[3], RecordError)
        # What is not on the log is not remembered.
        assert len(list(states.states())) == 9
        assert states.state(url(3)) is None
        await commits.close()
        states.close()

    asyncio.run(run())


def test_a_log_that_is_away_is_told_to_every_poll_and_nothing_is_remembered(tmp_path: Path) -> None:
    async def run() -> None:
        log, states = Picky(), SqliteFeedStates(tmp_path / "feeds.sqlite3")
        log.error = StoreError("disk full", subject="log", retryable=True)
        commits = Commits(log, states)
        assert {str(error) for error in await written(commits, 5)} == {"log: disk full"}
        assert list(states.states()) == []
        log.error = None
        assert await written(commits, 5) == [None] * 5
        await commits.close()
        states.close()

    asyncio.run(run())


def test_a_broken_state_is_an_error_of_its_feed_alone(tmp_path: Path) -> None:
    async def run() -> None:
        states = SqliteFeedStates(tmp_path / "feeds.sqlite3")
        states.save_all([(FeedState(feed_url=url(number), failures=1), {}) for number in range(3)])
        with states._database.transaction() as connection:
            connection.execute("UPDATE feeds SET document = X'00' WHERE feed_url = ?", (url(1),))
        commits = Commits(Picky(), states)
        found = await asyncio.gather(*(commits.state(url(number)) for number in range(4)), return_exceptions=True)
        assert [getattr(one, "failures", None) for one in found] == [1, None, 1, 0]
        with pytest.raises(RecordError):
            await commits.state(url(1))
        await commits.close()
        states.close()

    asyncio.run(run())


def test_the_next_start_reads_nothing_again_that_is_remembered(tmp_path: Path) -> None:
    async def run(bad: str) -> Positions:
        folder = tmp_path / (bad or "fine")
        folder.mkdir()
        log, states = EmbeddedLog(folder / "log.sqlite3"), SqliteFeedStates(folder / "feeds.sqlite3")
        commits = Commits(log, states)
        if bad:
            state = FeedState(feed_url="\ud800")
            with pytest.raises(UnicodeEncodeError):
                await commits.write(result(0), state)
        for _ in range(_PLACED_EVERY // 256 + 1):
            assert await written(commits, 256) == [None] * 256
        await commits.close()
        places = states.positions(CONSUMER)
        states.close()
        log.close()
        return places

    (place,) = asyncio.run(run("")).values()
    assert place >= _PLACED_EVERY
    # What the log alone has must be seen by the next start.
    assert asyncio.run(run("bad")) == {}
