"""The list of sources while it may be edited: what is in force, and whether it changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from connectors.interfaces import FeedSources
from schemas.errors import SettingsError
from schemas.feed import FeedSource

_log = logging.getLogger(__name__)


class FixedSources:
    """`FeedSources` that never change."""

    def __init__(self, sources: Sequence[FeedSource]) -> None:
        self._sources = tuple({source.feed_url: source for source in reversed(sources)}.values())[::-1]

    def stamp(self) -> str:
        """See `FeedSources.stamp`."""
        return "fixed"

    def read(self) -> tuple[FeedSource, ...]:
        """See `FeedSources.read`."""
        return self._sources


class Listing:
    """The last good list of `sources`. Used from one event loop; files are read in a thread."""

    def __init__(self, sources: FeedSources) -> None:
        self._sources = sources
        self._stamp = ""
        self._good = False

    async def changed(self) -> tuple[FeedSource, ...] | None:
        """The list, when it was never read or has changed since; else None.

        Raises `SettingsError` when the first one cannot be read. A later one that cannot is told once, and the last
        good list stays in force until the files change again.
        """
        stamp = await asyncio.to_thread(self._sources.stamp)
        if self._good and stamp == self._stamp:
            return None
        try:
            found = await asyncio.to_thread(self._sources.read)
        except SettingsError as error:
            if not self._good:
                raise
            _log.error("sources not read, the last good list stays", extra={"reason": str(error)})
            found = None
        self._stamp, self._good = stamp, True
        return found
