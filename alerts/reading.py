"""Reading `hits` from a place of the ledger's: over all partitions, and on where records are no longer kept."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from schemas.errors import PositionLostError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.ledger import Ledger
    from connectors.interfaces import Log, Record

_LOGGER = logging.getLogger(__name__)


class HitReader:
    """Reads `hits` as `name`, whose place lies in the ledger and is moved by whoever has done something with them."""

    def __init__(self, log: Log, ledger: Ledger, name: str) -> None:
        self._log = log
        self._ledger = ledger
        self._name = name
        self.lost_total = 0
        """Records that were gone from the log when this reader came to them."""

    def read(self, limit: int, place: Mapping[int, int] | None = None) -> Sequence[Record]:
        """At most `limit` records from the saved place on, or from `place`. Raises `StoreError`.

        Where the log keeps them no more, it goes on at the oldest there is: that is counted, saved, and said.
        """
        start = dict(self.place() if place is None else place)
        while True:
            try:
                return self._log.read("hits", start, limit)
            except PositionLostError as error:
                if start.get(error.partition, 0) == error.oldest:
                    raise
                self._go_on(error)
                start[error.partition] = error.oldest

    def place(self) -> Mapping[int, int]:
        """The saved place."""
        return self._ledger.positions(self._name)

    def _go_on(self, error: PositionLostError) -> None:
        self._ledger.save_positions(self._name, {error.partition: error.oldest})
        # A reader that begins at 0 has lost nothing it ever was to read; after a log was replaced, nothing is skipped.
        gone = max(0, error.oldest - error.asked) if error.asked else 0
        self.lost_total += gone
        _LOGGER.log(
            logging.ERROR if gone else logging.WARNING,
            "hits lost: the log kept them for too short" if gone else "the log is another one, read from its beginning",
            extra={"reader": self._name, "partition": error.partition, "from": error.asked, "records": gone},
        )


def past_undecided(log: Log, place: Mapping[int, int], decided: Mapping[int, int]) -> dict[int, int]:
    """`place`, with each partition in which all that was decided is copied set to its end.

    What the desk has still to decide in one partition must not stand before what it has decided in another.
    """
    return {
        partition: place.get(partition, 0) if place.get(partition, 0) < decided.get(partition, 0) else end
        for partition, end in log.ends("hits").items()
    }
