from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.poller import Poller
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.interfaces import NewRecord
from schemas.errors import RecordError, SettingsError, StoreError
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from tests.connectors.feeds.desk import Desk, Unwilling, desk, until
from tests.connectors.feeds.server import PATIENT, TRAP, item, outlet, rss

QUICK = msgspec.structs.replace(PATIENT, min_interval=0.2, max_interval=0.3)


def running(
    folder: Path, work: Callable[[Desk, asyncio.Event], Awaitable[None]], settings: PollerSettings = QUICK
) -> None:
    async def run() -> None:
        async with outlet() as here, desk(folder, here, settings, now=lambda: datetime.now(UTC)) as at:
            await work(at, asyncio.Event())

    asyncio.run(run())


def test_run_polls_again_and_again_until_it_is_told_to_stop(tmp_path: Path) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        at.here.documents["/feed"] = rss(item("0", "none"))
        records: list[FetchRecord] = []
        task = asyncio.ensure_future(at.poller.run([at.source("/feed"), at.source("/gone")], stop, records.append))
        for number in range(1, 4):
            at.here.documents["/feed"] = rss(*(item(str(n), "x") for n in range(number + 1)))
            await until(partial(at.has, number + 1))
        began = time.monotonic()
        stop.set()
        await task
        assert time.monotonic() - began < 10
        # A poll that was being written when the run ended is on the log without having been told.
        assert set(map(str, records)) <= set(map(str, at.fetches()))
        assert {record.status for record in records} >= {"working", "not-found"}

    running(tmp_path, work)


@pytest.mark.parametrize("path", ["/never", "/drip", "/trap"])
def test_a_run_ends_at_once_whatever_is_under_way(tmp_path: Path, path: str) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        at.here.documents["/trap"] = rss(TRAP)
        task = asyncio.ensure_future(at.poller.run([at.source(path)], stop))
        await asyncio.sleep(0.6)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await at.poller.close()
        assert time.monotonic() - began < 4

    running(tmp_path, work)


def test_a_planned_poll_is_kept_over_a_restart(tmp_path: Path) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        at.here.documents["/feed"] = rss(item("1", "one"))
        await at.poll("/feed")
        asked = len(at.here.requests)
        task = asyncio.ensure_future(at.poller.run([at.source("/feed")], stop))
        await asyncio.sleep(0.3)
        stop.set()
        await task
        assert len(at.here.requests) == asked

    running(tmp_path, work, PATIENT)


def test_an_error_of_the_log_ends_the_run(tmp_path: Path) -> None:
    async def run() -> None:
        async with outlet() as here, desk(tmp_path, here, log=Unwilling(retryable=False)) as at:
            here.documents["/feed"] = rss(item("1", "one"))
            with pytest.raises(StoreError, match="disk full"):
                async with asyncio.timeout(5):
                    await at.poller.run([at.source("/feed")], asyncio.Event())

    asyncio.run(run())


def test_a_poll_cancelled_while_it_is_written_is_written_whole(tmp_path: Path) -> None:
    class Slow(Unwilling):
        busy = False

        def append(self, records: Sequence[NewRecord]) -> None:
            self.busy = True
            time.sleep(0.4)
            self.appended.extend(records)

    async def run() -> None:
        log = Slow(retryable=True)
        async with outlet() as here, desk(tmp_path, here, log=log) as at:
            here.documents["/feed"] = rss(item("1", "one"))
            task = asyncio.ensure_future(at.poll("/feed"))
            await until(lambda: log.busy)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await at.poller.close()
            assert [one.topic for one in log.appended] == ["items", "fetches"]
            assert at.states.state(here.url("/feed")) is not None

    asyncio.run(run())


class Edited:
    """`FeedSources` a test edits."""

    def __init__(self, *sources: FeedSource) -> None:
        self.sources = sources
        self.version = 0
        self.error: SettingsError | None = None

    def edit(self, *sources: FeedSource, error: str = "") -> None:
        self.sources, self.version = sources, self.version + 1
        self.error = SettingsError(error, subject="feeds.toml") if error else None

    def stamp(self) -> str:
        return str(self.version)

    def read(self) -> tuple[FeedSource, ...]:
        if self.error is not None:
            raise self.error
        return self.sources


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(getattr(one, "reason", "")) for one in caplog.records if "sources not read" in one.getMessage()]


def test_sources_may_change_while_they_are_polled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        for path in ("/old", "/new"):
            at.here.documents[path] = rss(item(path, "x"))
        listed = Edited(at.source("/old"))
        task = asyncio.ensure_future(at.poller.run(listed, stop))
        await until(partial(at.has, 1))
        listed.edit(error="unknown key feeds[0].wieght")
        await until(lambda: bool(told(caplog)))
        asked = len(at.here.requests)
        await until(lambda: len(at.here.requests) > asked)
        listed.edit(at.source("/new"))
        await until(partial(at.has, 2))
        asked = sum(request.path == "/old" for request in at.here.requests)
        await asyncio.sleep(0.6)
        assert sum(request.path == "/old" for request in at.here.requests) == asked
        stop.set()
        await task
        assert told(caplog) == ["feeds.toml: unknown key feeds[0].wieght"]

    running(tmp_path, work, msgspec.structs.replace(QUICK, look_seconds=0.1))


def test_sources_that_cannot_be_read_at_first_end_the_run(tmp_path: Path) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        listed = Edited()
        listed.edit(error="lists no feeds")
        with pytest.raises(SettingsError, match="lists no feeds"):
            await at.poller.run(listed, stop)

    running(tmp_path, work)


def test_a_run_takes_no_more_slots_than_it_has_and_tells_how_late_it_is(tmp_path: Path) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        sources = [at.source("/heavy", weight=5.0), *(at.source(f"/{number}") for number in range(20))]
        records: list[FetchRecord] = []
        task = asyncio.ensure_future(at.poller.run([*reversed(sources), *sources], stop, records.append))
        await until(lambda: len(records) >= 21)
        stop.set()
        await task
        assert at.here.most_in_flight == 2
        assert records[0].feed_url.endswith("/heavy") or records[1].feed_url.endswith("/heavy")
        assert len({record.feed_url for record in records[:21]}) == 21
        assert 0.0 <= records[0].late < records[20].late < 5

    running(tmp_path, work, msgspec.structs.replace(PATIENT, concurrency=2))


def test_a_slow_host_takes_one_slot_however_many_feeds_it_has(tmp_path: Path) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        at.poller._gate._ours = False
        slow = [at.source(f"/never/{number}", weight=9.0) for number in range(50)]
        other = [FeedSource(feed_url=at.here.url("/feed").replace("127.0.0.1", "localhost"))]
        at.here.documents["/feed"] = rss(item("1", "one"))
        records: list[FetchRecord] = []
        task = asyncio.ensure_future(at.poller.run(slow + other, stop, records.append))
        await until(lambda: bool(records))
        stop.set()
        await task
        assert [record.status for record in records] == ["working"]

    running(tmp_path, work, msgspec.structs.replace(PATIENT, concurrency=2))


def test_a_clock_set_back_by_a_day_stops_no_polling(tmp_path: Path) -> None:
    async def run() -> None:
        back = timedelta()
        async with outlet() as here, desk(tmp_path, here, QUICK, now=lambda: datetime.now(UTC) - back) as at:
            at.here.documents["/feed"] = rss(item("1", "one"))
            stop = asyncio.Event()
            task = asyncio.ensure_future(at.poller.run([at.source("/feed")], stop))
            await until(partial(at.has, 1))
            back = timedelta(days=1)
            asked = len(at.here.requests)
            await until(lambda: len(at.here.requests) > asked + 1)
            stop.set()
            await task

    asyncio.run(run())


@pytest.mark.parametrize(("status", "kept"), [(FeedStatus.GONE, True), (FeedStatus.WORKING, False)])
def test_no_plan_from_another_time_is_waited_for_but_that_of_a_gone_feed(
    tmp_path: Path, status: FeedStatus, kept: bool
) -> None:
    async def work(at: Desk, stop: asyncio.Event) -> None:
        url, moment = at.here.url("/feed"), datetime.now(UTC)
        last = FetchRecord(feed_url=url, fetched_at=moment, status=status, reason="")
        far = moment + timedelta(days=20)
        at.states.save(FeedState(feed_url=url, next_poll_at=far, last_fetch=last), {})
        plan = (await at.poller._planned([FeedSource(feed_url=url)]))[url]
        assert (plan.at == far) == kept
        assert kept or plan.at - moment < timedelta(days=1, minutes=1)

    running(tmp_path, work)


HEADS = {
    "/reason": b"HTTP/1.1 404 Nicht gef\xfcnden\r\n",
    "/kind": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=\xff\r\n",
    "/place": b"HTTP/1.1 302 Found\r\nLocation: /gef\xfcnden\r\n",
    "/gef%FCnden": b"HTTP/1.1 200 OK\r\n",
}
"""Answers with bytes that are no UTF-8 in their heads."""


def test_heads_in_another_encoding_end_no_run(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = b"no feed" if path == "/kind" else rss(item("1", "one"))
        writer.write(HEADS[path] + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async def work(at: Desk, _: asyncio.Event) -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        sources = [FeedSource(feed_url=root + path) for path in list(HEADS)[:3]]
        records = await at.poller.poll_all(sources)
        assert [record.status for record in records] == ["not-found", "malformed", "working"]
        assert records[2].final_url == f"{root}/gef%FCnden"
        assert sorted(map(str, at.fetches())) == sorted(map(str, records))
        server.close()

    running(tmp_path, work)


def test_a_fault_of_our_own_over_one_feed_ends_no_run(tmp_path: Path) -> None:
    class Faulty(SqliteFeedStates):
        def learned(self, feed_url: str) -> str:
            if feed_url.endswith("/odd"):
                message = "nobody thought of this"
                raise LookupError(message)
            return super().learned(feed_url)

        def states_of(self, feed_urls: Sequence[str]) -> Mapping[str, FeedState]:
            if any(feed_url.endswith("/unreadable") for feed_url in feed_urls):
                message = "not a valid feed-state record"
                raise RecordError(message, stage="decode")
            return super().states_of(feed_urls)

    async def run() -> None:
        async with outlet() as here, desk(tmp_path, here) as at:
            states = Faulty(tmp_path / "faulty.sqlite3")
            poller = Poller(PATIENT, at.kept, states)
            for path in ("/odd", "/unreadable", "/feed"):
                here.documents[path] = rss(item("1", "one"))
            records = await poller.poll_all([at.source("/odd"), at.source("/unreadable"), at.source("/feed")])
            await poller.close()
            states.close()
            assert [record.status for record in records] == ["malformed", "malformed", "working"]
            assert "LookupError: nobody thought of this" in records[0].reason
            (letter,) = at.letters()
            assert (letter.subject, letter.raw) == (here.url("/odd"), here.documents["/odd"])

    asyncio.run(run())


def test_a_memory_that_is_away_for_a_while_ends_no_run(tmp_path: Path) -> None:
    class Locked(SqliteFeedStates):
        locked = True

        def states_of(self, feed_urls: Sequence[str]) -> Mapping[str, FeedState]:
            if self.locked:
                self.locked = False
                message = "database is locked"
                raise StoreError(message, subject="feeds", retryable=True)
            return super().states_of(feed_urls)

    async def run() -> None:
        async with outlet() as here, desk(tmp_path, here) as at:
            states = Locked(tmp_path / "locked.sqlite3")
            poller = Poller(PATIENT, at.kept, states)
            here.documents["/feed"] = rss(item("1", "one"))
            assert [(await poller.poll(at.source("/feed"))).status for _ in range(2)] == ["unreachable", "working"]
            await poller.close()
            states.close()

    asyncio.run(run())


def test_a_list_is_taken_up_when_the_memory_is_back(tmp_path: Path) -> None:
    class Away(SqliteFeedStates):
        away = 0

        def states(self) -> Iterable[FeedState]:
            self.away += 1
            # The first one is for what the log says, at the start.
            if self.away in {2, 3}:
                message = "database is locked"
                raise StoreError(message, subject="feeds", retryable=True)
            return super().states()

    async def run() -> None:
        async with outlet() as here, desk(tmp_path, here) as at:
            states, stop = Away(tmp_path / "away.sqlite3"), asyncio.Event()
            poller = Poller(msgspec.structs.replace(QUICK, look_seconds=0.1), at.kept, states)
            here.documents["/feed"] = rss(item("1", "one"))
            task = asyncio.ensure_future(poller.run([at.source("/feed")], stop))
            await until(partial(at.has, 1))
            stop.set()
            await task
            await poller.close()
            states.close()

    asyncio.run(run())
