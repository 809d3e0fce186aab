"""How a feed is doing, in one line, and whether a person has to look: pure, from what the poller remembers."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schemas.feed import FeedSource, FeedState

NEVER_POLLED = "never-polled"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One feed at the time of asking."""

    feed_url: str
    name: str = ""
    status: str
    """A `FeedStatus`, or `never-polled`."""
    reason: str
    last_fetched_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    needs_person: bool = False


def verdict(source: FeedSource, state: FeedState | None) -> Health:
    """The verdict on `source`."""
    fetch = state.last_fetch if state is not None else None
    if state is None or fetch is None:
        return Health(feed_url=source.feed_url, name=source.name, status=NEVER_POLLED, reason="not polled yet")
    reason = fetch.reason
    if state.failures > 1:
        reason += f" ({state.failures} times in a row)"
    return Health(
        feed_url=source.feed_url,
        name=source.name,
        status=fetch.status,
        reason=reason,
        last_fetched_at=fetch.fetched_at,
        last_ok_at=state.last_ok_at,
        last_new_at=state.last_new_at,
        next_poll_at=state.next_poll_at,
        failures=state.failures,
        needs_person=state.needs_person,
    )
