"""Politeness: one request at a time to one host, with a pause between two, and none while it asks for quiet."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from connectors.feeds.guard import Guard


class HostGate:
    """Hands out turns per host; hosts in allowed networks are ours and need none. Used from one event loop."""

    def __init__(self, delay: float, guard: Guard, *, ours: bool, clock: Callable[[], float]) -> None:
        self._delay = delay
        self._guard = guard
        # Names are resolved here only when there are networks they could lie in.
        self._ours = ours
        self._clock = clock
        self._locks: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}
        self._is_ours: dict[str, bool] = {}

    @asynccontextmanager
    async def turn(self, feed_url: str) -> AsyncIterator[None]:
        """Waits until the host of `feed_url` may be asked; the next turn begins a delay after the end of this one."""
        host = _host(feed_url)
        if await self._is_exempt(host):
            yield
            return
        async with self._locks.setdefault(host, asyncio.Lock()):
            await asyncio.sleep(max(0.0, self._free_at.get(host, 0.0) - self._clock()))
            try:
                yield
            finally:
                self._free_at[host] = max(self._free_at.get(host, 0.0), self._clock() + self._delay)

    def quiet(self, feed_url: str, seconds: float) -> None:
        """The host of `feed_url` asked for `seconds` without requests; of our own hosts only the feed is kept quiet."""
        host = _host(feed_url)
        if self._is_ours.get(host):
            return
        self._free_at[host] = max(self._free_at.get(host, 0.0), self._clock() + seconds)

    def quiet_for(self, feed_url: str) -> float:
        """Seconds for which the host of `feed_url` is still to be left alone."""
        return max(0.0, self._free_at.get(_host(feed_url), 0.0) - self._clock())

    async def _is_exempt(self, host: str) -> bool:
        if not self._ours or not host:
            return False
        if host not in self._is_ours:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                return False
            self._is_ours[host] = all(self._guard.allows(str(place[4][0])) for place in found)
        return self._is_ours[host]


def _host(feed_url: str) -> str:
    try:
        return (urlsplit(feed_url).hostname or "").lower()
    except ValueError:
        return ""
