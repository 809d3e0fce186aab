"""Copies of what the desk knows, for everybody else: hits with their story and alerts to the index, alerts to the log.

They follow behind the mails, each from a place of its own, so that an index that is away stops no mail and
nothing is skipped when it is back. A copy made twice changes nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from alerts.letters import dead_letter
from alerts.reading import HitReader, past_undecided
from connectors.interfaces import HitStore, Log, NewRecord
from schemas import codec
from schemas.errors import RecordError
from schemas.hit import Hit, ItemHits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from alerts.ledger import Ledger
    from connectors.interfaces import Record
    from schemas.alert import Alert

_LOGGER = logging.getLogger(__name__)
DESK = "desk"
"""The desk's place in `hits`: everything before it is decided."""
HITS_COPIED = "desk.hits-to-index"
"""Its place in copying hits to the index."""
ALERTS_COPIED = "desk.alerts-to-index"
"""Its place in copying alerts to the index: a count of the ledger's changes, not a place in the log."""
_TOPIC = "desk.alerts-to-log"


class Copies:
    """Moves at most `limit` records of each kind a call; safe to call from another thread than the desk's."""

    def __init__(self, log: Log, ledger: Ledger, hit_store: HitStore, limit: int, now: Callable[[], datetime]) -> None:
        self._log = log
        self._ledger = ledger
        self._hit_store = hit_store
        self.hits = HitReader(log, ledger, HITS_COPIED)
        """What is copied to the index is read with this."""
        self._limit = limit
        self._now = now
        self.refused_total = 0
        """Records and alerts that the index takes for no document."""

    def alerts_to_log(self) -> int:
        """Append alerts changed since the last call to the topic `alerts`; how many. Raises `StoreError`."""
        place = self._ledger.positions(_TOPIC).get(0, 0)
        changed = self._ledger.changed(place, self._limit)
        if changed:
            self._log.append([NewRecord.of("alerts", alert.alert_key, alert) for _, alert in changed])
            self._ledger.save_positions(_TOPIC, {0: changed[-1][0]})
        return len(changed)

    def hits_to_index(self) -> int:
        """Put the hits of decided records into the index, each with its story; how many records. Raises `StoreError`."""
        decided = self._ledger.positions(DESK)
        place = self.hits.place()
        if _reached(place, decided):
            return 0
        records = self._decided(place, decided)
        if not records and len(decided) > 1:
            records = self._decided(past_undecided(self._log, self.hits.place(), decided), decided)
        if not records:
            return 0
        self._put_hits(records)
        ends: dict[int, int] = {}
        for record in records:
            ends[record.partition] = record.offset + 1
        self._ledger.save_positions(HITS_COPIED, ends)
        return len(records)

    def _put_hits(self, records: Sequence[Record]) -> None:
        try:
            self._hit_store.put([hit for record in records for hit in _hits(record.value, record.headers)], ())
        except RecordError as error:
            if len(records) > 1:
                for record in records:
                    self._put_hits((record,))
                return
            self.refused_total += 1
            self._log.append([dead_letter(records[0], error.stage, error.message, self._now())])

    def _put_alerts(self, alerts: Sequence[Alert]) -> None:
        try:
            self._hit_store.put((), alerts)
        except RecordError as error:
            if len(alerts) > 1:
                for alert in alerts:
                    self._put_alerts((alert,))
                return
            # Its mail is out and the ledger has it: all that is missing is a copy.
            self.refused_total += 1
            _LOGGER.error("alert not copied", extra={"alert_key": alerts[0].alert_key, "reason": error.message})  # noqa: TRY400

    def _decided(self, place: Mapping[int, int], decided: Mapping[int, int]) -> list[Record]:
        records = self.hits.read(self._limit, place)
        return [record for record in records if record.offset < decided.get(record.partition, 0)]

    def alerts_to_index(self) -> int:
        """Put alerts changed since the last call into the index; how many. Raises `StoreError`."""
        place = self._ledger.positions(ALERTS_COPIED).get(0, 0)
        changed = self._ledger.changed(place, self._limit)
        if changed:
            self._put_alerts([alert for _, alert in changed])
            self._ledger.save_positions(ALERTS_COPIED, {0: changed[-1][0]})
        return len(changed)


def _reached(place: Mapping[int, int], end: Mapping[int, int]) -> bool:
    return all(place.get(partition, 0) >= offset for partition, offset in end.items())


def _hits(value: bytes, headers: Mapping[str, str]) -> tuple[Hit, ...]:
    try:
        record = codec.decode(value, ItemHits, headers)
    except RecordError:
        # The desk has made a dead letter of it when it decided.
        return ()
    return tuple(msgspec.structs.replace(hit, story_id=record.article_id) for hit in record.hits)
