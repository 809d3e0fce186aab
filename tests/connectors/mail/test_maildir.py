from __future__ import annotations

import mailbox
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from connectors.mail.maildir import MaildirMailer
from schemas.errors import DataFolderError, DeliveryError
from tests.contracts.mailer import MailerContract, mail

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DESK = "desk@newsroom.example"


def read(path: Path) -> list[EmailMessage]:
    box = mailbox.Maildir(path, create=False)
    return [message_from_bytes(box.get_bytes(key), policy=default) for key in box.keys()]  # noqa: SIM118 not a dict


class TestMaildir(MailerContract):
    @pytest.fixture
    def mailer(self, tmp_path: Path) -> MaildirMailer:
        return MaildirMailer(tmp_path / "mail")

    @pytest.fixture
    def arrived(self, tmp_path: Path) -> Callable[[], list[EmailMessage]]:
        return lambda: read(tmp_path / "mail")


def test_same_mail_is_there_once_whichever_process_wrote_it(tmp_path: Path) -> None:
    first = MaildirMailer(tmp_path)
    first.send(mail(), DESK)
    assert "already" in first.send(mail(), DESK)
    assert "already" in MaildirMailer(tmp_path).send(mail(), DESK)
    assert len(read(tmp_path)) == 1


@pytest.mark.parametrize("flags", ["", ":2,", ":2,RS"])
def test_a_mail_that_was_read_is_not_written_again(tmp_path: Path, flags: str) -> None:
    mailer = MaildirMailer(tmp_path)
    mailer.send(mail(), DESK)
    (file,) = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "cur" / f"{file.name}{flags}")
    assert "already" in mailer.send(mail(), DESK)
    assert "already" in MaildirMailer(tmp_path).send(mail(), DESK)
    assert len(read(tmp_path)) == 1


def test_same_message_to_another_recipient_is_another_mail(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path)
    mailer.send(mail(), DESK)
    mailer.send(mail(), "chief@newsroom.example")
    assert len(read(tmp_path)) == 2


def test_what_a_death_left_in_tmp_is_no_mail_and_in_nobodys_way(tmp_path: Path) -> None:
    mailer, message = MaildirMailer(tmp_path), mail()
    mailer.send(message, DESK)
    (file,) = (tmp_path / "new").iterdir()
    whole = file.read_bytes()
    file.rename(tmp_path / "tmp" / file.name)
    (tmp_path / "tmp" / file.name).write_bytes(whole[:100])
    assert read(tmp_path) == []
    mailer.send(message, DESK)
    assert file.read_bytes() == whole
    assert list((tmp_path / "tmp").iterdir()) == []


def test_lines_end_as_files_do(tmp_path: Path) -> None:
    MaildirMailer(tmp_path).send(mail(), DESK)
    (file,) = (tmp_path / "new").iterdir()
    assert b"\r" not in file.read_bytes()


def test_a_file_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("")
    with pytest.raises(DataFolderError, match="cannot be used as a maildir"):
        MaildirMailer(tmp_path / "mail")


def test_trouble_with_the_folder_can_be_tried_again(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path)
    (tmp_path / "tmp").rmdir()
    with pytest.raises(DeliveryError) as raised:
        mailer.send(mail(), DESK)
    assert raised.value.retryable
    assert raised.value.subject == DESK
    assert str(tmp_path) in str(raised.value)
    (tmp_path / "tmp").mkdir()
    mailer.send(mail(), DESK)
    assert len(read(tmp_path)) == 1
