"""How a feed is doing, in one line, and whether a person has to look: pure, from what the poller remembers.

Judged as of the last poll, so that a poller that was switched off accuses no feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import msgspec

from schemas.duplicates import led_to, originals
from schemas.feed import FINE, LASTING, FeedSource, FeedState, FeedStatus, FetchRecord, PollSummary, weighed
from schemas.rhythm import silence
from schemas.time import Time

NEVER_POLLED = "never-polled"
FAILING = "failing"
"""Faults that pass did not pass."""
SILENT = "silent"
STALE = "stale"
POSSIBLE_GAP = "possible-gap"
DUPLICATE = "duplicate"
STATUSES: tuple[str, ...] = (
    *(status.value for status in FeedStatus),
    NEVER_POLLED,
    FAILING,
    SILENT,
    STALE,
    POSSIBLE_GAP,
    DUPLICATE,
)
"""All that `Health.status` can be."""

MANY_FAILURES = 10.0
"""Failures in a row, weighed, after which a person should look, whatever the reason."""
_FAILING_AFTER, _FAILING_AT_LEAST = timedelta(days=3), 5
_EMPTY_FOR = timedelta(hours=6)
_STALE_AFTER = timedelta(days=60)
_GAP_SHOWN, _GAPS_COUNTED, _MANY_GAPS = timedelta(days=1), timedelta(days=7), 3
_HISTORY = 20

TODO: Mapping[str, str] = {
    FeedStatus.EMPTY: "look at the feed in a browser: it has no entries any more",
    FeedStatus.HTML: "look for the feed's new address: `wirewatch feeds discover` on the outlet's site",
    FeedStatus.CHALLENGE: (
        "ask the outlet to let our User-Agent pass, list another feed of it, or give it cookies or a proxy with `access`"
    ),
    FeedStatus.MALFORMED: "see `wirewatch deadletters list` for what came, and tell the outlet",
    FeedStatus.TOO_LARGE: "look for a smaller feed of the outlet",
    FeedStatus.NOT_FOUND: "look for the feed's new address: `wirewatch feeds discover` on the outlet's site",
    FeedStatus.GONE: "take the feed off the list or find its successor",
    FeedStatus.RATE_LIMITED: "wait; if it lasts, pin a longer `interval` for the source",
    FeedStatus.REFUSED: "ask the outlet for access, or give the source its `access`",
    FeedStatus.SERVER_ERROR: "wait; the outlet's server has a fault",
    FeedStatus.TIMEOUT: "wait; the outlet's server is slow or away",
    FeedStatus.UNREACHABLE: "wait; if it lasts, check name and network",
    FeedStatus.BLOCKED_ADDRESS: "correct the address, or allow its network with `feeds.allow_networks`",
    FAILING: "see whether the outlet still has this feed; it is tried at least once a day all the same",
    SILENT: "see whether the outlet publishes elsewhere now: the feed answers but brings nothing",
    STALE: "think about taking it off the list",
    POSSIBLE_GAP: "pin a shorter `interval` for the source, or add the feeds of its sections",
    DUPLICATE: "take one of the two off the list",
}
"""What a person can do, by status; a status not here asks for nothing."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One feed as of its last poll."""

    feed_url: str
    name: str = ""
    status: str
    """A `FeedStatus`, `never-polled`, `failing`, `silent`, `stale`, `possible-gap` or `duplicate`."""
    reason: str
    todo: str = ""
    """What a person can do; empty when there is nothing."""
    last_fetched_at: Time | None = None
    last_ok_at: Time | None = None
    last_new_at: Time | None = None
    next_poll_at: Time | None = None
    failures: int = 0
    needs_person: bool = False


def verdicts(sources: Iterable[FeedSource], states: Iterable[FeedState]) -> list[Health]:
    """The verdict on each of `sources`, in their order; the second of two that are one feed is a duplicate."""
    listed = tuple(sources)
    known = {state.feed_url: state for state in states}
    again = originals(listed, led_to(known[source.feed_url] for source in listed if source.feed_url in known))
    found = []
    for source in listed:
        state = known.get(source.feed_url)
        one = verdict(source, state)
        fetch = state.last_fetch if state is not None else None
        if source.feed_url in again and fetch is not None and fetch.status in FINE:
            reason = f"is the same feed as {again[source.feed_url]}"
            one = _replaced(one, DUPLICATE, reason, needs_person=True)
        found.append(one)
    return found


def verdict(source: FeedSource, state: FeedState | None) -> Health:
    """The verdict on `source`."""
    fetch = state.last_fetch if state is not None else None
    if state is None or fetch is None:
        return Health(feed_url=source.feed_url, name=source.name, status=NEVER_POLLED, reason="not polled yet")
    reason = fetch.reason
    if state.failures > 1:
        reason += f" ({state.failures} times in a row)"
    health = Health(
        feed_url=source.feed_url,
        name=source.name,
        status=fetch.status.value,
        reason=reason,
        last_fetched_at=fetch.fetched_at,
        last_ok_at=state.last_ok_at,
        last_new_at=state.last_new_at,
        next_poll_at=state.next_poll_at,
        failures=state.failures,
    )
    if fetch.status not in FINE or state.failures:
        return _of_failures(health, state, fetch)
    return _of_contents(health, state, fetch)


def noted(history: tuple[PollSummary, ...], record: FetchRecord) -> tuple[PollSummary, ...]:
    """`history` after `record`: a new line when the feed is doing otherwise than before, or lost items."""
    status = POSSIBLE_GAP if record.missed else record.status.value
    if (
        status == FeedStatus.UNCHANGED
        and not record.entries
        and (not history or history[-1].status in FINE | {POSSIBLE_GAP})
    ):
        # The document is the one of before, and so is what there is to say of it.
        return history
    if status == FeedStatus.UNCHANGED:
        status = FeedStatus.WORKING.value
    last = history[-1].status if history else ""
    if status == last != POSSIBLE_GAP or (status == FeedStatus.WORKING and last == POSSIBLE_GAP):
        return history
    return (*history, PollSummary(at=record.fetched_at, status=status, reason=record.reason))[-_HISTORY:]


def _of_failures(health: Health, state: FeedState, fetch: FetchRecord) -> Health:
    # Refused without an answer: by us, over the address, its robots.txt or a missing section of the settings.
    by_us = fetch.status is FeedStatus.REFUSED and not fetch.http_status
    if fetch.status in LASTING or by_us:
        return _replaced(health, health.status, health.reason, needs_person=True)
    away = state.last_ok_at is not None and fetch.fetched_at - state.last_ok_at >= _FAILING_AFTER
    if weighed(fetch.status, state.failures) >= MANY_FAILURES or (away and state.failures >= _FAILING_AT_LEAST):
        return _replaced(health, FAILING, health.reason, needs_person=True)
    return _replaced(health, health.status, health.reason, needs_person=False)


def _of_contents(health: Health, state: FeedState, fetch: FetchRecord) -> Health:
    gaps = [one for one in state.history if one.status == POSSIBLE_GAP]
    if gaps and fetch.fetched_at - gaps[-1].at <= _GAP_SHOWN:
        lately = sum(fetch.fetched_at - one.at <= _GAPS_COUNTED for one in gaps)
        reason = gaps[-1].reason + (f" ({lately} times in a week)" if lately > 1 else "")
        return _replaced(health, POSSIBLE_GAP, reason, needs_person=lately >= _MANY_GAPS)
    is_empty = fetch.status == FeedStatus.EMPTY or (
        bool(state.history) and state.history[-1].status == FeedStatus.EMPTY
    )
    if is_empty:
        since = state.history[-1].at if state.history else fetch.fetched_at
        used_to = state.rhythm.known > 0
        reason = "a feed without entries" + (", which used to have some" if used_to else "")
        lasts = fetch.fetched_at - since >= _EMPTY_FOR
        return _replaced(health, FeedStatus.EMPTY.value, reason, needs_person=used_to and lasts)
    quiet = silence(state.rhythm)
    if quiet is not None:
        reason = (
            f"answers, but brought nothing new for {_span(quiet.hours)}; its longest silence so far was"
            f" {_span(state.rhythm.longest_plain)} ({quiet.times:.1f} times that, by the hours and days it is used to)"
        )
        return _replaced(health, SILENT, reason, needs_person=True)
    last = state.rhythm.last
    if last is not None and fetch.fetched_at - last > _STALE_AFTER:
        reason = f"answers, but its newest entry is {(fetch.fetched_at - last).days} days old"
        return _replaced(health, STALE, reason, needs_person=False)
    return health


def _replaced(health: Health, status: str, reason: str, *, needs_person: bool) -> Health:
    return msgspec.structs.replace(
        health, status=status, reason=reason, needs_person=needs_person, todo=TODO.get(status, "")
    )


def _span(hours: float) -> str:
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"  # noqa: PLR2004 two days
