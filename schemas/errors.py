"""Every error wirewatch raises on purpose, each naming its subject and whether trying again can help.

WirewatchError
├── SettingsError         a setting or flag is wrong; names its path            (exit 2)
├── QueryError            a query expression does not parse; names the position (exit 2)
├── WatchlistError        one or more watchlist files cannot be loaded          (exit 1)
├── DataFolderError       the data folder is unwritable or too new              (exit 1)
│   └── FolderInUseError  another process holds its lock                        (exit 1)
├── FeedError             one poll of one feed failed; carries its FeedStatus
├── RecordError           one log record cannot be processed; names its position
├── StoreError            a log or index refused or is away
│   └── PositionLostError the log no longer keeps what a reader asked for
└── DeliveryError         a mail could not be handed over
"""

from __future__ import annotations

import msgspec


class WirewatchError(Exception):
    """Root of the tree.

    `subject` names what the error is about (a feed address, `file:line:column`, topic/partition/offset, a document
    id); `retryable` says whether the same call can succeed later without anybody changing anything.
    """

    def __init__(self, message: str, *, subject: str = "", retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}" if self.subject else self.message


class SettingsError(WirewatchError):
    """A setting, environment variable or flag has an unknown name or an impossible value."""


class DataFolderError(WirewatchError):
    """The data folder cannot be written, or comes from a newer release."""


class FolderInUseError(DataFolderError):
    """Another process holds the data folder; all is well there."""


class FeedError(WirewatchError):
    """One poll of one feed failed. `status` is a `schemas.feed.FeedStatus` value; `http_status` 0 when none came.

    `lost`: the name asked for does not exist. `answered_by`: the address that failed, when redirects led elsewhere.
    """

    def __init__(
        self,
        message: str,
        *,
        subject: str,
        status: str,
        http_status: int = 0,
        retry_after: float | None = None,
        lost: bool = False,
        answered_by: str = "",
    ) -> None:
        super().__init__(message, subject=subject, retryable=True)
        self.status = status
        self.http_status = http_status
        self.retry_after = retry_after
        self.lost = lost
        self.answered_by = answered_by


class RecordError(WirewatchError):
    """One log record cannot be decoded or processed; `stage` names where."""

    def __init__(self, message: str, *, subject: str = "", stage: str) -> None:
        super().__init__(message, subject=subject)
        self.stage = stage


class StoreError(WirewatchError):
    """A log, index or state file refused a call, or is away (`retryable`)."""


class PositionLostError(StoreError):
    """The records of `topic` before `oldest` are no longer kept, and `asked` is one of them.

    Where the log was replaced by a shorter one, `asked` lies behind its end, and `oldest` is the smaller of the two.
    """

    def __init__(self, topic: str, partition: int, *, asked: int, oldest: int) -> None:
        lost = f"{oldest - asked} records are gone" if oldest > asked else "it ends before that"
        super().__init__(f"offset {asked} is not kept, the oldest is {oldest}: {lost}", subject=f"{topic}/{partition}")
        self.topic = topic
        self.partition = partition
        self.asked = asked
        self.oldest = oldest


class DeliveryError(WirewatchError):
    """A message was not accepted. `retryable` is False when the recipient was refused for good (SMTP 5xx)."""


class Problem(msgspec.Struct, frozen=True):
    """One fault in a query or watchlist file: 1-based line and column, message, hint, and the source line.

    `level` is `error`; lint also knows `warning` (probably not meant) and `info` (worth a thought).
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    source: str = ""
    level: str = "error"

    def __str__(self) -> str:
        level = "" if self.level == "error" else f"{self.level}: "
        text = f"{self.file}:{self.line}:{self.column} {level}{self.message}"
        if self.level == "info":
            # A suggestion takes one line: there may be many.
            return f"{text} ({self.hint})" if self.hint else text
        if self.source:
            text += f"\n    {self.source}\n    {' ' * (self.column - 1)}^"
        if self.hint:
            text += f"\n    {self.hint}"
        return text


class _ProblemsError(WirewatchError):
    """Base of the errors that report all faults found at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class QueryError(_ProblemsError):
    """A query expression does not parse; `problems` holds every fault found in it."""


class WatchlistError(_ProblemsError):
    """Watchlist files cannot be loaded; `problems` holds every fault in all of them."""


def misfit(error: msgspec.ValidationError) -> tuple[str, str]:
    """The dotted place of a value that does not fit its type, empty for the whole, and what is wrong with it."""
    text, _, where = str(error).partition(" - at `$.")
    return where.rstrip("`"), text
