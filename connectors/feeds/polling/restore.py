"""Bringing the poller's memory up to what the log has: after a loss, and after a death between log and memory.

How a feed keys and names its entries is for good, whatever was lost. A feed that was polled before is not new: of one
whose state is gone, the time of its last good poll is kept, from which its entries are history or news. And what went
on the log is known by the name it has there: a document that has changed since might suggest another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from connectors.feeds.items.entries import FORGOTTEN, marks_of
from connectors.interfaces import FeedStates, Known, Log, Record, Topic
from schemas import codec
from schemas.errors import PositionLostError, RecordError
from schemas.feed import FINE, FeedState, FetchRecord
from schemas.item import FeedItem

CONSUMER = "poller"
TAIL = 5_000
"""Newest items of each partition looked at on every start. A death leaves the polls of one transaction unremembered, most
often fewer; what is older comes again under the ids it has, unless its document has changed in between."""
_PAGE = 1_000
T = TypeVar("T")
_SWITCHED = (b'"keyed_by":"item"', b'"named_by":"guid+link"')


def restore(log: Log, states: FeedStates) -> None:
    """Apply what the log says of polls and items that `states` does not know.

    After a loss the whole log is read, else the fetches since the last start and the newest items.
    """
    place = dict(states.positions(CONSUMER))
    lost = not place
    known = {state.feed_url: state for state in states.states()}
    restored: dict[str, FeedState] = {}
    for record in _records(log, "fetches", place):
        # Most records say nothing of a switch, and of most feeds the state is there: only the others are decoded.
        if record.key not in known or any(switch in record.value for switch in _SWITCHED):
            fetch = _decoded(record, FetchRecord)
            if fetch is None:
                continue
            before = restored.get(fetch.feed_url) or known.get(fetch.feed_url)
            restored[fetch.feed_url] = _after(before, fetch, lost=fetch.feed_url not in known)
    changed = [state for feed_url, state in sorted(restored.items()) if state != known.get(feed_url)]
    states.save_all([(state, {}) for state in changed])
    _remember(log, states, known | restored, {} if lost else _tail(log))
    # Also with no fetch on the log: else the next start would take what others pushed in for a loss, and read it all.
    states.save_positions(CONSUMER, {**dict.fromkeys(log.ends("fetches"), 0), **place})


def _after(state: FeedState | None, fetch: FetchRecord, *, lost: bool) -> FeedState:
    state = state or FeedState(feed_url=fetch.feed_url, body_hash=FORGOTTEN)
    return msgspec.structs.replace(
        state,
        keyed_by="item" if fetch.keyed_by == "item" else state.keyed_by,
        named_by="guid+link" if fetch.named_by == "guid+link" else state.named_by,
        # A delivery may have been part of the feed only: what came before it and was not in it is no history.
        last_ok_at=fetch.fetched_at if lost and fetch.status in FINE and not fetch.pushed else state.last_ok_at,
    )


def _remember(log: Log, states: FeedStates, known: dict[str, FeedState], start: dict[int, int]) -> None:
    marks: dict[str, dict[str, Known]] = {}
    for number, record in enumerate(_records(log, "items", start), start=1):
        item = _decoded(record, FeedItem)
        if item is None:
            continue
        # Of a feed never polled, others pushed items in.
        state = known.setdefault(item.feed_url, FeedState(feed_url=item.feed_url))
        # What is remembered already may be newer.
        if state.last_fetch is None or item.seen_at > state.last_fetch.fetched_at:
            marks.setdefault(item.feed_url, {}).update(marks_of(item, state.keyed_by))
        if number % _PAGE == 0:
            states.save_all([(known[feed_url], seen) for feed_url, seen in marks.items()])
            marks.clear()
    states.save_all([(known[feed_url], seen) for feed_url, seen in marks.items()])


def _decoded(record: Record, kind: type[T]) -> T | None:
    """None for a record that cannot be read: the pipeline sets it aside, and it keeps nobody from starting."""
    try:
        return codec.decode(record.value, kind, record.headers, subject=record.position)
    except RecordError:
        return None


def _tail(log: Log) -> dict[int, int]:
    return {partition: max(0, end - TAIL) for partition, end in log.ends("items").items()}


def _records(log: Log, topic: Topic, place: dict[int, int]) -> Iterator[Record]:
    """Everything from `place` on, which is moved along."""
    while page := _read(log, topic, place):
        for record in page:
            place[record.partition] = record.offset + 1
            yield record


def _read(log: Log, topic: Topic, place: dict[int, int]) -> Sequence[Record]:
    while True:
        try:
            return log.read(topic, place, _PAGE)
        except PositionLostError as error:
            if place.get(error.partition, 0) == error.oldest:
                raise
            # Older ones have been trimmed away since; what is left of this partition is read from its beginning.
            place[error.partition] = error.oldest
