"""A desk that kills itself at a named point: run by `test_killed_desk.py` in a process of its own.

Arguments: data folder, SMTP port, point (or `none`), and how many times the point is passed before the kill.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.desk import Desk
from alerts.ledger import Ledger
from alerts.settings import DeskSettings
from connectors.index.embedded import EmbeddedIndex
from connectors.log.embedded import EmbeddedLog
from connectors.mail.smtp import SmtpMailer, SmtpServer
from tests.alerts.records import RECIPIENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from alerts.row import Row
    from connectors.interfaces import NewRecord
    from schemas.alert import Alert
    from schemas.hit import Hit

POINTS = (
    "before-decide",
    "after-dead-letter",
    "after-decide",
    "after-sending",
    "after-250",
    "after-sent",
    "after-topic",
    "before-index",
    "after-index",
)


class Failpoints:
    """Ends the process without warning when `point` is passed for the `after`-th time."""

    def __init__(self, point: str, after: int) -> None:
        self._point = point
        self._left = after

    def passed(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


class KilledLedger(Ledger):
    failpoints: Failpoints

    def save(self, rows: Sequence[Row], consumer: str, positions: Mapping[int, int]) -> None:
        self.failpoints.passed("before-decide")
        super().save(rows, consumer, positions)
        self.failpoints.passed("after-decide")

    def begin_attempt(self, row: Row, now: datetime) -> None:
        super().begin_attempt(row, now)
        self.failpoints.passed("after-sending")

    def end_attempt(self, row: Row, outcome: str, now: datetime) -> None:
        super().end_attempt(row, outcome, now)
        self.failpoints.passed("after-sent")


class KilledLog(EmbeddedLog):
    failpoints: Failpoints

    def append(self, records: Sequence[NewRecord]) -> None:
        super().append(records)
        for topic, point in (("deadletters", "after-dead-letter"), ("alerts", "after-topic")):
            if any(record.topic == topic for record in records):
                self.failpoints.passed(point)


class KilledMailer(SmtpMailer):
    failpoints: Failpoints

    def send(self, message: EmailMessage, recipient: str) -> str:
        answer = super().send(message, recipient)
        self.failpoints.passed("after-250")
        return answer


class KilledIndex(EmbeddedIndex):
    failpoints: Failpoints

    def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
        self.failpoints.passed("before-index")
        super().put(hits, alerts)
        self.failpoints.passed("after-index")


def main(folder: Path, port: int, point: str, after: int) -> None:
    failpoints = Failpoints(point, after)
    log = KilledLog(folder / "log.sqlite3")
    index = KilledIndex(folder / "index.sqlite3")
    mailer = KilledMailer(SmtpServer(host="127.0.0.1", port=port, tls="none"))
    with KilledLedger(folder / "ledger.sqlite3") as ledger:
        for part in (log, index, mailer, ledger):
            part.failpoints = failpoints
        settings = DeskSettings(recipients=RECIPIENTS, batch_records=4, batch_mails=3)
        Desk(log, ledger, mailer, index, settings).drain()
        mailer.close()
        index.close()
        log.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
