"""A poller with log, states and a server to poll, for the tests that need all of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from connectors.feeds.poller import Poller
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.interfaces import Log, NewRecord, Positions, Record, Topic
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.deadletter import DeadLetter
from schemas.errors import StoreError
from schemas.feed import FeedSource, FetchRecord
from schemas.item import FeedItem
from tests.connectors.feeds.server import PATIENT, Outlet, outlet

T = TypeVar("T")


class Desk:
    """A poller with its log and states in one folder, and a server to poll."""

    def __init__(
        self, folder: Path, here: Outlet, settings: PollerSettings, log: Log | None, now: Callable[[], datetime] | None
    ) -> None:
        self.here = here
        self.kept = EmbeddedLog(folder / "log.sqlite3")
        self.states = SqliteFeedStates(folder / "feeds.sqlite3")
        self.time = datetime.now(UTC).replace(microsecond=0)
        self.poller = Poller(settings, log or self.kept, self.states, now or (lambda: self.time), chance=lambda: 0.5)

    def source(self, path: str, **more: Any) -> FeedSource:
        return FeedSource(feed_url=self.here.url(path), **more)

    async def poll(self, path: str) -> FetchRecord:
        return await self.poller.poll(self.source(path))

    def records(self, topic: Topic, kind: type[T]) -> list[T]:
        return [codec.decode(one.value, kind, one.headers) for one in self.kept.read(topic, {}, 100_000)]

    def items(self) -> list[FeedItem]:
        return self.records("items", FeedItem)

    def has(self, items: int) -> bool:
        return len(self.items()) >= items

    def letters(self) -> list[DeadLetter]:
        return self.records("deadletters", DeadLetter)

    def fetches(self) -> list[FetchRecord]:
        return self.records("fetches", FetchRecord)


@asynccontextmanager
async def desk(
    folder: Path,
    here: Outlet,
    settings: PollerSettings = PATIENT,
    log: Log | None = None,
    now: Callable[[], datetime] | None = None,
) -> AsyncIterator[Desk]:
    opened = Desk(folder, here, settings, log, now)
    try:
        yield opened
    finally:
        await opened.poller.close()
        opened.states.close()
        opened.kept.close()


def at_desk(folder: Path, work: Callable[[Desk], Awaitable[T]], settings: PollerSettings = PATIENT) -> T:
    async def run() -> T:
        async with outlet() as here, desk(folder, here, settings) as opened:
            return await work(opened)

    return asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "waited 30 s in vain"
        await asyncio.sleep(0.01)


class Unwilling:
    """A log that refuses to append, for a while or for good."""

    def __init__(self, *, retryable: bool) -> None:
        self.error: StoreError | None = StoreError("disk full", subject="log", retryable=retryable)
        self.appended: list[NewRecord] = []

    def append(self, records: Sequence[NewRecord]) -> None:
        if self.error is not None:
            raise self.error
        self.appended.extend(records)

    def read(self, topic: Topic, start: Positions, limit: int) -> Sequence[Record]:
        return ()

    def ends(self, topic: Topic) -> Positions:
        return {}

    def close(self) -> None:
        pass
