"""The desk: reads `hits`, decides, mails, and copies what it knows to the index and the log, in this order.

Killed between any two lines it loses nothing and tells nobody twice but in the window `alerts.deliver` names: decisions
and reading place are one transaction, dead letters are written before it, copies remember their own places.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from alerts.compose import compose
from alerts.copies import DESK, Copies
from alerts.counters import DeskCounters
from alerts.decide import concerned, decide
from alerts.deliver import deliver
from alerts.headers import parsed_address
from alerts.letters import dead_letter
from alerts.reading import HitReader
from alerts.row import Row
from connectors.interfaces import HitStore, Log, Mailer, NewRecord, Record
from schemas import codec
from schemas import time as clock
from schemas.errors import RecordError, SettingsError, StoreError
from schemas.hit import ItemHits

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.ledger import Ledger
    from alerts.settings import DeskSettings
    from schemas.alert import AlertState

_LOGGER = logging.getLogger(__name__)
_LONGEST_WAIT = 5.0


class DeskProgress(msgspec.Struct, frozen=True, kw_only=True):
    """What one step did."""

    records: int = 0
    deliveries: int = 0
    copied: int = 0
    waiting: tuple[str, ...] = ()
    """What could not be done now because a log or index is away."""

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.records or self.deliveries or self.copied)


class DeskSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a drained desk did, and what it leaves behind."""

    records: int
    dead_letters: int
    sent: int
    failed: int
    suppressed: int
    """Alerts suppressed, all told; the other figures are of this run."""
    undelivered: int
    """Alerts that wait for their next attempt, all told."""
    waiting: tuple[str, ...]
    """Back ends that stayed away: copies for them follow in the next run."""


def check(settings: DeskSettings) -> None:
    """Raises `SettingsError` when no mail could ever be composed from `settings`, or one of the recipients never get one."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", settings.mail.domain):
        message = f"{settings.mail.domain!r} is not a domain in ASCII letters"
        raise SettingsError(message, subject="alerts.domain")
    named = [("sender", settings.mail.sender, "sender")]
    named += [("recipients", recipient, "recipient") for recipient in settings.recipients]
    for key, text, what in named:
        try:
            parsed_address(text, what)
        except RecordError as error:
            raise SettingsError(error.message, subject=f"alerts.{key}") from error


class Desk:
    """One desk over one ledger. Closes nothing: whoever opened log, ledger, mailer and hit store closes them."""

    def __init__(  # noqa: PLR0917 four parts, one struct of settings, and what makes it impure
        self,
        log: Log,
        ledger: Ledger,
        mailer: Mailer,
        hit_store: HitStore,
        settings: DeskSettings,
        now: Callable[[], datetime] = clock.now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Raises `SettingsError`, see `check`."""
        check(settings)
        self._log = log
        self._ledger = ledger
        self._mailer = mailer
        self._settings = settings
        self._now = now
        self._jitter = jitter
        self._hits = HitReader(log, ledger, DESK)
        self._copies = Copies(log, ledger, hit_store, settings.batch_records, now)
        self.counters = DeskCounters()

    def counts(self) -> dict[AlertState, int]:
        """Alerts of the ledger by state, for metrics."""
        return self._ledger.counts()

    def step(self) -> DeskProgress:
        """One look at everything: decide what is new, hand over what is due, copy what changed.

        A log or index that is away is named in `waiting`; raises only what waiting cannot mend.
        """
        return self._step(self._now())

    def drain(self, patience: float = 30.0) -> DeskSummary:
        """Step until the log is at its end, every pending mail was tried once, and all copies are made.

        A back end that is away gets `patience` seconds in all; what is left to do is done by the next run.
        """
        before = msgspec.structs.replace(self.counters)
        # Whoever starts a pass wants the mails out now, not when an earlier failure would have had them tried again.
        self._ledger.make_due()
        began = self._now()
        give_up = time.monotonic() + patience
        while True:
            # A mail postponed in this drain is not due again within it, however long the others take.
            progress = self._step(began)
            if progress.idle and not progress.waiting:
                break
            if progress.waiting and time.monotonic() >= give_up:
                break
            if progress.idle:
                time.sleep(self._settings.idle)
        states = self.counts()
        return DeskSummary(
            records=self.counters.records_total - before.records_total,
            dead_letters=self.counters.dead_letters_total - before.dead_letters_total,
            sent=self.counters.sent_total - before.sent_total,
            failed=self.counters.failed_total - before.failed_total,
            suppressed=states.get("suppressed", 0),
            undelivered=states.get("pending", 0) + states.get("sending", 0),
            waiting=progress.waiting,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Copies have a thread of their own: an index that blocks holds up no mail.

        Raises what waiting cannot mend, of either thread.
        """
        halt = threading.Event()
        with ThreadPoolExecutor(1, "desk-copies") as pool:
            copying = pool.submit(self._keep, halt.is_set, halt.wait, self._copy)
            try:
                self._keep(lambda: stop.is_set() or copying.done(), stop.wait, self._mail)
            finally:
                halt.set()
            copying.result()

    def _keep(
        self, stopped: Callable[[], bool], pause: Callable[[float], object], work: Callable[[], DeskProgress]
    ) -> None:
        wait = self._settings.idle
        said: tuple[str, ...] = ()
        while not stopped():
            progress = work()
            if progress.waiting and progress.waiting != said:
                _LOGGER.warning("desk waits", extra={"reasons": list(progress.waiting)})
            said = progress.waiting
            wait = min(_LONGEST_WAIT, wait * 2) if progress.waiting else self._settings.idle
            if progress.idle or progress.waiting:
                pause(wait)

    def _step(self, as_of: datetime) -> DeskProgress:
        mailed, copied = self._mail(as_of), self._copy()
        return DeskProgress(
            records=mailed.records,
            deliveries=mailed.deliveries,
            copied=copied.copied,
            waiting=mailed.waiting + copied.waiting,
        )

    def _mail(self, as_of: datetime | None = None) -> DeskProgress:
        read, waiting = self._patiently(self._decide)
        return DeskProgress(records=read, deliveries=self._deliver(as_of or self._now()), waiting=waiting)

    def _copy(self) -> DeskProgress:
        done = 0
        waiting: tuple[str, ...] = ()
        for work in (self._copies.alerts_to_log, self._copies.hits_to_index, self._copies.alerts_to_index):
            copied, reasons = self._patiently(work)
            done, waiting = done + copied, waiting + reasons
        self.counters.copied_total += done
        self.counters.copies_lost_total = self._copies.hits.lost_total
        self.counters.copies_refused_total = self._copies.refused_total
        return DeskProgress(copied=done, waiting=tuple(dict.fromkeys(waiting)))

    def _patiently(self, work: Callable[[], int]) -> tuple[int, tuple[str, ...]]:
        try:
            return work(), ()
        except StoreError as error:
            if not error.retryable:
                raise
            self.counters.waits_total += 1
            return 0, (str(error),)

    def _decide(self) -> int:
        records = self._hits.read(self._settings.batch_records)
        self.counters.lost_total = self._hits.lost_total
        if not records:
            return 0
        now = self._now()
        decided: dict[str, Row] = {}
        dead: list[NewRecord] = []
        for record in records:
            try:
                for row in self._rows(record, decided, now):
                    decided[row.alert.alert_key] = row
            except RecordError as error:
                dead.append(dead_letter(record, "desk", error.message, now))
        self._log.append(dead)
        ends = {record.partition: record.offset + 1 for record in records}
        self._ledger.save(tuple(decided.values()), DESK, ends)
        self.counters.records_total += len(records)
        self.counters.dead_letters_total += len(dead)
        return len(records)

    def _rows(self, record: Record, decided: dict[str, Row], now: datetime) -> tuple[Row, ...]:
        said = codec.decode(record.value, ItemHits, record.headers, subject=record.position)
        settings = self._settings
        keys = concerned(said, settings.recipients)
        known = {**self._ledger.rows(tuple(keys)), **{key: decided[key] for key in keys if key in decided}}
        rows = decide(said, known, settings.recipients, settings.mail.domain, now)
        return tuple(self._sendable(row, now) for row in rows)

    def _sendable(self, row: Row, now: datetime) -> Row:
        """`row`, failed if its recipient is no address. What cannot be composed raises now, with the record in hand."""
        if row.alert.state != "pending":
            return row
        try:
            parsed_address(row.alert.recipient, "recipient")
        except RecordError as error:
            return Row(alert=msgspec.structs.replace(row.alert, state="failed", reason=error.message), hits=row.hits)
        compose(row, self._settings.mail, now)
        return row

    def _deliver(self, as_of: datetime) -> int:
        settings = self._settings
        horizon = as_of + timedelta(seconds=settings.retry.longest)
        due = self._ledger.due(as_of, horizon, settings.batch_mails)
        done = 0
        for delivery in deliver(due, self._ledger, self._mailer, settings, now=self._now, jitter=self._jitter):
            done += 1
            self.counters.interrupted_total += delivery.interrupted
            if delivery.outcome == "sent":
                self.counters.delivered(delivery.seconds)
            elif delivery.outcome == "failed":
                self.counters.failed_total += 1
            else:
                self.counters.postponed_total += 1
            _LOGGER.info(
                "delivery tried",
                extra={
                    "outcome": delivery.outcome,
                    "alert_key": delivery.alert.alert_key,
                    "seconds": delivery.seconds,
                    "answer": delivery.alert.reason,
                },
            )
        return done
