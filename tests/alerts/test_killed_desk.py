"""SIGKILL between any two steps of the desk, then again to the end: none lost, none twice but in the named window."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from alerts.ledger import LedgerReader
from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import HitFilter
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.alert import Alert
from schemas.deadletter import DeadLetter
from tests.alerts.killed_desk import POINTS
from tests.alerts.records import append, hit, told
from tests.connectors.mail.server import Server, Sink

if TYPE_CHECKING:
    from pathlib import Path

ARTICLES = range(1, 8)
RECIPIENTS = ("a@x.example", "b@x.example")


def desk(folder: Path, port: int, point: str, after: int = 0) -> int:
    words = [str(folder), str(port), point, str(after)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.alerts.killed_desk", *words], check=False, capture_output=True, text=True
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


def fill(folder: Path) -> None:
    log = EmbeddedLog(folder / "log.sqlite3")
    append(
        log,
        *(told(hit(number, recipients=RECIPIENTS)) for number in ARTICLES),
        b"{",
        told(hit(1, query="second", recipients=RECIPIENTS), op="update"),
        told(hit(9, recipients=RECIPIENTS), history=True),
    )
    log.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "after"),
    # There is one record that cannot be read, so that point is passed once.
    [(point, after) for point in POINTS for after in (0, 1) if (point, after) != ("after-dead-letter", 1)],
)
def test_killed_and_run_again(tmp_path: Path, point: str, after: int) -> None:
    fill(tmp_path)
    sink = Sink()
    with Server(sink) as server:
        assert desk(tmp_path, server.port, point, after) == -signal.SIGKILL
        assert desk(tmp_path, server.port, "none") == 0

    wanted = {(hit(number).article_id, recipient) for number in ARTICLES for recipient in RECIPIENTS}
    with LedgerReader(tmp_path / "ledger.sqlite3") as ledger:
        alerts = {alert.alert_key: alert for alert in ledger.alerts()}
        interrupted = sum(not attempt.outcome for key in alerts for attempt in ledger.attempts(key))
    sent = {key: alert for key, alert in alerts.items() if alert.state == "sent"}
    assert {(alert.articles[0], alert.recipient) for alert in sent.values()} == wanted
    assert [alert.state for key, alert in alerts.items() if key not in sent] == ["suppressed", "suppressed"]

    copies = Counter((str(one["Message-ID"]), str(one["To"])) for one in sink.messages)
    assert set(copies) == {(alert.message_id, alert.recipient) for alert in sent.values()}
    assert sum(copies.values()) - len(copies) == (point == "after-250")
    assert interrupted == (point in {"after-sending", "after-250"})

    log, index = EmbeddedLog(tmp_path / "log.sqlite3"), EmbeddedIndex(tmp_path / "index.sqlite3")
    assert {alert.alert_key: alert for alert in index.alerts(0)} == alerts
    assert {one.article_id for one in index.newest(HitFilter(), 0)} == {
        hit(number).article_id for number in (*ARTICLES, 9)
    }
    assert len(list(index.newest(HitFilter(), 0))) == 9
    copied = (codec.decode(record.value, Alert) for record in log.read("alerts", {}, 1000))
    assert {alert.alert_key: alert for alert in copied} == alerts
    letters = [codec.decode(record.value, DeadLetter) for record in log.read("deadletters", {}, 10)]
    assert {letter.id for letter in letters} == {letters[0].id}
    index.close()
    log.close()
