"""The poll loop: keeps a bounded number of polls going, each begun when its source is due and its host may be asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from connectors.feeds.fetching.hosts import HostGate, Turn, host_of
from connectors.feeds.polling.listing import Listing
from connectors.feeds.polling.rota import Due, Rota
from connectors.interfaces import FeedSources
from schemas.errors import StoreError
from schemas.feed import FeedSource, FetchRecord

Told = Callable[[FetchRecord], None]


class Plan(NamedTuple):
    """When a feed is polled next, and at which address."""

    at: datetime
    address: str


PollOne = Callable[[FeedSource, Turn, datetime], Awaitable[tuple[FetchRecord, Plan]]]
"""Polls a source in a turn already taken, due at a time; gives the record and what comes next."""
Planned = Callable[[Sequence[FeedSource]], Awaitable[Mapping[str, Plan]]]
"""Told the sources in force; gives when feeds are due."""

_log = logging.getLogger(__name__)
_SET_BACK = 30.0
"""Seconds by which the wall's clock must be set back to be noticed."""


class Rounds:
    """Runs polls over one gate. Used from one event loop, one call at a time."""

    def __init__(
        self, poll: PollOne, gate: HostGate, concurrency: int, look_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._poll = poll
        self._gate = gate
        self._concurrency = concurrency
        self._look_seconds = look_seconds
        self._now = now
        self._under_way: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._wake = asyncio.Event()
        self._offset = float("-inf")
        self._waiting: tuple[FeedSource, ...] | None = None
        """A list that could not be taken up, as the memory was away."""
        self._rota = Rota(gate.wait)

    def lists(self, address: str) -> bool:
        """Whether `address` is one of the sources being polled."""
        return address in self._rota

    def move(self, feed_url: str, due: datetime) -> None:
        """Poll a feed of the present run at another time than planned; a poll under way plans the next one itself."""
        self._rota.move(feed_url, due.timestamp())
        self._wake.set()

    async def once(self, sources: Sequence[FeedSource], plans: Mapping[str, Plan], told: Told) -> list[FetchRecord]:
        """Poll each of `sources` once, now, where `plans` has it; their records, each address once, in their order."""
        rota = self._rota = Rota(self._gate.wait)
        moment = self._now().timestamp()
        hosts = {url: (moment, host_of(plan.address)) for url, plan in plans.items()}
        rota.replace(sources, hosts, moment)
        found: dict[str, FetchRecord] = {}

        def done(record: FetchRecord, _: Plan) -> None:
            found[record.feed_url] = record
            told(record)

        try:
            while len(found) < len(rota):
                await self._round(rota, done, self._look_seconds)
        finally:
            await self._end()
        return [found[feed_url] for feed_url in dict.fromkeys(source.feed_url for source in sources)]

    async def run(
        self,
        sources: FeedSources,
        stop: asyncio.Event,
        planned: Planned,
        told: Told,
    ) -> None:
        """Poll as sources fall due, at first as `planned`, until `stop` is set. Fetches under way are given up then."""
        rota = self._rota = Rota(self._gate.wait)
        listing = Listing(sources)

        def done(record: FetchRecord, plan: Plan) -> None:
            rota.plan(record.feed_url, plan.at.timestamp(), host_of(plan.address))
            told(record)

        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        clock = asyncio.get_running_loop().time
        look_at = clock()
        try:
            while not stop.is_set():
                if clock() >= look_at:
                    await self._look(listing, rota, planned)
                    look_at = clock() + self._look_seconds
                await self._round(rota, done, look_at - clock())
            self._raise_failure()
        finally:
            stopping.cancel()
            await self._end()

    async def _look(self, listing: Listing, rota: Rota, planned: Planned) -> None:
        found = await listing.changed()
        found = self._waiting if found is None else found
        if found is None:
            return
        self._waiting = found
        try:
            plans = await planned(found)
        except StoreError as error:
            if not error.retryable:
                raise
            _log.warning("sources not taken up yet", extra={"reason": str(error)})
            return
        self._waiting = None
        wanted = {source.feed_url for source in found}
        times = {url: (plan.at.timestamp(), host_of(plan.address)) for url, plan in plans.items() if url in wanted}
        rota.replace(found, times, self._now().timestamp())

    async def _round(self, rota: Rota, done: Callable[[FetchRecord, Plan], None], most: float) -> None:
        """Begin what can be begun, then wait until something changes, `most` seconds at the longest."""
        self._raise_failure()
        self._follow_clock(rota)
        clock = asyncio.get_running_loop().time

        def free(host: str) -> None:
            if rota.wake(host):
                self._wake.set()

        self._gate.on_free = free
        self._wake.clear()
        while len(self._under_way) < self._concurrency:
            due = rota.take(self._now().timestamp(), clock())
            if due is None:
                break
            self._begin(due, done)
        idle = most
        if len(self._under_way) < self._concurrency:
            idle = min(most, rota.idle(self._now().timestamp(), clock()))
        handle = asyncio.get_running_loop().call_later(max(0.0, idle), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            handle.cancel()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _follow_clock(self, rota: Rota) -> None:
        """A clock that was set back takes the plans with it; one that went ahead, as after a sleep, makes them due."""
        offset = self._now().timestamp() - asyncio.get_running_loop().time()
        if offset < self._offset - _SET_BACK:
            rota.shift(offset - self._offset)
        self._offset = offset

    def _begin(self, due: Due, done: Callable[[FetchRecord, Plan], None]) -> None:
        turn = self._gate.begin(due.host)

        async def poll() -> None:
            done(*await self._poll(due.source, turn, datetime.fromtimestamp(due.at, UTC)))

        task = asyncio.ensure_future(poll())
        self._under_way.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            turn.end()
            self._under_way.discard(task)
            self._wake.set()
            if not task.cancelled():
                self._failure = self._failure or task.exception()

        task.add_done_callback(ended)

    async def _end(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._failure = None
