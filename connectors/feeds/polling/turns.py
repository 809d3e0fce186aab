"""Turns per feed: a poll, a delivery and a hub's request may not write the state of one feed over each other."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class FeedTurns:
    """Locks by feed address, made when asked for and gone when nobody holds them. Used from one event loop."""

    def __init__(self) -> None:
        self.writes = 0
        """Raised by whoever has written a state without polling, before its turn ends: a poll that reads the same number
        before its request and after it has read the state as it still is."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, feed_url: str) -> asyncio.Lock:
        """Held from reading a feed's state until what follows from it is saved; never over a request to anybody."""
        lock = self._locks.get(feed_url)
        if lock is None:
            lock = self._locks[feed_url] = asyncio.Lock()
        return lock
