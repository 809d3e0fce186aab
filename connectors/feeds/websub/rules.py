"""The rules of WebSub for a subscriber, after the W3C Recommendation: pure, over what feeds say and hubs send.

A hub is an offer, never a duty of ours: a feed is polled by its rhythm until its hub has delivered once, and again as soon
as a poll finds something new that the hub kept quiet about.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from connectors.feeds.fetching.offer import Offer
from schemas.feed import FeedState, FeedStatus, FetchRecord, Push

PATH = "/websub/"
"""Where callbacks lie below the public address."""
LEASE_SECONDS = 864_000
"""What is asked for: the ten days that the Recommendation names as a good default."""
SHORTEST_LEASE = 60.0
"""A lease of so many seconds or fewer is no subscription: it would be renewed more often than the feed is polled."""
LONGEST_LEASE = 30 * 86_400.0
"""Longer leases are renewed after this time all the same: a hub may have forgotten us."""
RENEWED_AT = 0.8
UNKNOWN = "no such callback"
"""What a caller is told who has no business here."""
MANY = 9
"""Failed requests in a row after which a hub is asked once a day; a refusal counts as so many at once."""

_A_DAY = 86_400.0
_CHANGES = timedelta(days=1)
_CHALLENGE_LIMIT = 4_096
_REASON_LIMIT = 300
_ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}

Mode = Literal["subscribe", "unsubscribe"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms we subscribe."""

    base: str
    """Public address hubs reach the listener at, without a slash at the end."""
    backup: float = 21_600.0
    """Seconds between polls of a feed whose hub is trusted."""
    retry: float = 300.0
    """Seconds until a hub that did not answer as hoped is asked again; doubled each time, up to a day."""

    def mark(self) -> str:
        """What callbacks of this address end in: under another one, hubs have to be told anew."""
        return hashlib.blake2b(self.base.encode(), digest_size=4).hexdigest()

    def callback_url(self, callback: str) -> str:
        """The address a hub calls."""
        return f"{self.base}{PATH}{callback}"


class Decision(msgspec.Struct, frozen=True):
    """How a request of a hub is answered, and what to remember of it (None: nothing)."""

    status: int
    text: str = ""
    push: Push | None = None


def taken_up(push: Push, offer: Offer, moment: datetime) -> Push:
    """The subscription to have after `offer`: `push` as it is, or a new one at what is offered, not asked for yet.

    What is asked for changes once a day at most: some feeds name themselves differently in every document.
    """
    if push.hub in offer.hubs and push.topic == offer.topic:
        return push
    if push.asked_at is not None and moment < push.asked_at + _CHANGES:
        return push
    return Push(hub=offer.hubs[0], topic=offer.topic)


def prepared(push: Push, terms: Terms, token: str, secret: str) -> Push:
    """`push` with a callback at our present address: of its own for each hub and topic, made of `token` if need be."""
    if push.callback.endswith(terms.mark()):
        return push
    return Push(hub=push.hub, topic=push.topic, callback=token + terms.mark(), secret=secret)


def form(push: Push, mode: Mode, terms: Terms) -> dict[str, str]:
    """The fields of a request to the hub.

    The secret is sent to hubs without TLS too: who can read it there can read the callback as well, and everybody else is
    still kept out. A renewal keeps callback and secret, so that deliveries under way stay valid.
    """
    fields = {"hub.mode": mode, "hub.topic": push.topic, "hub.callback": terms.callback_url(push.callback)}
    if mode == "subscribe":
        fields |= {"hub.lease_seconds": str(LEASE_SECONDS), "hub.secret": push.secret}
    return fields


def answer(push: Push, query: Mapping[str, str], moment: datetime, *, leaving: bool) -> Decision:
    """How a GET of the hub at the callback of `push` is answered; `leaving`: we asked to be unsubscribed."""
    refused = Decision(404, UNKNOWN)
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
    if query.get("hub.topic", "") != push.topic or not push.topic:
        return refused
    if mode == "denied":
        reason = " ".join(query.get("hub.reason", "").split())[:_REASON_LIMIT]
        said = f"the hub denies the subscription: {reason}" if reason else "the hub denies the subscription"
        return Decision(200, push=msgspec.structs.replace(push, refused=said, lease_until=None, delivered_at=None))
    if not 0 < len(challenge) <= _CHALLENGE_LIMIT:
        return refused
    if mode == "unsubscribe" and leaving:
        return Decision(200, challenge)
    if mode != "subscribe" or leaving or push.asked_at is None:
        return refused
    lease = _lease(query.get("hub.lease_seconds", ""))
    if lease is None:
        return refused
    if lease <= SHORTEST_LEASE:
        said = f"the hub subscribes for {lease:.0f} s only, which is not taken as a subscription"
        return Decision(200, challenge, msgspec.structs.replace(push, refused=said))
    until = moment + timedelta(seconds=min(lease, LONGEST_LEASE))
    return Decision(200, challenge, msgspec.structs.replace(push, lease_until=until, refused=""))


def _lease(text: str) -> float | None:
    """Seconds granted; hubs of the protocol's first versions say nothing, which is what was asked for."""
    if not text:
        return float(LEASE_SECONDS)
    return float(text[:12]) if text.isascii() and text.isdigit() else None


def signed(secret: str, header: str, body: bytes) -> bool:
    """Whether `header` (`X-Hub-Signature`) proves that `body` comes from who was given `secret`; in constant time."""
    name, _, given = header.strip().partition("=")
    algorithm = _ALGORITHMS.get(name.strip().lower())
    if algorithm is None or not secret:
        return False
    wanted = hmac.new(secret.encode(), body, algorithm).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.strip().lower().encode(errors="replace"))


def trusted(push: Push, moment: datetime) -> bool:
    """Whether the hub has shown that it delivers, and is bound to."""
    return push.delivered_at is not None and push.lease_until is not None and moment < push.lease_until


def ask_at(push: Push, failures: int, terms: Terms) -> datetime | None:
    """When the hub is to be asked next, after `failures` in a row; None: at once, it was never asked."""
    if push.asked_at is None:
        return None
    patience = push.asked_at + timedelta(seconds=min(terms.retry * 2 ** min(failures, MANY), _A_DAY))
    if failures >= MANY:
        patience = push.asked_at + timedelta(seconds=_A_DAY)
    if push.lease_until is None:
        return patience
    # A renewal that brought nothing is asked again after 80 % of what is left, and so on, never faster than patience has it.
    return max(patience, push.asked_at + RENEWED_AT * (push.lease_until - push.asked_at))


def accounted(record: FetchRecord) -> FetchRecord:
    """The account of a delivery: often only what is new, so it can neither be a gap nor a feed that has run empty."""
    status, reason = record.status, f"delivered by the hub: {record.reason}"
    status = FeedStatus.UNCHANGED if status is FeedStatus.EMPTY else status
    return msgspec.structs.replace(record, status=status, reason=reason, missed=0, pushed=True)


def after_poll(after: FeedState, record: FetchRecord, *, pinned: bool, backup: float) -> tuple[FeedState, bool]:
    """`after` with its next poll as the hub allows, and whether the hub lost our trust by it.

    What a poll finds that was never delivered ends the trust: the poll after it comes by the rhythm again. Trust that
    holds moves the next poll to `backup` seconds from now, or to the end of the lease.
    """
    moment, push = record.fetched_at, after.push
    if not trusted(push, moment) or after.failures or not record.asked:
        return after, False
    if record.new:
        return msgspec.structs.replace(after, push=msgspec.structs.replace(push, delivered_at=None)), True
    return after if pinned else _postponed(after, moment, backup), False


def after_delivery(state: FeedState, record: FetchRecord, *, pinned: bool, backup: float) -> FeedState:
    """`state` with the trust that a delivery earns, and its next poll as the hub allows.

    The next poll is postponed from the last poll on, not from the delivery: however busy the hub, it is checked.
    """
    moment, polled = record.fetched_at, state.last_fetch
    after = msgspec.structs.replace(state, push=msgspec.structs.replace(state.push, delivered_at=moment))
    if pinned or state.failures or polled is None or not trusted(after.push, moment):
        return after
    return _postponed(after, polled.fetched_at, backup)


def _postponed(state: FeedState, since: datetime, backup: float) -> FeedState:
    due, lease = since + timedelta(seconds=backup), state.push.lease_until
    due = due if lease is None else min(due, lease)
    if state.next_poll_at is not None and state.next_poll_at >= due:
        return state
    return msgspec.structs.replace(state, next_poll_at=due, planned_by="its hub delivers, polls only check on that")


def due_by_rhythm(state: FeedState) -> datetime | None:
    """When the feed is due without a hub: deliveries may have been missed, or will be."""
    due, polled = state.next_poll_at, state.last_fetch
    if due is None or polled is None or state.push.delivered_at is None or state.failures or not polled.asked:
        # A server that wants time gets it, whatever the hub has brought since.
        return due
    return min(due, polled.fetched_at + timedelta(seconds=state.interval))
