"""A consumer that keeps its place in a store of ours: the embedded index, or the desk's ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from connectors.interfaces import Log, Positions, PositionStore, Record, Topic

_PAUSE_SECONDS = 0.05


class StoredPositionConsumer:
    """`Consumer` over any `Log`, its committed place in a `PositionStore`. Does not own either."""

    def __init__(
        self, name: str, log: Log, topic: Topic, places: PositionStore, *, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.name = name
        self._log = log
        self._topic = topic
        self._places = places
        self._stopped = stopped
        self._next = dict(places.positions(name))

    def read(self, limit: int, wait: float) -> Sequence[Record]:
        """See `Consumer.read`; returns early, with nothing, once `stopped()`."""
        end = time.monotonic() + wait
        while True:
            records = self._log.read(self._topic, self._next, limit)
            if records:
                for record in records:
                    self._next[record.partition] = record.offset + 1
                return records
            if self._stopped() or time.monotonic() >= end:
                return ()
            time.sleep(_PAUSE_SECONDS)

    def commit(self, positions: Positions) -> None:
        """See `Consumer.commit`; a place already saved, with the documents made before it, is not written again."""
        saved = dict(self._places.positions(self.name))
        if saved | dict(positions) != saved:
            self._places.save_positions(self.name, positions)

    def lag(self) -> int:
        """See `Consumer.lag`."""
        saved = self._places.positions(self.name)
        return sum(end - saved.get(partition, 0) for partition, end in self._log.ends(self._topic).items())

    def close(self) -> None:
        """Nothing to release: log and store belong to the caller."""
