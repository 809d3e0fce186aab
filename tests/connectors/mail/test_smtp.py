from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from connectors.mail.smtp import AWAY_SECONDS, MAILS_PER_SESSION, SmtpMailer, SmtpServer
from schemas.errors import DeliveryError
from tests.connectors.mail.server import Server, Sink, certificate, free_port
from tests.contracts.mailer import MailerContract, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path
    from ssl import SSLContext

DESK = "desk@newsroom.example"


def to(port: int, context: SSLContext | None = None, **options: Any) -> SmtpMailer:
    given = {"tls": "none", "timeout": 5.0, **options}
    return SmtpMailer(SmtpServer(host="127.0.0.1", port=port, **given), context=context)


def refused(mailer: SmtpMailer, recipient: str = DESK) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        mailer.send(mail(recipient=recipient), recipient)
    assert raised.value.subject == recipient
    assert "127.0.0.1:" in raised.value.message
    return raised.value


class TestSmtp(MailerContract):
    @pytest.fixture
    def sink(self) -> Sink:
        return Sink()

    @pytest.fixture
    def mailer(self, sink: Sink) -> Iterator[SmtpMailer]:
        with Server(sink) as server:
            mailer = to(server.port)
            yield mailer
            mailer.close()

    @pytest.fixture
    def arrived(self, sink: Sink) -> Callable[[], list[EmailMessage]]:
        return lambda: sink.messages


def test_answer_of_the_server_is_given_back() -> None:
    with Server(Sink()) as server:
        mailer = to(server.port)
        assert mailer.send(mail(), DESK) == "250 2.0.0 queued"
        mailer.close()


def test_one_bad_recipient_of_three_is_refused_for_good_and_the_session_goes_on() -> None:
    sink = Sink({"gone@newsroom.example": ["550 5.1.1 no such user"]})
    with Server(sink) as server:
        mailer = to(server.port)
        mailer.send(mail(recipient="a@newsroom.example"), "a@newsroom.example")
        error = refused(mailer, "gone@newsroom.example")
        mailer.send(mail(recipient="b@newsroom.example"), "b@newsroom.example")
        mailer.close()
    assert not error.retryable
    assert "550 5.1.1 no such user" in str(error)
    assert [recipient for recipient, _ in sink.delivered] == ["a@newsroom.example", "b@newsroom.example"]
    assert len(sink.sessions) == 1


def test_greylisting_can_be_tried_again_and_is_accepted_then() -> None:
    sink = Sink({DESK: ["451 4.7.1 come back later", "250 OK"]})
    with Server(sink) as server:
        mailer = to(server.port)
        assert refused(mailer).retryable
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(sink.delivered) == 1


@pytest.mark.parametrize(("answer", "retryable"), [("452 4.3.1 full", True), ("554 5.7.1 not that", False)])
def test_refusal_of_the_message_itself(answer: str, *, retryable: bool) -> None:
    sink = Sink(data_answers=[answer])
    with Server(sink) as server:
        mailer = to(server.port)
        error = refused(mailer)
        assert error.retryable is retryable
        assert answer in str(error)
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(sink.delivered) == 1


def test_connection_closed_after_data_can_be_tried_again_on_a_new_one() -> None:
    sink = Sink()
    sink.hang_up_after_data = 1
    with Server(sink) as server:
        mailer = to(server.port)
        assert refused(mailer).retryable
        mailer.send(mail(), DESK)
        mailer.close()
    assert {str(message["Message-ID"]) for message in sink.messages} == {str(mail()["Message-ID"])}
    assert len(sink.sessions) == 2


def test_server_that_hangs_after_data_costs_one_timeout() -> None:
    sink = Sink()
    sink.hang_after_data = 3.0
    with Server(sink) as server:
        error = refused(to(server.port, timeout=0.3))
    assert error.retryable
    assert "no answer in time" in str(error)


def test_session_the_server_has_closed_is_opened_again_without_a_failure() -> None:
    port = free_port()
    first, second = Sink(), Sink()
    mailer = to(port)
    with Server(first, port):
        mailer.send(mail(1), DESK)
    with Server(second, port):
        mailer.send(mail(2), DESK)
        mailer.close()
    assert (len(first.delivered), len(second.delivered)) == (1, 1)


def test_session_is_renewed_after_a_while() -> None:
    sink = Sink()
    with Server(sink) as server:
        mailer = to(server.port)
        for number in range(MAILS_PER_SESSION + 1):
            mailer.send(mail(number), DESK)
        mailer.close()
    assert len(sink.delivered) == MAILS_PER_SESSION + 1
    assert len(sink.sessions) == 2


def test_server_that_is_away_is_asked_once_and_again_only_after_a_pause() -> None:
    moment = 0.0
    port = free_port()
    mailer = SmtpMailer(SmtpServer(host="127.0.0.1", port=port, tls="none", timeout=5), clock=lambda: moment)
    assert refused(mailer).retryable
    with Server(Sink(), port) as server:
        moment = AWAY_SECONDS / 2
        assert refused(mailer).retryable
        moment = AWAY_SECONDS
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(server.sink.delivered) == 1


def test_check_finds_a_server_that_is_away_or_without_tls() -> None:
    with pytest.raises(DeliveryError, match="no session"):
        to(free_port()).check()
    with Server(Sink()) as server, pytest.raises(DeliveryError, match="STARTTLS"):
        to(server.port, tls="required").check()


def test_silent_server_costs_one_timeout_however_many_mails_wait() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        accepted: list[socket.socket] = []
        thread = threading.Thread(target=lambda: accepted.append(silent.accept()[0]))
        thread.start()
        mailer = to(silent.getsockname()[1], timeout=0.3)
        errors = [refused(mailer) for _ in range(50)]
        thread.join()
        assert len(accepted) == 1
        accepted[0].close()
    assert all(error.retryable for error in errors)


def test_nothing_is_sent_in_clear_when_tls_is_required() -> None:
    sink = Sink()
    with Server(sink) as server:
        error = refused(to(server.port, tls="required"))
    assert error.retryable
    assert "STARTTLS" in str(error)
    assert sink.delivered == []
    assert sink.in_clear == 0


def test_starttls_with_a_trusted_certificate(tmp_path: Path) -> None:
    serving, trusting = certificate(tmp_path)
    sink = Sink()
    with Server(sink, tls_context=serving, require_starttls=True) as server:
        for tls in ("required", "opportunistic"):
            mailer = to(server.port, trusting, tls=tls)
            mailer.send(mail(), DESK)
            mailer.close()
    assert len(sink.delivered) == 2
    assert sink.in_clear == 0


@pytest.mark.parametrize("tls", ["required", "opportunistic"])
@pytest.mark.parametrize("days", [1, -1])
def test_certificate_nobody_vouches_for_or_run_out(tmp_path: Path, tls: str, days: int) -> None:
    serving, trusting = certificate(tmp_path, days=days)
    sink = Sink()
    with Server(sink, tls_context=serving) as server:
        error = refused(to(server.port, trusting if days < 0 else None, tls=tls))
    assert error.retryable
    assert "certificate is not trusted" in str(error)
    assert sink.delivered == []
    assert sink.in_clear == 0


def test_opportunistic_goes_without_tls_where_there_is_none() -> None:
    with Server(Sink()) as server:
        mailer = to(server.port, tls="opportunistic")
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(server.sink.delivered) == 1


def test_implicit_tls(tmp_path: Path) -> None:
    serving, trusting = certificate(tmp_path)
    with Server(Sink(), ssl_context=serving) as server:
        mailer = to(server.port, trusting, tls="implicit")
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(server.sink.delivered) == 1


def test_login_over_tls(tmp_path: Path) -> None:
    serving, trusting = certificate(tmp_path)
    sink = Sink()
    with Server(sink, tls_context=serving, login=True) as server:
        mailer = to(server.port, trusting, tls="required", user="desk", password="secret")
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(sink.delivered) == 1
    assert sink.logins == [b"desk"]


def test_wrong_password_gives_up_no_alert_and_is_not_shown(tmp_path: Path) -> None:
    serving, trusting = certificate(tmp_path)
    sink = Sink()
    with Server(sink, tls_context=serving, login=True) as server:
        error = refused(to(server.port, trusting, tls="required", user="desk", password="not-it"))
    assert error.retryable
    assert "535" in str(error)
    assert "not-it" not in str(error)
    assert sink.delivered == []


@pytest.mark.parametrize("tls", ["none", "opportunistic"])
def test_password_is_never_sent_without_tls(tls: str) -> None:
    sink = Sink()
    with Server(sink, login=True, auth_require_tls=False) as server:
        error = refused(to(server.port, tls=tls, user="desk", password="secret"))
    assert error.retryable
    assert sink.logins == []
    assert "secret" not in repr(SmtpServer(host="mail.example", password="secret"))


def test_domain_beyond_ascii_has_an_ascii_form() -> None:
    sink = Sink()
    with Server(sink) as server:
        mailer = to(server.port)
        mailer.send(mail(), "desk@вести.срб")
        mailer.close()
    assert [recipient for recipient, _ in sink.delivered] == ["desk@xn--b1agj9af.xn--90a3ac"]


def test_name_beyond_ascii_is_refused_without_asking_and_the_session_goes_on() -> None:
    sink = Sink()
    with Server(sink) as server:
        mailer = to(server.port)
        with pytest.raises(DeliveryError, match="ASCII") as raised:
            mailer.send(mail(), "уредник@newsroom.example")
        assert not raised.value.retryable
        mailer.send(mail(), DESK)
        mailer.close()
    assert len(sink.delivered) == 1
