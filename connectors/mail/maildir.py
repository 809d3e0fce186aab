"""A `Mailer` that writes into a maildir: what mails go to until a mail server is configured.

Any mail program that reads maildirs shows it (`mutt -f DATA/mail`). Delivery is idempotent: a file is named by the
hash of `Message-ID` and recipient, so the same mail handed over again, by this process or a later one, is there once.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from schemas.errors import DataFolderError, DeliveryError
from schemas.identity import digest

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


class MaildirMailer:
    """`Mailer` over the maildir at `path`, which is created when missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, frozenset[str]] = (-1, frozenset())
        try:
            for folder in ("tmp", "new", "cur"):
                (path / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = f"cannot be used as a maildir: {error.strerror or error}"
            raise DataFolderError(message, subject=str(path)) from error

    def send(self, message: EmailMessage, recipient: str) -> str:
        """See `Mailer.send`. Never a second copy, whether the first was read meanwhile or not."""
        name = f"{digest('mail', str(message['Message-ID']), recipient)}.wirewatch"
        try:
            if (self._path / "new" / name).exists() or name in self._already_read():
                return f"already in {self._path}"
            self._write(name, message.as_bytes(policy=message.policy.clone(linesep="\n")))
        except OSError as error:
            # A full disk or a folder without permission: a person or time can mend both.
            text = f"maildir {self._path}: {error.strerror or error}"
            raise DeliveryError(text, subject=recipient, retryable=True) from error
        return f"written to {self._path}"

    def check(self) -> str:
        """See `Mailer.check`."""
        return f"mails are written to {self._path}"

    def close(self) -> None:
        """See `Mailer.close`."""

    def _write(self, name: str, content: bytes) -> None:
        # What a death leaves in tmp is overwritten by the next attempt, for the name is the same.
        temporary = self._path / "tmp" / name
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(self._path / "new" / name)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        folder = os.open(self._path / "new", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _already_read(self) -> frozenset[str]:
        # A mail program moves what was read into cur and appends flags (":2,S"). Listing is dear: only after a change.
        changed_at = (self._path / "cur").stat().st_mtime_ns
        if changed_at != self._read[0]:
            self._read = (changed_at, frozenset(file.name.partition(":")[0] for file in (self._path / "cur").iterdir()))
        return self._read[1]
