"""Copies of dead letters and polls in an index that people also ask without us, such as through Kibana.

    [deadletters] ──> Archiving ──> index
    [fetches]     ──┘

Each topic has a reader of its own, whose place is saved behind the copies: copied twice changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from connectors.interfaces import Archive, Consumer, Record
from pipelines.patience import StoppedWaitingError, patiently
from schemas import codec
from schemas.deadletter import DeadLetter
from schemas.errors import RecordError
from schemas.feed import FetchRecord

_BATCH = 500
_WAIT_SECONDS = 0.5
_log = logging.getLogger(__name__)
T = TypeVar("T", bound=msgspec.Struct)


class Archiving:
    """Copies what `letters` and `fetches` bring. One thread uses it; `stopped` may turn true from any other."""

    def __init__(
        self, archive: Archive, letters: Consumer, fetches: Consumer, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self._copies: tuple[_Copying[DeadLetter] | _Copying[FetchRecord], ...] = (
            _Copying(letters, DeadLetter, archive.put_dead_letters, stopped),
            _Copying(fetches, FetchRecord, archive.put_fetches, stopped),
        )
        self._stopped = stopped

    def run(self, stop: threading.Event) -> None:
        """Copy until `stop` is set; an index or log that is away is waited for. Raises what waiting cannot mend."""
        while not stop.is_set():
            for copying in self._copies:
                copying.step(_WAIT_SECONDS)

    def drain(self) -> int:
        """Copy until both topics are at their end, or `stopped()`; returns the records copied."""
        total = 0
        for copying in self._copies:
            while not self._stopped():
                done = copying.step(0.25)
                total += done
                if not done and copying.at_end():
                    break
        return total


class _Copying(Generic[T]):
    def __init__(
        self, reader: Consumer, kind: type[T], put: Callable[[Sequence[T]], None], stopped: Callable[[], bool]
    ) -> None:
        self._reader = reader
        self._kind = kind
        self._put = put
        self._stopped = stopped

    def step(self, wait: float) -> int:
        try:
            records = patiently(lambda: self._reader.read(_BATCH, wait), self._stopped)
            if not records:
                return 0
            values = [value for record in records if (value := self._value(record)) is not None]
            patiently(lambda: self._put_all(values), self._stopped)
            places: dict[int, int] = {}
            for record in records:
                places[record.partition] = max(places.get(record.partition, 0), record.offset + 1)
            patiently(lambda: self._reader.commit(places), self._stopped)
        except StoppedWaitingError:
            return 0
        return len(records)

    def at_end(self) -> bool:
        try:
            return not patiently(self._reader.lag, self._stopped)
        except StoppedWaitingError:
            return True

    def _put_all(self, values: Sequence[T]) -> None:
        try:
            self._put(values)
        except RecordError as error:
            if len(values) > 1:
                for value in values:
                    self._put_all((value,))
                return
            # It lies in its topic, and a copy is all that is missing.
            _log.error("not copied", extra={"document": error.subject, "reason": error.message})

    def _value(self, record: Record) -> T | None:
        """None for what another release has written: it lies in its topic, and a copy is all that is missing."""
        try:
            return codec.decode(record.value, self._kind, record.headers, subject=record.position)
        except RecordError as error:
            _log.warning("not copied", extra={"position": record.position, "reason": error.message})
            return None
