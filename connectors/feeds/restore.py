"""Bringing the poller's memory up to what the log knows of each feed.

How a feed keys and names its entries is for good, whatever was lost. And a feed that was polled before is not new: of
one whose state is gone, the time of its last good poll is kept, from which its entries are history or news.
"""

from __future__ import annotations

import msgspec

from connectors.feeds.entries import FORGOTTEN
from connectors.interfaces import FeedStates, Log, Positions, Record
from schemas import codec
from schemas.errors import StoreError
from schemas.feed import FINE, FeedState, FetchRecord

CONSUMER = "poller"
_PAGE = 1_000
_SWITCHED = (b'"keyed_by":"item"', b'"named_by":"guid+link"')


def restore(log: Log, states: FeedStates) -> None:
    """Read the fetches that the last start did not see, and apply what they say to the states."""
    place = dict(states.positions(CONSUMER))
    known = {state.feed_url: state for state in states.states()}
    restored: dict[str, FeedState] = {}
    while page := _read(log, place):
        for record in page:
            place[record.partition] = record.offset + 1
            # Most records say nothing of a switch, and of most feeds the state is there: only the others are decoded.
            if record.key not in known or any(switch in record.value for switch in _SWITCHED):
                fetch = codec.decode(record.value, FetchRecord, record.headers, subject=record.position)
                before = restored.get(fetch.feed_url) or known.get(fetch.feed_url)
                restored[fetch.feed_url] = _after(before, fetch, lost=fetch.feed_url not in known)
    changed = [state for feed_url, state in sorted(restored.items()) if state != known.get(feed_url)]
    states.save_all([(state, {}) for state in changed])
    if place:
        states.save_positions(CONSUMER, place)


def _after(state: FeedState | None, fetch: FetchRecord, *, lost: bool) -> FeedState:
    state = state or FeedState(feed_url=fetch.feed_url, body_hash=FORGOTTEN)
    return msgspec.structs.replace(
        state,
        keyed_by="item" if fetch.keyed_by == "item" else state.keyed_by,
        named_by="guid+link" if fetch.named_by == "guid+link" else state.named_by,
        last_ok_at=fetch.fetched_at if lost and fetch.status in FINE else state.last_ok_at,
    )


def _read(log: Log, place: Positions) -> tuple[Record, ...]:
    try:
        return tuple(log.read("fetches", place, _PAGE))
    except StoreError as error:
        if error.retryable or not place:
            raise
    # Older fetches have been trimmed away since: what is left is read from its beginning.
    return tuple(log.read("fetches", {}, _PAGE))
