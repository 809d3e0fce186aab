"""Where a feed is polled: the address the team lists, or the one its server has named for good. Pure.

The identity of a feed and of its items stays the listed address, whatever moves.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import msgspec

from schemas.feed import FeedState, FeedStatus, FetchRecord

SIGHTINGS = 3
"""Successful polls in a row that must be sent to the same address for good before it is polled itself."""
PERMANENT = frozenset({301, 308})
"""302, 303 and 307 say where the document lies today, and nothing about tomorrow."""
CONFIRM = timedelta(hours=1)
"""One 410 may be a slip: it is asked once more, soon."""
WEEKLY = timedelta(days=7)
MONTHLY = timedelta(days=30)
_WEEKS = 4


def polled(state: FeedState) -> str:
    """The address to poll."""
    return state.moved_to if state.moved_to and state.moved_seen >= SIGHTINGS else state.feed_url


def fits(listed: str, target: str) -> bool:
    """Whether `target` may take the place of the address `listed`: it is another one, and no step back from TLS."""
    if target in {"", listed}:
        return False
    return urlsplit(target).scheme == "https" or urlsplit(listed).scheme == "http"


def told(record: FetchRecord, before: FeedState, permanent: str, *, listed_too: bool) -> FetchRecord:
    """`record` saying where the feed has moved. `permanent`: where this poll was sent for good, or empty.

    `listed_too`: that address is itself a source. Then both bring the same items, and a person must choose.
    """
    here = polled(before)
    if permanent == before.feed_url or (not permanent and here == before.feed_url):
        return record
    target = here if here != before.feed_url else permanent
    if not fits(before.feed_url, target):
        return record
    if listed_too:
        reason = f"{record.reason}; duplicate of {target}, to which it has moved and which is listed too"
        return msgspec.structs.replace(record, reason=reason)
    reason = record.reason
    if here == before.feed_url:
        seen = before.moved_seen + 1 if before.moved_to == target else 1
        reason += f"; moved for good to {target} (seen {seen} of {SIGHTINGS} times)"
    return msgspec.structs.replace(record, moved_to=target, reason=reason)


def followed(before: FeedState, after: FeedState, *, lost: bool, readable: bool) -> FeedState:
    """`after` with where to poll next; `lost`: the address polled is no more, by its server or its name."""
    record = after.last_fetch
    if record is None or record.pushed:
        return msgspec.structs.replace(after, moved_to=before.moved_to, moved_seen=before.moved_seen)
    moved_to, seen = before.moved_to, before.moved_seen
    if lost and polled(before) != before.feed_url:
        # Nothing that belongs to the lost address is sent to the listed one.
        return msgspec.structs.replace(after, moved_to="", moved_seen=0, etag="", last_modified="")
    if readable:
        seen = (
            min(seen + 1, SIGHTINGS) if record.moved_to and record.moved_to == moved_to else int(bool(record.moved_to))
        )
        moved_to = record.moved_to
    return msgspec.structs.replace(after, moved_to=moved_to, moved_seen=seen)


def probe(record: FetchRecord, failures: int) -> timedelta | None:
    """How long a feed that answers 410 is left alone: never for ever. None for every other feed."""
    if record.status is not FeedStatus.GONE:
        return None
    if failures <= 1:
        return CONFIRM
    return WEEKLY if failures <= 1 + _WEEKS else MONTHLY
