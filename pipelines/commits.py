"""Places committed behind the sinks of an engine that calls nobody when a bundle is done.

    read ──> … ──> last sink ──(its flush)──> Commits ──(a thread, once a second)──> the log

A place is right here because everything between read and last sink is one fused stage: what comes out of the last sink
was read in the same bundle, and nothing before it is still on its way. A shuffle between them would break that. The
engine has its own places, in its checkpoints; these are for lag and for a run that starts without one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import msgspec

from connectors.interfaces import PartitionedTopic, Positions
from pipelines.resources import obtain
from schemas.errors import StoreError

COMMIT_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Commits:
    """Takes places at once and commits them from a daemon thread. Safe from several threads."""

    def __init__(self, topic: PartitionedTopic) -> None:
        self._topic = topic
        self._waiting: dict[int, int] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
        self._thread.start()

    def note(self, positions: Positions) -> None:
        """Everything before `positions` is written. Of a partition the last one noted counts, also when it went back."""
        with self._lock:
            self._waiting.update(positions)

    def close(self) -> None:
        """Commit what is noted, once, and end; the topic stays open."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(COMMIT_SECONDS):
            self._commit()
        self._commit()

    def _commit(self) -> None:
        with self._lock:
            positions, self._waiting = self._waiting, {}
        if not positions:
            return
        try:
            self._topic.commit(positions)
        except StoreError as error:
            _log.warning("places not committed yet", extra={"subject": error.subject, "reason": error.message})
            with self._lock:
                self._waiting = positions | self._waiting


class CommitsFactory(msgspec.Struct, frozen=True):
    """Makes `Commits` of the topic that `topic` opens; for `pipelines.resources.obtain`, so that a process has one."""

    topic: Callable[[], PartitionedTopic]

    def __call__(self) -> Commits:
        """The commits of this process."""
        return Commits(obtain(self.topic))
