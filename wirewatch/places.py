"""Reading places held against the files they belong to, before anything is read or written.

Places lie in other files than the log, so that work and place are one transaction. Whoever loses or restores one file
of a data folder alone would leave a reader waiting behind the end of a log that is not its own: silent loss. Reading a
log again from its beginning is always safe, so that is what happens, and it is said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alerts.copies import ALERTS_COPIED, DESK, HITS_COPIED
from connectors.feeds.polling.restore import CONSUMER as POLLER
from connectors.interfaces import PositionStore, Topic
from schemas.errors import StoreError
from wirewatch.wiring import PIPELINES

if TYPE_CHECKING:
    from wirewatch.station import Part, Station

_log = logging.getLogger(__name__)


def realign(station: Station, parts: Sequence[Part]) -> None:
    """Send each reader of `parts` whose place lies beyond the end of its topic back to the beginning.

    Those in a consumer group are Kafka's to send back. Raises `StoreError`.
    """
    for store, consumer, topic in _readers(station, parts):
        saved, ends = store.positions(consumer), station.log.ends(topic) if store.positions(consumer) else {}
        if any(place > ends.get(partition, 0) for partition, place in saved.items()):
            _log.warning("the log is not the one read before; read again", extra={"reader": consumer, "topic": topic})
            store.save_positions(consumer, dict.fromkeys(saved, 0))
    if "desk" in parts and station.ledger.positions(ALERTS_COPIED):
        _fill_again(station)


def _fill_again(station: Station) -> None:
    """An index without a single hit beside a ledger that has copied some: it was lost, and is filled again."""
    try:
        if station.index.last_cursor():
            return
    except StoreError as error:
        if not error.retryable:
            raise
        # Mails do not wait for the index. If it comes back empty, the next start sees it.
        _log.warning("index away, not looked at", extra={"reason": str(error)})
        return
    for consumer in (HITS_COPIED, ALERTS_COPIED):
        station.ledger.save_positions(consumer, dict.fromkeys(station.ledger.positions(consumer), 0))


def _readers(station: Station, parts: Sequence[Part]) -> Iterator[tuple[PositionStore, str, Topic]]:
    if "pipeline" in parts and (places := station.places) is not None:
        for consumer in PIPELINES:
            yield places, consumer, "items"
    if "desk" in parts:
        yield station.ledger, DESK, "hits"
        yield station.ledger, HITS_COPIED, "hits"
    if "poll" in parts:
        yield station.states, POLLER, "fetches"
