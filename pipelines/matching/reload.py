"""The matcher of the watchlist files as they are now: edits take effect by themselves, broken edits change nothing."""

from __future__ import annotations

import logging
import threading

from connectors.interfaces import WatchlistFiles
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.load import load_watchlists
from pipelines.matching.match import Matcher
from schemas.errors import Problem, WatchlistError

_log = logging.getLogger(__name__)


class Watched:
    """The watchlist files with the matcher made of their last good state. Safe from several threads."""

    def __init__(self, files: WatchlistFiles) -> None:
        """Loads the lists. Raises `WatchlistError`: without one good list there is nothing to keep."""
        self._files = files
        self._lock = threading.Lock()
        self._stamp = files.stamp()
        self._matcher = self._load()
        self._problems: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the files as they are now are not in force; empty when they are."""
        return self._problems

    def current(self) -> Matcher:
        """The matcher, made anew when the files changed; the last good one while they cannot be loaded.

        Cheap when nothing changed. A broken edit is logged as an error once and kept in `problems` until mended. While
        one thread loads, others go on with the matcher they had.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._matcher

    def _refresh(self) -> None:
        # Taken before the files are read: an edit made meanwhile shows as another stamp next time.
        stamp = self._files.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._matcher = self._load()
        except WatchlistError as error:
            self._problems = error.problems
            _log.error("watchlists not loaded, the last good ones stay in force", extra={"problems": str(error)})
        else:
            self._problems = ()
            _log.info("watchlists loaded", extra={"lists": len(self._matcher.watchlists)})

    def _load(self) -> Matcher:
        return compile_watchlists(load_watchlists(self._files.read()))
