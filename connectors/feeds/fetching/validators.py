"""What makes an unchanged feed cheap, without ever trusting it for good: validators, and a hash of the document.

Validators are opaque and belong to the address that gave them. Pure.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

import msgspec

from connectors.feeds.fetching import moves
from schemas.feed import FINE, FeedState

FULL_EVERY = timedelta(hours=24)
FULL_AFTER = 50
"""At the latest after so much time, or so many "not modified" in a row, the whole document is asked for: some servers
keep the ETag of a document that changes."""

_NOT_MODIFIED = 304
_OWN_DATES = re.compile(
    rb"<(lastBuildDate|pubDate|updated|modified|(?:dc|dcterms):(?:date|modified)|sy:updateBase)\b[^<>]*>[^<]*</\1\s*>",
    re.IGNORECASE,
)
_FIRST_ENTRY = re.compile(rb"<(?:[A-Za-z]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--(?:(?!-->)[^<])*-->")
_TAIL = 4_096


class Validators(msgspec.Struct, frozen=True, gc=False):
    """What the server gave with the last document, to be sent back as it came."""

    etag: str = ""
    last_modified: str = ""
    address: str = ""
    """The address that gave them, if it is not the one polled: they are sent nowhere else."""


def to_send(state: FeedState, polled: str, moment: datetime) -> Validators:
    """The validators to poll the address `polled` with; none when it is time for the whole document."""
    full_due = state.full_at is None or moment - state.full_at >= FULL_EVERY or state.conditional >= FULL_AFTER
    if full_due or not (state.etag or state.last_modified):
        return Validators()
    last = state.last_fetch
    # After a poll that failed `kept` has left only those of the address polled.
    address = last.final_url if last is not None and last.status in FINE else ""
    return Validators(state.etag, state.last_modified, address or polled)


def kept(before: FeedState, after: FeedState, *, full: bool) -> FeedState:
    """`after` with what its next poll may send; `full`: whether this one asked for the whole document and got it."""
    record, last = after.last_fetch, before.last_fetch
    if record is None or record.pushed:
        return after
    conditional, full_at = before.conditional, before.full_at
    if record.http_status == _NOT_MODIFIED:
        conditional += 1
    elif record.status in FINE:
        conditional = 0
    if full:
        full_at = record.fetched_at
    etag, modified = after.etag, after.last_modified
    asked = moves.polled(before)
    answered_before = (last.final_url if last is not None and last.status in FINE else "") or asked
    same = (etag, modified) == (before.etag, before.last_modified)
    if record.status in FINE:
        # Half a document leaves the validators of the one before: they may be another address's.
        foreign = same and record.http_status != _NOT_MODIFIED and record.final_url != answered_before
    else:
        foreign = answered_before != asked
    if foreign:
        etag = modified = ""
    return msgspec.structs.replace(after, etag=etag, last_modified=modified, conditional=conditional, full_at=full_at)


def document_hash(body: bytes) -> str:
    """By which a document is known to be the one of last time, whatever it says of its own age.

    The dates of the feed itself, before its first entry, and comments after its last, are left out: many feeds change
    nothing else from poll to poll.
    """
    digest = hashlib.blake2b(digest_size=16)
    first = _FIRST_ENTRY.search(body)
    if first is None:
        digest.update(body)
        return digest.hexdigest()
    start, end = first.start(), max(first.start(), len(body) - _TAIL)
    digest.update(_OWN_DATES.sub(b"", body[:start]))
    digest.update(memoryview(body)[start:end])
    tail = body[end:]
    last = max(tail.rfind(b"</item>"), tail.rfind(b"</entry>"), tail.rfind(b"</channel>"))
    digest.update(tail if last < 0 else tail[:last] + _COMMENT.sub(b"", tail[last:]))
    return digest.hexdigest()
