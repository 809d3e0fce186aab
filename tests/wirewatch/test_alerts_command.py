from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner

from alerts.desk import Desk
from alerts.ledger import Ledger
from alerts.settings import DeskSettings
from connectors.index.embedded import EmbeddedIndex
from connectors.log.embedded import EmbeddedLog
from connectors.mail.maildir import MaildirMailer
from schemas import codec
from schemas.alert import Alert
from tests.alerts.records import RECIPIENTS, Clock, append, hit, told
from tests.product import wirewatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from datetime import timedelta

from tests.samples import NOON
from wirewatch.cli import wirewatch as program


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger held by a desk that has just told of two articles and suppressed a third."""
    log, index, clock = EmbeddedLog(tmp_path / "log.sqlite3"), EmbeddedIndex(tmp_path / "index.sqlite3"), Clock()
    with Ledger(tmp_path / "ledger.sqlite3") as made:
        desk = Desk(log, made, MaildirMailer(tmp_path / "mail"), index, DeskSettings(recipients=RECIPIENTS), clock)
        for number in (1, 2, 3):
            clock.moment = NOON + timedelta(hours=number)
            append(log, told(hit(number, title=f"Title\x1b[31m {number}"), history=number == 3))
            desk.drain()
        yield made
    index.close()
    log.close()


def output(*words: str | Path) -> str:
    done = CliRunner().invoke(program, [str(word) for word in ("alerts", *words)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_list_json_is_the_alerts_newest_first_while_a_desk_holds_the_ledger(tmp_path: Path, ledger: Ledger) -> None:
    lines = output("list", "--json", "--data", tmp_path).splitlines()
    assert [codec.decode(line, Alert) for line in lines] == list(ledger.alerts())
    assert [json.loads(line)["state"] for line in lines] == ["suppressed", "sent", "sent"]


def test_list_limit_and_since(tmp_path: Path, ledger: Ledger) -> None:
    assert len(output("list", "--limit", "1", "--data", tmp_path).splitlines()) == 1
    assert len(output("list", "--limit", "0", "--data", tmp_path).splitlines()) == 3
    assert len(output("list", "--since", "2026-11-22T14:00:00Z", "--data", tmp_path).splitlines()) == 2
    assert output("list", "--since", "2026-11-23", "--data", tmp_path) == ""


def test_list_text_has_no_terminal_controls_and_says_why_suppressed(tmp_path: Path, ledger: Ledger) -> None:
    first, second, _ = output("list", "--data", tmp_path).splitlines()
    assert second == "2026-11-22T14:00:00.000Z  sent  kosovo  desk@newsroom.example  Title [31m 2"
    assert first.startswith(
        "2026-11-22T15:00:00.000Z  suppressed  kosovo  desk@newsroom.example  Title [31m 3  (history:"
    )


def test_show_has_all_of_it(tmp_path: Path, ledger: Ledger) -> None:
    _, alert, _ = ledger.alerts()
    file = json.loads(output("show", alert.alert_key, "--json", "--data", tmp_path))
    assert msgspec.convert(file["alert"], Alert) == alert
    assert [one["hit_id"] for one in file["hits"]] == list(alert.hits)
    assert [(one["number"], one["outcome"]) for one in file["attempts"]] == [(1, "sent")]
    text = output("show", alert.alert_key, "--data", tmp_path)
    for words in (alert.message_id, alert.hits[0], "attempt 1", "written to", alert.recipient, "Kosovo"):
        assert words in text
    assert "\x1b" not in text


def test_show_of_no_such_alert_and_list_without_data_are_one_line_and_exit_1(tmp_path: Path, ledger: Ledger) -> None:
    for words, said in (
        (("alerts", "show", "nothing", "--data", tmp_path), "error: nothing: no such alert"),
        (("alerts", "list", "--data", tmp_path / "empty"), "no data here yet"),
    ):
        done = wirewatch(*words, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
