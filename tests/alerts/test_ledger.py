from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from alerts.decide import decide
from alerts.ledger import Ledger, LedgerReader
from alerts.row import Attempt, Row
from schemas.errors import DataFolderError, StoreError
from tests.alerts.records import RECIPIENTS, hit, told
from tests.samples import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as opened:
        yield opened


def row(number: int = 1, **changes: Any) -> Row:
    (made,) = decide(told(hit(number)), {}, RECIPIENTS, "wirewatch.example", NOON + timedelta(seconds=number))
    return msgspec.structs.replace(made, alert=msgspec.structs.replace(made.alert, **changes))


def test_rows_and_place_come_back_from_another_process(path: Path) -> None:
    rows = [row(number) for number in range(3)]
    with Ledger(path) as ledger:
        ledger.save(rows, "desk", {0: 7, 1: 3})
        ledger.save([], "desk", {1: 4})
    with Ledger(path) as ledger:
        assert ledger.positions("desk") == {0: 7, 1: 4}
        assert ledger.positions("other") == {}
        keys = [one.alert.alert_key for one in rows]
        assert ledger.rows([*keys, "unknown"]) == dict(zip(keys, rows, strict=True))
        assert ledger.counts() == {"pending": 3}


def test_rows_and_place_are_saved_together_or_not_at_all(ledger: Ledger) -> None:
    broken: dict[int, Any] = {0: object()}
    with pytest.raises(StoreError):
        ledger.save([row()], "desk", broken)
    assert ledger.counts() == {}
    assert ledger.positions("desk") == {}
    ledger.save([row()], "desk", {0: 1})
    assert ledger.counts() == {"pending": 1}


def test_second_desk_is_refused_by_name_and_readers_are_not(path: Path, ledger: Ledger) -> None:
    with pytest.raises(DataFolderError, match="held by another desk") as raised:
        Ledger(path)
    assert raised.value.subject == str(path)
    ledger.save([row()], "desk", {})
    with LedgerReader(path) as reader:
        assert [alert.alert_key for alert in reader.alerts()] == [row().alert.alert_key]
        ledger.save([row(2)], "desk", {})
        assert len(list(reader.alerts())) == 2


def test_a_closed_ledger_lets_the_next_desk_in(path: Path) -> None:
    for _ in range(2):
        Ledger(path).close()


def test_reader_cannot_write(path: Path, ledger: Ledger) -> None:
    with LedgerReader(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM alerts")


@pytest.mark.parametrize("kind", [Ledger, LedgerReader])
def test_newer_ledger_is_refused_and_left_alone(path: Path, kind: type[LedgerReader]) -> None:
    Ledger(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(DataFolderError, match="newer release"):
        kind(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", [Ledger, LedgerReader])
def test_file_that_is_no_ledger_is_one_clear_line(path: Path, kind: type[LedgerReader]) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(DataFolderError, match="cannot be read as a ledger"):
        kind(path)


def test_no_ledger_yet(path: Path) -> None:
    with pytest.raises(DataFolderError, match="no alerts here yet"):
        LedgerReader(path)
    assert not path.exists()


def test_settings_that_make_a_commit_survive_a_power_cut(ledger: Ledger) -> None:
    assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_alerts_are_newest_first_limited_and_since(ledger: Ledger) -> None:
    ledger.save([row(number) for number in range(450)], "desk", {})
    ages = [(alert.created_at - NOON).total_seconds() for alert in ledger.alerts()]
    assert ages == list(range(449, -1, -1))
    assert len(list(ledger.alerts(250))) == 250
    assert len(list(ledger.alerts(0, NOON + timedelta(seconds=440)))) == 10
    assert len(list(ledger.alerts(3, NOON + timedelta(seconds=440)))) == 3


def test_alerts_of_one_moment_are_all_listed(ledger: Ledger) -> None:
    ledger.save([row(number, created_at=NOON) for number in range(450)], "desk", {})
    assert len({alert.alert_key for alert in ledger.alerts()}) == 450


def test_due_are_interrupted_ones_then_oldest_pending_whose_time_has_come(ledger: Ledger) -> None:
    later = NOON + timedelta(minutes=1)
    rows = [
        row(5, state="sending"),
        row(1),
        row(2, next_attempt_at=NOON),
        row(3, next_attempt_at=later),
        row(4, state="sent"),
        row(6, state="suppressed"),
        row(7, state="failed"),
        row(8, next_attempt_at=NOON + timedelta(days=1)),
    ]
    ledger.save(rows, "desk", {})
    horizon = NOON + timedelta(hours=1)
    assert [one.alert.alert_key for one in ledger.due(NOON, horizon, 10)] == [
        rows[number].alert.alert_key for number in (0, 1, 2, 7)
    ]
    assert len(ledger.due(NOON, horizon, 1)) == 2
    assert len(ledger.due(later, horizon, 10)) == 5


def test_changed_gives_each_alert_once_in_its_latest_state(ledger: Ledger) -> None:
    ledger.save([row(1), row(2), row(3)], "desk", {})
    first = ledger.changed(0, 2)
    assert [alert for _, alert in first] == [row(1).alert, row(2).alert]
    ledger.save([row(1, state="sent")], "desk", {})
    rest = ledger.changed(first[-1][0], 10)
    assert [alert for _, alert in rest] == [row(3).alert, row(1, state="sent").alert]
    assert ledger.changed(rest[-1][0], 10) == ()


def test_attempts_are_kept_one_by_one(ledger: Ledger) -> None:
    key = row().alert.alert_key
    ledger.begin_attempt(row(state="sending", attempts=1), NOON)
    ledger.begin_attempt(row(state="sending", attempts=2), NOON + timedelta(seconds=5))
    ended = NOON + timedelta(seconds=6)
    ledger.end_attempt(row(state="sent", attempts=2, reason="250 queued"), "sent", ended)
    assert ledger.attempts(key) == (
        Attempt(number=1, started_at=NOON),
        Attempt(number=2, started_at=NOON + timedelta(seconds=5), ended_at=ended, outcome="sent", answer="250 queued"),
    )
    assert ledger.rows((key,))[key].alert.state == "sent"
