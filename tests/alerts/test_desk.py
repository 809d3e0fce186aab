from __future__ import annotations

import mailbox
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.desk import Desk
from alerts.ledger import Ledger
from alerts.settings import DeskSettings, MailSettings, RetrySettings
from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import HitFilter
from connectors.log.embedded import EmbeddedLog
from connectors.mail.maildir import MaildirMailer
from connectors.mail.smtp import SmtpMailer, SmtpServer
from schemas import codec
from schemas.alert import Alert
from schemas.deadletter import DeadLetter
from schemas.errors import DeliveryError, SettingsError, StoreError
from tests.alerts.records import RECIPIENTS, Clock, append, hit, told
from tests.connectors.mail.server import Server, Sink, free_port
from tests.samples import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from connectors.interfaces import HitStore, Mailer, Positions, Record, Topic
    from schemas.hit import Hit

SETTINGS = DeskSettings(recipients=RECIPIENTS, idle=0.01)


class AwayStore(EmbeddedIndex):
    """An index that refuses while it is away."""

    away: StoreError | None = None

    def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
        if self.away is not None:
            raise self.away
        super().put(hits, alerts)


class AwayLog(EmbeddedLog):
    """A log that refuses to be read while it is away."""

    away = False

    def read(self, topic: Topic, start: Positions, limit: int) -> Sequence[Record]:
        if self.away:
            message = "away"
            raise StoreError(message, subject="log", retryable=True)
        return super().read(topic, start, limit)


class Scripted:
    """A mailer that answers from a script, by recipient; without one it accepts."""

    def __init__(self, script: dict[str, list[DeliveryError | str]] | None = None) -> None:
        self.script = script or {}
        self.sent: list[EmailMessage] = []

    def send(self, message: EmailMessage, recipient: str) -> str:
        answers = self.script.get(recipient, [])
        answer = answers.pop(0) if answers else "250 queued"
        if isinstance(answer, DeliveryError):
            raise answer
        self.sent.append(message)
        return answer

    def check(self) -> str:
        return "a script"

    def close(self) -> None:
        pass


class Bench:
    """A desk with everything around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = AwayLog(folder / "log.sqlite3")
        self.index = AwayStore(folder / "index.sqlite3")
        self.ledger = Ledger(folder / "ledger.sqlite3")
        self.clock = Clock(NOON + timedelta(seconds=10))

    def desk(self, mailer: Mailer | None = None, settings: DeskSettings = SETTINGS) -> Desk:
        mailer = mailer or MaildirMailer(self.folder / "mail")
        store: HitStore = self.index
        return Desk(self.log, self.ledger, mailer, store, settings, self.clock, lambda: 0.0)

    @property
    def mails(self) -> list[mailbox.MaildirMessage]:
        return list(mailbox.Maildir(self.folder / "mail"))

    def alerts(self) -> dict[str, Alert]:
        return {alert.recipient: alert for alert in self.ledger.alerts()}

    def dead(self) -> list[DeadLetter]:
        return [codec.decode(record.value, DeadLetter) for record in self.log.read("deadletters", {}, 100)]

    def close(self) -> None:
        self.ledger.close()
        self.index.close()
        self.log.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def to(*recipients: str) -> Hit:
    return hit(recipients=recipients)


def test_a_hit_becomes_a_mail_and_everybody_can_see_it(bench: Bench) -> None:
    append(bench.log, told(hit(1)), told(hit(2), history=True))
    desk = bench.desk()
    summary = desk.drain()
    assert (summary.records, summary.sent, summary.suppressed, summary.undelivered) == (2, 1, 1, 0)
    (mail,) = bench.mails
    (sent, _) = sorted(bench.ledger.alerts(), key=lambda alert: alert.state)
    assert mail["Message-ID"] == sent.message_id
    assert (sent.state, sent.attempts, sent.sent_at) == ("sent", 1, bench.clock.moment)
    assert list(bench.index.alerts(0)) == list(bench.ledger.alerts())
    assert {(one.article_id, one.story_id) for one in bench.index.newest(HitFilter(), 0)} == {
        (one.article_id, one.article_id) for one in (hit(1), hit(2))
    }
    copied = {record.key: codec.decode(record.value, Alert) for record in bench.log.read("alerts", {}, 100)}
    assert copied == {alert.alert_key: alert for alert in bench.ledger.alerts()}
    assert desk.counters.delivery_seconds_sum == pytest.approx(8.0)
    assert desk.counters.delivery_seconds_buckets == (0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
    assert desk.counts() == {"sent": 1, "suppressed": 1}


def test_all_again_adds_nothing(bench: Bench) -> None:
    append(bench.log, told(hit(1)), told(hit(2), history=True))
    bench.desk().drain()
    before = list(bench.ledger.alerts())
    append(bench.log, told(hit(1)), told(hit(1), op="update"), told(hit(2), history=True))
    assert bench.desk().drain().sent == 0
    assert list(bench.ledger.alerts()) == before
    assert len(bench.mails) == 1


def test_records_beyond_one_batch(bench: Bench) -> None:
    append(bench.log, *(told(hit(number)) for number in range(25)))
    settings = DeskSettings(recipients=RECIPIENTS, batch_records=7, batch_mails=4)
    progress = bench.desk(settings=settings).step()
    assert (progress.records, progress.deliveries) == (7, 4)
    bench.desk(settings=settings).drain()
    assert len(bench.mails) == 25
    assert len(list(bench.index.newest(HitFilter(), 0))) == 25


def test_one_record_told_twice_in_one_batch_is_one_mail(bench: Bench) -> None:
    append(bench.log, told(hit(1)), told(hit(1, query="second")), told(hit(1, feed_url="https://other.example")))
    bench.desk().drain()
    assert len(bench.mails) == 1
    assert {one.query for one in bench.index.newest(HitFilter(), 0)} == {"main", "second"}


@pytest.mark.parametrize("broken", [b"{", b"[]", codec.encode(told(hit(1))).replace(b'"op":"new"', b'"op":"???"')])
def test_record_that_cannot_be_read_is_set_aside_and_the_others_go_on(bench: Bench, broken: bytes) -> None:
    append(bench.log, told(hit(1)), broken, told(hit(2)))
    summary = bench.desk().drain()
    assert (summary.records, summary.sent, summary.dead_letters) == (3, 2, 1)
    (letter,) = bench.dead()
    assert (letter.stage, letter.position, letter.raw, letter.topic) == ("desk", "hits/0/1", broken, "hits")
    assert letter.whole
    assert len(list(bench.index.newest(HitFilter(), 0))) == 2


def test_record_no_mail_can_be_made_of_is_set_aside(bench: Bench) -> None:
    settings = DeskSettings(recipients=RECIPIENTS, mail=MailSettings(time_zone="Europe/Belgrade"))
    beyond = hit(1, published_at=NOON.replace(year=9999, month=12, day=31, hour=23, minute=30))
    append(bench.log, told(beyond), told(hit(2)))
    summary = bench.desk(settings=settings).drain()
    assert (summary.sent, summary.dead_letters) == (1, 1)
    assert "no mail can be composed" in bench.dead()[0].reason
    assert [alert.articles for alert in bench.ledger.alerts()] == [(hit(2).article_id,)]


def test_recipient_that_is_no_address_fails_alone(bench: Bench) -> None:
    append(bench.log, told(to("nobody", "a@x.example")))
    bench.desk().drain()
    states = {recipient: alert.state for recipient, alert in bench.alerts().items()}
    assert states == {"nobody": "failed", "a@x.example": "sent"}
    assert bench.alerts()["nobody"].reason == "recipient 'nobody' is not a mail address"


def test_one_refused_recipient_of_three_is_marked_and_the_others_get_theirs(bench: Bench) -> None:
    sink = Sink({"gone@x.example": ["550 5.1.1 no such user"]})
    append(bench.log, told(to("a@x.example", "gone@x.example", "b@x.example")))
    with Server(sink) as server:
        mailer = SmtpMailer(SmtpServer(host="127.0.0.1", port=server.port, tls="none"))
        summary = bench.desk(mailer).drain()
        mailer.close()
    assert (summary.sent, summary.failed, summary.undelivered) == (2, 1, 0)
    assert sorted(recipient for recipient, _ in sink.delivered) == ["a@x.example", "b@x.example"]
    gone = bench.alerts()["gone@x.example"]
    assert gone.state == "failed"
    assert "550 5.1.1 no such user" in gone.reason


def test_greylisted_mail_waits_and_arrives_once(bench: Bench) -> None:
    sink = Sink({"a@x.example": ["451 4.7.1 later", "451 4.7.1 later", "250 OK"]})
    append(bench.log, told(to("a@x.example", "b@x.example")))
    with Server(sink) as server:
        mailer = SmtpMailer(SmtpServer(host="127.0.0.1", port=server.port, tls="none"))
        desk = bench.desk(mailer)
        assert (desk.drain().undelivered, sink.tries["a@x.example"]) == (1, 1)
        waiting = bench.alerts()["a@x.example"]
        assert waiting.state == "pending"
        assert waiting.next_attempt_at == bench.clock.moment + timedelta(seconds=7.5)
        assert "451 4.7.1 later" in waiting.reason
        assert (desk.step().deliveries, sink.tries["a@x.example"]) == (0, 1)
        bench.clock.moment += timedelta(seconds=7.5)
        desk.drain()
        assert bench.alerts()["a@x.example"].next_attempt_at == bench.clock.moment + timedelta(seconds=15)
        bench.clock.moment += timedelta(seconds=1)
        desk.drain()  # which does not wait until what an earlier drain has set
        mailer.close()
    assert bench.alerts()["a@x.example"].state == "sent"
    assert [recipient for recipient, _ in sink.delivered] == ["b@x.example", "a@x.example"]
    key = waiting.alert_key
    assert [one.outcome for one in bench.ledger.attempts(key)] == ["postponed", "postponed", "sent"]


def test_server_away_and_back(bench: Bench) -> None:
    port, moment = free_port(), 0.0
    mailer = SmtpMailer(SmtpServer(host="127.0.0.1", port=port, tls="none"), clock=lambda: moment)
    append(bench.log, *(told(hit(number)) for number in range(20)))
    desk = bench.desk(mailer)
    assert desk.drain().undelivered == 20
    bench.clock.moment += timedelta(minutes=10)
    moment = 600.0
    with Server(Sink(), port) as server:
        assert desk.drain().sent == 20
        mailer.close()
    assert len({str(message["Message-ID"]) for message in server.sink.messages}) == 20
    assert len(server.sink.delivered) == 20


def test_hit_that_comes_while_its_mail_waits_is_shown_in_it(bench: Bench) -> None:
    away = DeliveryError("451 later", subject=RECIPIENTS[0], retryable=True)
    mailer = Scripted({RECIPIENTS[0]: [away]})
    append(bench.log, told(hit(query="first")))
    desk = bench.desk(mailer)
    desk.drain()
    append(bench.log, told(hit(query="second"), op="update"))
    bench.clock.moment += timedelta(minutes=1)
    desk.drain()
    (mail,) = mailer.sent
    body = mail.get_body(("plain",))
    assert body is not None
    assert "query first, second" in body.get_content()


def test_alert_is_given_up_after_days_and_says_so(bench: Bench) -> None:
    away = DeliveryError("451 later", subject=RECIPIENTS[0], retryable=True)
    append(bench.log, told(hit()))
    desk = bench.desk(Scripted({RECIPIENTS[0]: [away, away]}))
    desk.drain()
    bench.clock.moment += timedelta(days=5)
    desk.drain()
    (alert,) = bench.ledger.alerts()
    assert (alert.state, alert.reason) == ("failed", "given up after 2 attempts: 451 later")


def test_clock_that_jumps_back_does_not_hold_up_a_mail(bench: Bench) -> None:
    away = DeliveryError("451 later", subject=RECIPIENTS[0], retryable=True)
    append(bench.log, told(hit()))
    desk = bench.desk(Scripted({RECIPIENTS[0]: [away]}))
    desk.drain()
    bench.clock.moment -= timedelta(hours=1)
    assert desk.drain().sent == 1


def test_waits_double_up_to_a_limit_and_are_spread_by_chance() -> None:
    retry = RetrySettings(first=10, longest=60)
    assert [(retry.until(NOON, failures, 0.0) - NOON).total_seconds() for failures in (1, 2, 3, 4, 999)] == [
        5,
        10,
        20,
        30,
        30,
    ]
    assert (retry.until(NOON, 1, 0.5) - NOON).total_seconds() == 7.5


def test_index_that_is_away_stops_no_mail_and_gets_its_copies_later(bench: Bench) -> None:
    bench.index.away = StoreError("away", subject="index", retryable=True)
    append(bench.log, *(told(hit(number)) for number in range(5)))
    desk = bench.desk()
    summary = desk.drain(patience=0.0)
    assert summary.sent == len(bench.mails) == 5
    assert summary.waiting == ("index: away",)
    assert len(bench.log.read("alerts", {}, 100)) == 5
    assert desk.counters.waits_total == 2
    bench.index.away = None
    assert desk.drain().waiting == ()
    assert len(list(bench.index.newest(HitFilter(), 0))) == len(list(bench.index.alerts(0))) == 5


def test_fault_that_waiting_cannot_mend_is_raised_when_the_mails_are_out(bench: Bench) -> None:
    bench.index.away = StoreError("mapping refused", subject="index")
    append(bench.log, told(hit()))
    with pytest.raises(StoreError, match="mapping refused"):
        bench.desk().drain()
    assert len(bench.mails) == 1


def test_log_that_is_away_stops_no_mail_already_decided(bench: Bench) -> None:
    append(bench.log, *(told(hit(number)) for number in range(5)))
    desk = bench.desk(settings=DeskSettings(recipients=RECIPIENTS, batch_mails=1))
    desk.step()
    bench.log.away = True
    progress = desk.step()
    assert (progress.deliveries, progress.waiting) == (1, ("log: away",))


def test_run_mails_while_the_index_hangs_and_stops_when_told(bench: Bench) -> None:
    hanging, released = threading.Event(), threading.Event()

    class Hanging(EmbeddedIndex):
        def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
            hanging.set()
            released.wait(20)
            super().put(hits, alerts)

    index = Hanging(bench.folder / "other-index.sqlite3")
    desk = Desk(bench.log, bench.ledger, MaildirMailer(bench.folder / "mail"), index, SETTINGS, bench.clock)
    stop = threading.Event()
    thread = threading.Thread(target=desk.run, args=(stop,))
    thread.start()
    try:
        append(bench.log, told(hit(1)))
        assert hanging.wait(10)
        append(bench.log, told(hit(2)))
        assert eventually(lambda: len(bench.mails) == 2)
        released.set()
        assert eventually(lambda: len(list(index.alerts(0))) == 2)
    finally:
        released.set()
        stop.set()
        thread.join(10)
        index.close()
    assert not thread.is_alive()


def test_run_raises_what_ends_the_copies(bench: Bench) -> None:
    bench.index.away = StoreError("mapping refused", subject="index")
    append(bench.log, told(hit()))
    with pytest.raises(StoreError, match="mapping refused"):
        bench.desk().run(threading.Event())


@pytest.mark.parametrize(
    ("mail", "subject"),
    [
        (MailSettings(domain="two words"), "alerts.domain"),
        (MailSettings(domain="вести.срб"), "alerts.domain"),
        (MailSettings(sender="nobody"), "alerts.sender"),
    ],
)
def test_settings_no_mail_could_be_made_with_are_refused_at_once(
    bench: Bench, mail: MailSettings, subject: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        bench.desk(settings=DeskSettings(mail=mail))
    assert raised.value.subject == subject


def eventually(true: Any, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_appended_records_reach_the_topics_they_are_named_for(bench: Bench) -> None:
    append(bench.log, told(hit()), b"{")
    bench.desk().drain()
    topics: tuple[Topic, ...] = ("items", "hits", "deadletters", "fetches", "actions", "alerts")
    ends = {topic: sum(bench.log.ends(topic).values()) for topic in topics}
    assert ends == {"items": 0, "hits": 2, "deadletters": 1, "fetches": 0, "actions": 0, "alerts": 1}
    (record,) = bench.log.read("alerts", {}, 10)
    assert record.headers == {"schema": "alert/1"}
