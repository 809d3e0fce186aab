"""Turns per feed: polls, deliveries, replays and hubs' requests may not write the state of one feed over each other."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class FeedTurn(asyncio.Lock):
    """Held from reading a feed's state until what follows from it is saved; never over a request to anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        """Raised by whoever has written the state, before its turn ends: a poll that reads the same number before its
        request and after it has read the state as it still is."""


class FeedTurns:
    """Turns by feed address, made when asked for and gone when nobody holds them. Used from one event loop."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, FeedTurn] = WeakValueDictionary()

    def of(self, feed_url: str) -> FeedTurn:
        """The turn of a feed; the same for as long as somebody keeps it."""
        return self._turns.setdefault(feed_url, FeedTurn())
