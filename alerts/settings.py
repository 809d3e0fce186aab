"""What the desk is told by the settings: whom to mail, as whom, and how patiently."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How every mail presents itself."""

    sender: str = "wirewatch <wirewatch@localhost>"
    """The From of every mail: an address, with or without a display name."""
    domain: str = "wirewatch.local"
    """The right side of message, story and list ids; changing it breaks threads and the equality of `Message-ID`s."""
    time_zone: str = "UTC"
    """IANA name of the zone in which mails print times."""
    base_url: str = ""
    """Address of the live page as a reader of a mail reaches it; empty: no link to it."""


class RetrySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery that may succeed later is tried again. All in seconds."""

    first: float = 15.0
    """Wait after the first failure; each further failure doubles it."""
    longest: float = 300.0
    """No wait is longer, so that a long outage does not delay mails long after it ended."""
    give_up_after: float = 5 * 86400.0
    """Age of an alert at which a failure becomes final: what mail servers do."""

    def until(self, now: datetime, failures: int, jitter: float) -> datetime:
        """When to try again after the given number of failures; `jitter` in [0, 1) spreads it over half of the wait."""
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        moment = now + timedelta(seconds=full * (0.5 + jitter / 2))
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class DeskSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All the desk needs to know."""

    recipients: tuple[str, ...] = ("monitor@localhost",)
    """Who is told about hits of lists that name nobody."""
    mail: MailSettings = MailSettings()
    retry: RetrySettings = RetrySettings()
    batch_records: int = 500
    """Most records of `hits` decided in one transaction, and most copied at once."""
    batch_mails: int = 50
    """Most mails handed over between two looks at the log."""
    idle: float = 0.1
    """Seconds between two looks when there was nothing to do."""
