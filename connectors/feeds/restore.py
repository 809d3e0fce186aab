"""Bringing the poller's memory up to what the log knows: the switch to item keys is for good, whatever was lost."""

from __future__ import annotations

import msgspec

from connectors.interfaces import FeedStates, Log, Positions, Record
from schemas import codec
from schemas.errors import StoreError
from schemas.feed import FeedState, FetchRecord

CONSUMER = "poller"
_PAGE = 1_000
_SWITCHED = b'"keyed_by":"item"'


def restore_keys(log: Log, states: FeedStates) -> None:
    """Read the fetches that the last start did not see, and apply every switch to item keys found there."""
    place = dict(states.positions(CONSUMER))
    switched: set[str] = set()
    while page := _read(log, place):
        for record in page:
            place[record.partition] = record.offset + 1
            # Most records say nothing of it: only those that do are decoded.
            if _SWITCHED in record.value:
                fetch = codec.decode(record.value, FetchRecord, record.headers, subject=record.position)
                switched.add(fetch.feed_url)
    for feed_url in sorted(switched):
        state = states.state(feed_url) or FeedState(feed_url=feed_url)
        if state.keyed_by != "item":
            states.save(msgspec.structs.replace(state, keyed_by="item"), {})
    if place:
        states.save_positions(CONSUMER, place)


def _read(log: Log, place: Positions) -> tuple[Record, ...]:
    try:
        return tuple(log.read("fetches", place, _PAGE))
    except StoreError as error:
        if error.retryable or not place:
            raise
    # Older fetches have been trimmed away since: what is left is read from its beginning.
    return tuple(log.read("fetches", {}, _PAGE))
