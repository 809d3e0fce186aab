"""The desk over a topic of several partitions, some of whose records are no longer kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.copies import Copies
from alerts.desk import Desk
from alerts.ledger import Ledger
from alerts.settings import DeskSettings
from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import HitFilter
from connectors.mail.maildir import MaildirMailer
from schemas import codec
from schemas.alert import Alert
from schemas.deadletter import DeadLetter
from schemas.errors import RecordError
from schemas.hit import Hit
from tests.alerts.records import RECIPIENTS, Clock, append, hit, told
from tests.partitioned_log import PartitionedLog
from tests.samples import NOON


class Bench:
    def __init__(self, folder: Path) -> None:
        self.log = PartitionedLog(folder / "log.sqlite3")
        self.index = EmbeddedIndex(folder / "index.sqlite3")
        self.ledger = Ledger(folder / "ledger.sqlite3")
        self.mailer = MaildirMailer(folder / "mail")

    def desk(self, batch: int = 100) -> Desk:
        settings = DeskSettings(recipients=RECIPIENTS, idle=0.01, batch_records=batch)
        return Desk(self.log, self.ledger, self.mailer, self.index, settings, Clock(NOON + timedelta(seconds=90)))

    def tell(self, *numbers: int) -> None:
        append(self.log, *(told(hit(number)) for number in numbers))

    def told(self) -> set[str]:
        return {one.title for one in self.ledger.alerts()}

    def copied(self) -> set[str]:
        return {one.title for one in self.index.newest(HitFilter(), 0)}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.ledger.close()
    made.index.close()
    made.log.close()


def titles(*numbers: int) -> set[str]:
    return {f"Kosovo {number}" for number in numbers}


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_every_partition_is_decided_and_copied(bench: Bench, batch: int) -> None:
    bench.tell(*range(20))
    summary = bench.desk(batch).drain()
    assert (summary.records, summary.sent) == (20, 20)
    assert bench.told() == bench.copied() == titles(*range(20))
    bench.tell(20, 21)
    assert bench.desk(batch).drain().records == 2
    assert bench.copied() == titles(*range(22))


def test_what_waits_for_a_decision_in_one_partition_holds_up_no_copy_of_another(bench: Bench) -> None:
    bench.tell(*range(9))
    # Decided: all of partition 2. Partition 0 has more to decide than a batch holds.
    bench.ledger.save_positions("desk", {0: 1, 1: 0, 2: 3})
    bench.ledger.save_positions("desk.hits-to-index", {0: 1})
    assert Copies(bench.log, bench.ledger, bench.index, 2, Clock()).hits_to_index() == 2
    assert bench.copied() == titles(2, 5)


def test_records_no_longer_kept_are_counted_said_and_passed(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.tell(*range(9))
    bench.desk().drain()
    bench.tell(*range(9, 30))
    # Of partition 1, which holds 1, 4, 7, 10, …, the oldest kept is 19.
    bench.log.oldest = {1: 6}
    desk = bench.desk()
    desk.drain()
    assert desk.counters.lost_total == 3
    assert desk.counters.copies_lost_total == 3
    assert bench.told() == titles(*range(30)) - titles(10, 13, 16)
    assert "hits lost" in caplog.text
    assert desk.drain().records == 0
    assert desk.counters.lost_total == 3


def test_copies_that_come_too_late_are_counted_once_although_nothing_is_left_to_copy(bench: Bench) -> None:
    bench.tell(*range(9))
    bench.desk().drain()
    bench.ledger.save_positions("desk.hits-to-index", {0: 1, 1: 1, 2: 1})
    bench.log.oldest = {0: 3, 1: 3, 2: 3}
    desk = bench.desk()
    assert desk.drain().waiting == ()
    desk.drain()
    assert (desk.counters.lost_total, desk.counters.copies_lost_total) == (0, 6)


def test_a_desk_that_begins_has_lost_nothing(bench: Bench) -> None:
    bench.tell(*range(9))
    bench.log.oldest = {0: 2, 1: 1}
    desk = bench.desk()
    assert desk.drain().records == 6
    bench.ledger.save_positions("desk", {0: 0, 1: 0, 2: 0})
    assert desk.drain().records == 6
    assert desk.counters.lost_total == 0


class Refusing(EmbeddedIndex):
    """An index that takes one title for no document."""

    def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
        if any(one.title == "Kosovo 3" for group in (hits, alerts) for one in group):
            raise RecordError("no such field", subject="index/3", stage="index")
        super().put(hits, alerts)


def test_a_hit_the_index_refuses_is_a_dead_letter_and_stops_no_other(bench: Bench, tmp_path: Path) -> None:
    bench.index.close()
    bench.index = Refusing(tmp_path / "index.sqlite3")
    bench.tell(*range(6))
    desk = bench.desk()
    assert desk.drain().sent == 6
    assert bench.copied() == titles(0, 1, 2, 4, 5)
    assert {one.title for one in bench.index.alerts(0)} == titles(0, 1, 2, 4, 5)
    assert desk.counters.copies_refused_total == 2
    (record,) = bench.log.read("deadletters", {}, 10)
    letter = codec.decode(record.value, DeadLetter)
    assert (letter.position, letter.stage, letter.reason) == ("hits/0/1", "index", "no such field")
