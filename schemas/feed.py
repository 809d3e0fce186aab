"""A source, what one poll of it came to, and what the poller remembers between polls."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.time import Time


class FeedStatus(StrEnum):
    """What one poll came to, in words a person understands."""

    WORKING = "working"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    HTML = "html"
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    NOT_FOUND = "not-found"
    GONE = "gone"
    RATE_LIMITED = "rate-limited"
    REFUSED = "refused"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BLOCKED_ADDRESS = "blocked-address"


FINE = frozenset({FeedStatus.WORKING, FeedStatus.UNCHANGED, FeedStatus.EMPTY})
"""The states in which a feed answered as a feed."""

LASTING = frozenset(
    {FeedStatus.GONE, FeedStatus.HTML, FeedStatus.NOT_FOUND, FeedStatus.MALFORMED, FeedStatus.BLOCKED_ADDRESS}
)
"""What does not pass by itself: an address to correct, a feed to replace, a setting to change."""

MANY_FAILURES = 10
"""Failures in a row after which a person should look, whatever the reason."""


class FeedSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One source as the team lists it: the address polled and what is known of the outlet."""

    feed_url: str
    name: str = ""
    site_url: str = ""
    country: str = ""
    language: str = ""
    kind: str = ""
    folder: str = ""


class FetchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One poll of one feed, as `wirewatch.fetches` keeps it."""

    feed_url: str
    fetched_at: Time
    status: FeedStatus
    reason: str
    """One sentence for a person: what happened, with figures."""
    http_status: int = 0
    bytes_read: int = 0
    entries: int = 0
    new: int = 0
    updated: int = 0
    seconds: float = 0.0
    keyed_by: str = "address"
    """`item` once a document gave one address to several native ids: such a feed keeps item keys for good."""
    final_url: str = ""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What the poller remembers of one feed. Losing it costs bandwidth, never an item and never a second alert."""

    feed_url: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    keyed_by: str = "address"
    next_poll_at: Time | None = None
    interval: float = 0.0
    """Seconds between polls at present."""
    failures: int = 0
    """Polls failed in a row."""
    last_fetch: FetchRecord | None = None
    last_ok_at: Time | None = None
    last_new_at: Time | None = None

    @property
    def needs_person(self) -> bool:
        """Whether waiting will not mend it."""
        lasting = self.last_fetch is not None and self.last_fetch.status in LASTING
        return lasting or self.failures >= MANY_FAILURES
