"""How feeds are doing, as the log of polls tells it: for whoever is away from the poller, whose memory is a file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from connectors.interfaces import Log
from schemas import codec
from schemas.errors import PositionLostError, RecordError
from schemas.feed import FINE, FeedState, FetchRecord
from schemas.health import noted
from wirewatch import wiring

if TYPE_CHECKING:
    from wirewatch.settings import Settings

TAIL = 5_000
"""Newest records of each partition that a page begins with."""
_PAGE = 1_000
_FRESH_SECONDS = 5.0


class FetchedStates:
    """States of feeds made from their fetches. What only the poller knows is missing: rhythm, and so silence, and plans.

    Safe from several threads.
    """

    def __init__(self, log: Log, *, tail: int = TAIL, fresh_seconds: float = _FRESH_SECONDS) -> None:
        self._log = log
        self._tail = tail
        self._fresh_seconds = fresh_seconds
        self._lock = threading.Lock()
        self._states: dict[str, FeedState] = {}
        self._place: dict[int, int] | None = None
        self._read_at = 0.0

    def states(self) -> Iterable[FeedState]:
        """What is known of each feed that was polled lately. Raises `StoreError`."""
        with self._lock:
            if self._place is None or time.monotonic() - self._read_at >= self._fresh_seconds:
                self._follow()
                self._read_at = time.monotonic()
            return tuple(self._states.values())

    def _follow(self) -> None:
        if self._place is None:
            self._place = {partition: max(0, end - self._tail) for partition, end in self._log.ends("fetches").items()}
        while True:
            try:
                records = self._log.read("fetches", self._place, _PAGE)
            except PositionLostError as error:
                self._place[error.partition] = error.oldest
                continue
            if not records:
                return
            for record in records:
                self._place[record.partition] = record.offset + 1
                try:
                    fetch = codec.decode(record.value, FetchRecord, record.headers, subject=record.position)
                except RecordError:
                    continue
                self._states[fetch.feed_url] = after(self._states.get(fetch.feed_url), fetch)


def states_of(settings: Settings) -> tuple[FeedState, ...]:
    """What polls have come to: the poller's memory where that is here, else what the log of the servers tells.

    Nothing where there is neither. Writes nothing. Raises `StoreError`.
    """
    if (settings.folder / "feeds.sqlite3").is_file():
        with closing(wiring.feed_states(settings)) as memory:
            return tuple(memory.states())
    if not settings.kafka.servers:
        return ()
    with closing(wiring.read_log(settings)) as log:
        return tuple(FetchedStates(log).states())


def after(state: FeedState | None, fetch: FetchRecord) -> FeedState:
    """`state` after one more poll."""
    state = state or FeedState(feed_url=fetch.feed_url)
    fine = fetch.status in FINE
    failures = 0 if fine else state.failures + fetch.asked
    return msgspec.structs.replace(
        state,
        last_fetch=fetch,
        failures=failures,
        last_ok_at=fetch.fetched_at if fine else state.last_ok_at,
        last_new_at=fetch.fetched_at if fetch.new else state.last_new_at,
        history=noted(state.history, fetch),
        keyed_by=fetch.keyed_by,
        named_by=fetch.named_by,
    )
