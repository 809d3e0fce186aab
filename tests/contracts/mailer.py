"""What every Mailer must do.

A test module binds it: `class TestMaildir(MailerContract)` with the fixtures `mailer` and `arrived`, a function that
gives every message delivered so far.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.interfaces import Mailer

BODY = "Састанак у Бањској\n.\n..two\nFrom here\n" + "long " * 400 + "\n"


def mail(number: int = 1, recipient: str = "desk@newsroom.example") -> EmailMessage:
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = "wirewatch <wirewatch@newsroom.example>"
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = f"Састанак у Бањској, {number}"
    message["Message-ID"] = f"<{number:032x}@wirewatch.example>"
    message.set_content(BODY)
    message.add_alternative("<p>Састанак у <mark>Бањској</mark></p>\n", subtype="html")
    return message


class MailerContract:
    def test_what_arrives_is_what_was_sent(self, mailer: Mailer, arrived: Callable[[], Sequence[EmailMessage]]) -> None:
        given = mail()
        assert mailer.send(given, "desk@newsroom.example")
        (message,) = arrived()
        for name in ("From", "To", "Subject", "Message-ID"):
            assert message[name] == given[name]
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert html is not None
        # Mail lines end in CR LF on the way; where they are kept decides how they end there.
        assert plain.get_content().replace("\r\n", "\n") == BODY
        assert html.get_content().replace("\r\n", "\n") == "<p>Састанак у <mark>Бањској</mark></p>\n"

    def test_each_recipient_gets_a_message_of_their_own(
        self, mailer: Mailer, arrived: Callable[[], Sequence[EmailMessage]]
    ) -> None:
        recipients = [f"editor{number}@newsroom.example" for number in range(5)]
        for number, recipient in enumerate(recipients):
            mailer.send(mail(number, recipient), recipient)
        assert sorted(str(message["To"]) for message in arrived()) == recipients

    def test_sent_again_it_keeps_its_message_id(
        self, mailer: Mailer, arrived: Callable[[], Sequence[EmailMessage]]
    ) -> None:
        for _ in range(2):
            assert mailer.send(mail(), "desk@newsroom.example")
        assert {str(message["Message-ID"]) for message in arrived()} == {str(mail()["Message-ID"])}

    def test_several_threads(self, mailer: Mailer, arrived: Callable[[], Sequence[EmailMessage]]) -> None:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda number: mailer.send(mail(number), "desk@newsroom.example"), range(20)))
        assert all(answers)
        assert {str(one["Message-ID"]) for one in arrived()} == {
            str(mail(number)["Message-ID"]) for number in range(20)
        }

    def test_check_says_what_it_found_and_sends_nothing(
        self, mailer: Mailer, arrived: Callable[[], Sequence[EmailMessage]]
    ) -> None:
        assert mailer.check()
        assert list(arrived()) == []
        assert mailer.send(mail(), "desk@newsroom.example")

    def test_close_twice(self, mailer: Mailer) -> None:
        mailer.send(mail(), "desk@newsroom.example")
        mailer.close()
        mailer.close()
