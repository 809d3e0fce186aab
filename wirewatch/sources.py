"""The sources of one process: the list in force, and what follows when the team edits it."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from connectors.interfaces import FeedSources
from connectors.lastsources import write_last_sources
from schemas.errors import DataFolderError, SettingsError
from schemas.feed import FeedSource

_log = logging.getLogger(__name__)


class SourcesInForce:
    """`FeedSources` that remember what was last read, for whoever shows or counts them.

    The poller reads them whenever they change; page, counts and `feeds health` follow it. Raises `SettingsError` when
    the first list cannot be read, `DataFolderError` from `keep`.
    """

    def __init__(self, sources: FeedSources) -> None:
        self._sources = sources
        self._folder: Path | None = None
        self._stamp = sources.stamp()
        self.current = sources.read()
        """The last good list."""

    def keep(self, folder: Path) -> None:
        """Leave the list in the data folder, now and whenever it changes, for the commands that speak of it."""
        self._folder = folder
        if self.current:
            write_last_sources(folder, self.current)

    def fresh(self) -> tuple[FeedSource, ...]:
        """The list as it is now, where nobody polls it; the last good one while it cannot be read."""
        stamp = self.stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            with suppress(SettingsError):
                self.read()
        return self.current

    def stamp(self) -> str:
        """See `FeedSources.stamp`."""
        return self._sources.stamp()

    def read(self) -> tuple[FeedSource, ...]:
        """See `FeedSources.read`."""
        found = self._sources.read()
        if found != self.current:
            before, after = ({source.feed_url for source in sources} for sources in (self.current, found))
            _log.info("sources changed", extra={"added": len(after - before), "removed": len(before - after)})
            self.current = found
            self._note()
        return found

    def _note(self) -> None:
        if self._folder is None:
            return
        try:
            write_last_sources(self._folder, self.current)
        except DataFolderError as error:
            # `feeds health` speaks of an older list until the next change; polling goes on.
            _log.warning("list of sources not kept", extra={"reason": str(error)})
