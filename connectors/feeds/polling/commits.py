"""Reading and writing what the poller remembers: many polls in one transaction, the log always before the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from connectors.feeds.polling.outcome import Outcome
from connectors.feeds.polling.restore import CONSUMER
from connectors.interfaces import FeedStates, Log
from schemas.errors import StoreError
from schemas.feed import FeedState

T = TypeVar("T")

_FINISH_SECONDS = 1.5
_GATHER_SECONDS = 0.005
"""How long a poll waits for company: a commit costs a disk flush, however many polls are in it."""
_MOST = 256
_PLACED_EVERY = 20_000
"""Records after which the place in the log is saved: a start reads no more than these again."""


class _Write:
    """One poll to write down."""

    __slots__ = ("account", "after", "done", "result")

    def __init__(self, result: Outcome, after: FeedState, done: asyncio.Future[None], *, account: bool) -> None:
        self.result = result
        self.after = after
        self.done = done
        self.account = account


class Commits:
    """Reads states and writes outcomes. Used from one event loop; owns neither log nor states."""

    def __init__(self, log: Log, states: FeedStates) -> None:
        self._log = log
        self._states = states
        # Threads of their own: those of the event loop resolve names, which may take long.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="feed-states")
        self._writes: list[_Write] = []
        self._reads: dict[str, asyncio.Future[FeedState | None]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._unplaced = 0
        self._behind = False
        """Whether the log has something that the memory has not: then the next start must see it."""

    async def state(self, feed_url: str) -> FeedState:
        """The state of one feed, a new one before its first poll. Raises `StoreError`."""
        future = self._reads.get(feed_url)
        if future is None:
            future = self._reads[feed_url] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all())
        return await asyncio.shield(future) or FeedState(feed_url=feed_url)

    async def of_all(self, take: Callable[[FeedState], T]) -> list[T]:
        """What `take`, called in a thread, gives for each state: no more than that is in memory. Raises `StoreError`."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: [take(state) for state in self._states.states()]
        )

    async def write(self, result: Outcome, after: FeedState, *, account: bool = True) -> None:
        """Append, then remember. Once begun it is finished, even when the caller is cancelled. Raises `StoreError`.

        Without `account` the record of the poll itself stays unwritten.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writes.append(_Write(result, after, done, account=account))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await asyncio.shield(done)

    async def remember(self, after: FeedState) -> None:
        """Save a state to which nothing on the log belongs. Raises `StoreError`."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._states.save, after, {})

    async def finish(self) -> None:
        """Wait, not long, for what is being written."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=_FINISH_SECONDS)

    async def close(self) -> None:
        """Let the threads go, after `finish`."""
        await self.finish()
        self._threads.shutdown(wait=False)

    async def _read_all(self) -> None:
        try:
            while self._reads:
                await asyncio.sleep(0)
                reads, self._reads = self._reads, {}
                await self._answer(reads)
        finally:
            self._reading = None

    async def _answer(self, reads: dict[str, asyncio.Future[FeedState | None]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._states.states_of, tuple(reads))
        except Exception as error:  # noqa: BLE001 handed to the polls it belongs to, which raise it
            if len(reads) == 1 or isinstance(error, StoreError):
                for future in reads.values():
                    _fail(future, error)
                return
            # One state is at fault: each is read alone, so that it harms no other feed.
            for feed_url, future in reads.items():
                await self._answer({feed_url: future})
            return
        for feed_url, future in reads.items():
            if not future.done():
                future.set_result(found.get(feed_url))

    async def _write_all(self) -> None:
        try:
            while self._writes:
                await asyncio.sleep(_GATHER_SECONDS)
                group, self._writes = self._writes[:_MOST], self._writes[_MOST:]
                await self._commit(group)
        finally:
            self._writing = None

    async def _commit(self, group: Sequence[_Write]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._put, group)
        except Exception as error:  # noqa: BLE001 handed to the polls it belongs to, which raise it
            waits = isinstance(error, StoreError) and error.retryable
            if len(group) == 1 or waits:
                for one in group:
                    _fail(one.done, error)
                return
            # One of them is at fault: each is written alone, so that it harms no other.
            for one in group:
                await self._commit([one])
            return
        for one in group:
            if not one.done.done():
                one.done.set_result(None)

    def _put(self, group: Sequence[_Write]) -> None:
        records = [record for one in group for record in one.result.records()[: None if one.account else -1]]
        self._log.append(records)
        behind, self._behind = self._behind, True
        self._states.save_all([(one.after, one.result.seen) for one in group])
        self._behind = behind
        self._unplaced += len(records)
        if self._unplaced >= _PLACED_EVERY and not behind:
            self._states.save_positions(CONSUMER, self._log.ends("fetches"))
            self._unplaced = 0


def _fail(future: asyncio.Future[None] | asyncio.Future[FeedState | None], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        # Whoever asked may have been cancelled since; it is then nobody's error.
        future.exception()
