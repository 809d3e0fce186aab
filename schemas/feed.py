"""A source, what one poll of it came to, and what the poller remembers between polls.

`gc=False`: none of these can be part of a cycle, and with many feeds the collector would walk through all of them again and
again.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.item import FeedItem
from schemas.rhythm import Rhythm
from schemas.time import Time


class FeedStatus(StrEnum):
    """What one poll came to, in words a person understands."""

    WORKING = "working"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    HTML = "html"
    CHALLENGE = "challenge"
    """A page that asks the reader to prove to be human."""
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
    {
        FeedStatus.GONE,
        FeedStatus.HTML,
        FeedStatus.CHALLENGE,
        FeedStatus.NOT_FOUND,
        FeedStatus.MALFORMED,
        FeedStatus.BLOCKED_ADDRESS,
    }
)
"""What does not pass by itself: an address to correct, a feed to replace, a setting to change."""

_WEIGHTS = {
    FeedStatus.RATE_LIMITED: 0.5,
    FeedStatus.SERVER_ERROR: 0.5,
    FeedStatus.TIMEOUT: 0.25,
    FeedStatus.UNREACHABLE: 0.25,
}
"""Media Cloud's figures for what passes (of 180,000 feeds): such failures count for less than one."""


def weighed(status: FeedStatus, failures: int) -> float:
    """What `failures` in a row count for, the last of which was `status`; 0 for a feed that answers."""
    return failures * _WEIGHTS.get(status, 1.0)


class FeedSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One source as the team lists it: the address polled and what is known of the outlet."""

    feed_url: str
    name: str = ""
    site_url: str = ""
    country: str = ""
    language: str = ""
    kind: str = ""
    folder: str = ""
    owner: str = ""
    """Who in the team answers for the source."""
    weight: float = 1.0
    """When more feeds are due than can be asked, heavier ones go first."""
    interval: float = 0.0
    """Seconds between polls, pinned by the team: wins over rhythm and hints, never over `Retry-After`. 0: by rhythm."""
    full_text: bool = False
    """Whether the page of an entry with little text is fetched for its text."""
    time_zone: str = ""
    """IANA name of the zone that dates without one are in; empty: UTC."""
    access: str = ""
    """Name of the settings section `feeds.access.NAME` with credentials, headers, cookies, proxy. Never the secrets."""


class PollSummary(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One change in how a feed is doing, as its history keeps it."""

    at: Time
    status: str
    reason: str


class Push(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A WebSub subscription of one feed, as the poller remembers it."""

    hub: str = ""
    topic: str = ""
    callback: str = ""
    """The unguessable last part of the callback address."""
    secret: str = ""
    asked_at: Time | None = None
    lease_until: Time | None = None
    """None until the hub has verified the subscription."""
    delivered_at: Time | None = None
    """The last delivery with a good signature; None: the hub is not trusted yet and polling goes on as before."""
    refused: str = ""
    """Why the last request was refused; empty when it was not."""


class FetchRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    named_by: str = "guid"
    """`guid+link` once over a fifth of a document's entries shared ids: such a feed names by id and address for good."""
    final_url: str = ""
    missed: int = 0
    """Over 0: nothing in the document was known from the poll before, and about so many items scrolled off between."""
    copies: int = 0
    """Of `new`: entries known only by their words, in a feed without ids and addresses, that may be second copies."""
    moved_to: str = ""
    """Where the server says, for good, that the feed has moved; polled there after three sightings in a row."""
    pushed: bool = False
    """Whether a WebSub hub delivered the document."""
    late: float = 0.0
    """Seconds by which the poll began after it was due."""

    @property
    def asked(self) -> bool:
        """Whether a request was made; a host that wants to be left alone for now is not asked."""
        return self.status is not FeedStatus.RATE_LIMITED or self.http_status > 0


class FeedState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the poller remembers of one feed. Losing it costs bandwidth, never an item and never a second alert."""

    feed_url: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    keyed_by: str = "address"
    named_by: str = "guid"
    next_poll_at: Time | None = None
    interval: float = 0.0
    """Seconds between polls at present."""
    failures: int = 0
    """Polls failed in a row."""
    last_fetch: FetchRecord | None = None
    last_ok_at: Time | None = None
    last_new_at: Time | None = None
    conditional: int = 0
    """Polls in a row that the server answered with "not modified"."""
    full_at: Time | None = None
    """When a whole document was last asked for, without validators."""
    moved_to: str = ""
    moved_seen: int = 0
    """Polls in a row that were sent to `moved_to` for good; from three on it is the address polled."""
    hint: float = 0.0
    """Seconds the feed itself asks to wait between polls, already within its cap; 0: it asks nothing."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, in UTC, in which the feed asks not to be polled."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, Monday 0, in which the feed asks not to be polled."""
    history: tuple[PollSummary, ...] = ()
    """Changes of how the feed is doing, oldest first, a bounded number."""
    push: Push = Push()
    rhythm: Rhythm = Rhythm()
    """How the feed publishes, as far as it is known."""
    planned_by: str = ""
    """The rule by which `next_poll_at` was chosen, for a person."""
    quiet_until: Time | None = None
    """Until when its server wants no requests; None when it did not ask for that at the last poll."""
    owed: tuple[FeedItem, ...] = ()
    """Items sent without the text of their page, which the next poll tries to get once more; a bounded number."""

    def to_show(self) -> FeedState:
        """The state without what lets anybody deliver as its hub."""
        push = self.push
        masked = msgspec.structs.replace(push, secret="***" * bool(push.secret), callback="***" * bool(push.callback))
        return self if masked == push else msgspec.structs.replace(self, push=masked)
