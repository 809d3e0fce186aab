"""Requests to hubs in their order: each when it falls due, and one at a time to each hub."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

Request = Callable[[], Awaitable[None]]

_LONGEST_PAUSE = 1.0
"""In pieces: the clock of the wall may jump, and a laptop may sleep."""


class HubQueue:
    """Requests by the hub they go to; `renew` makes the one of a feed that is due. Used from one event loop."""

    def __init__(self, renew: Callable[[str, str], Awaitable[None]], now: Callable[[], datetime]) -> None:
        self._renew = renew
        self._now = now
        self._due: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str, str]] = []
        self._waiting: set[str] = set()
        self._queues: dict[str, deque[Request]] = {}
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def plans(self, feed_url: str) -> bool:
        """Whether a request for the feed is planned or waits for its hub."""
        return feed_url in self._due or feed_url in self._waiting

    def plan(self, feed_url: str, hub: str, due: datetime) -> None:
        """Ask `hub` for the feed when it is `due`, instead of what was planned for it before."""
        self._due[feed_url] = due
        heapq.heappush(self._heap, (due, feed_url, hub))
        self._wake.set()

    def put(self, hub: str, request: Request) -> None:
        """Make `request` after those that wait for `hub`."""
        self._queues.setdefault(urlsplit(hub).netloc.lower(), deque()).append(request)
        self._wake.set()

    async def run(self) -> None:
        """Make requests until cancelled; an error of one is raised."""
        try:
            while True:
                self._wake.clear()
                pause = self._begin()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                for task in [task for task in self._tasks if task.done()]:
                    self._tasks.discard(task)
                    task.result()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self) -> float:
        """Begin what is due; seconds until more may be."""
        moment = self._now()
        while self._heap and self._heap[0][0] <= moment:
            due, feed_url, hub = heapq.heappop(self._heap)
            # A plan that was replaced meanwhile is void.
            if self._due.get(feed_url) == due:
                del self._due[feed_url]
                self._waiting.add(feed_url)
                self.put(hub, self._of(feed_url, hub))
        for name in self._queues.keys() - self._busy:
            self._busy.add(name)
            task = asyncio.ensure_future(self._work(name))
            self._tasks.add(task)
            task.add_done_callback(lambda _: self._wake.set())
        left = (self._heap[0][0] - moment).total_seconds() if self._heap else _LONGEST_PAUSE
        return min(left, _LONGEST_PAUSE)

    def _of(self, feed_url: str, hub: str) -> Request:
        async def request() -> None:
            self._waiting.discard(feed_url)
            await self._renew(feed_url, hub)

        return request

    async def _work(self, name: str) -> None:
        queue = self._queues[name]
        try:
            while queue:
                await queue.popleft()()
        finally:
            self._busy.discard(name)
            del self._queues[name]
