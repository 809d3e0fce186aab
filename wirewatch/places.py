"""Reading places held against the files they belong to, before anything is read or written.

Places lie in other files than the log, so that work and place are one transaction. Whoever loses or restores one file
of a data folder alone would leave a reader waiting behind the end of a log that is not its own: silent loss. Reading a
log again from its beginning is always safe, so that is what happens, and it is said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alerts.copies import ALERTS_COPIED, DESK, HITS_COPIED
from connectors.feeds.polling.restore import CONSUMER as POLLER
from connectors.interfaces import PositionStore, Topic
from wirewatch.wiring import PIPELINE

if TYPE_CHECKING:
    from wirewatch.station import Station

_log = logging.getLogger(__name__)


def realign(station: Station) -> None:
    """Send each reader whose place lies beyond the end of its topic back to the beginning."""
    for store, consumer, topic in _readers(station):
        saved, ends = store.positions(consumer), station.log.ends(topic)
        if any(place > ends.get(partition, 0) for partition, place in saved.items()):
            _log.warning("the log is not the one read before; read again", extra={"reader": consumer, "topic": topic})
            store.save_positions(consumer, dict.fromkeys(saved, 0))
    if not station.index.last_cursor() and station.ledger.positions(ALERTS_COPIED):
        # An index without a single hit beside a ledger that has copied some: it was lost, and is filled again.
        for consumer in (HITS_COPIED, ALERTS_COPIED):
            station.ledger.save_positions(consumer, dict.fromkeys(station.ledger.positions(consumer), 0))


def _readers(station: Station) -> Iterator[tuple[PositionStore, str, Topic]]:
    if station.places is not None:
        yield station.places, PIPELINE, "items"
    yield station.ledger, DESK, "hits"
    yield station.ledger, HITS_COPIED, "hits"
    yield station.states, POLLER, "fetches"
