"""A record or document that could not be processed: set aside with reason and raw bytes, to be replayed."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.time import Time

RAW_LIMIT = 64 * 1024
"""Bytes of a document kept in its dead letter; log records are kept whole."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One state of one dead letter. The topic holds its history; the newest state of an `id` is the present one."""

    id: str
    """Hash of `position` and `stage`: the same record failing in the same place is the same dead letter."""
    stage: str
    """Where it failed: `decode`, `language`, `match`, `hits`, `index`, `process` (died with it), `parse`, `entry`,
    `ingest`, `desk`."""
    reason: str
    position: str
    """`topic/partition/offset` of a record, or `feed address#body hash` of a document; `ingest#hash` of a pushed line."""
    subject: str = ""
    """The feed, item or document the bytes belong to, as far as it could be told."""
    topic: str = ""
    key: str = ""
    headers: dict[str, str] = {}
    raw: bytes = b""
    """The log record whole, or the first 64 KiB of a document, or of a record the log cannot take twice."""
    length: int = 0
    """Bytes of the whole record or document."""
    raw_hash: str = ""
    failed_at: Time
    status: Literal["open", "replayed"] = "open"

    @property
    def whole(self) -> bool:
        """Whether `raw` is all there was."""
        return len(self.raw) == self.length


_REASON_LIMIT = 2_000


def shortened(letter: DeadLetter, raw_limit: int = RAW_LIMIT) -> DeadLetter:
    """`letter` with only the beginning of the record it is about, as of a document: `position` says where it is whole.

    For a log that takes no record as long as this one.
    """
    return msgspec.structs.replace(letter, raw=letter.raw[:raw_limit], reason=letter.reason[:_REASON_LIMIT], headers={})
