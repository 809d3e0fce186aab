"""Handing due rows to the mailer, one by one: each is marked `sending` before, and with the server's answer after.

A death between the server's answer and our commit leaves the row `sending`: it is handed over again under the same
`Message-ID`. That is the one window in which a second copy can exist, and `interrupted` counts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from alerts.compose import compose
from alerts.row import Row
from schemas.alert import Alert
from schemas.errors import DeliveryError, RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from alerts.ledger import Ledger
    from alerts.settings import DeskSettings, RetrySettings
    from connectors.interfaces import Mailer


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attempt."""

    alert: Alert
    outcome: Literal["sent", "postponed", "failed"]
    interrupted: bool
    """Whether a process had died with this alert in hand: a copy may have been delivered then."""
    seconds: float
    """From match to now."""


def deliver(
    rows: Iterable[Row],
    ledger: Ledger,
    mailer: Mailer,
    settings: DeskSettings,
    *,
    now: Callable[[], datetime],
    jitter: Callable[[], float],
) -> Iterator[Delivery]:
    """Try each of `rows`, whatever came of those before it; yields after each is committed.

    Raises only what the ledger raises.
    """
    outcome: Literal["sent", "postponed", "failed"]
    for row in rows:
        interrupted = row.alert.state == "sending"
        began = now()
        taken = _with(row, state="sending", attempts=row.alert.attempts + 1, next_attempt_at=None)
        ledger.begin_attempt(taken, began)
        try:
            answer = mailer.send(compose(row, settings.mail, began), row.alert.recipient)
        except DeliveryError as error:
            ended = now()
            done, outcome = _refused(taken, error, settings.retry, ended, jitter())
        except RecordError as error:
            ended = now()
            done, outcome = _with(taken, state="failed", reason=error.message), "failed"
        else:
            ended = now()
            done, outcome = _with(taken, state="sent", reason=answer, sent_at=ended), "sent"
        ledger.end_attempt(done, outcome, ended)
        matched = min(hit.matched_at for hit in row.hits)
        yield Delivery(
            alert=done.alert,
            outcome=outcome,
            interrupted=interrupted,
            seconds=max(0.0, (ended - matched).total_seconds()),
        )


def _refused(
    row: Row, error: DeliveryError, retry: RetrySettings, now: datetime, jitter: float
) -> tuple[Row, Literal["postponed", "failed"]]:
    age = (now - row.alert.created_at).total_seconds()
    if not error.retryable:
        return _with(row, state="failed", reason=error.message), "failed"
    if age >= retry.give_up_after:
        given_up = f"given up after {row.alert.attempts} attempts: {error.message}"
        return _with(row, state="failed", reason=given_up), "failed"
    later = retry.until(now, row.alert.attempts, jitter)
    return _with(row, state="pending", reason=error.message, next_attempt_at=later), "postponed"


def _with(row: Row, **changes: object) -> Row:
    return Row(alert=msgspec.structs.replace(row.alert, **changes), hits=row.hits)
