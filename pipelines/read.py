"""Where records enter the graph: a batch handed over by the process that read it, or partitions read without end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.metrics import Metrics
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.utils.timestamp import Duration

from connectors.interfaces import PartitionedTopic, PartitionReader, Record
from pipelines.patience import patiently
from pipelines.resources import obtain
from schemas.errors import PositionLostError, StoreError

_END = 2**63 - 2
_BUNDLE_SECONDS = 1.0
_IDLE_SECONDS = 0.1
_POLL_SECONDS = 0.01
_WORTH_ASKING_AGAIN = 50
_SAY_AGAIN_SECONDS = 30.0

_log = logging.getLogger(__name__)
_RESTRICTION = beam.DoFn.RestrictionParam()
_batches: dict[str, Sequence[Record]] = {}


def hand_over(name: str, records: Sequence[Record]) -> None:
    """Make `records` the batch that the graph called `name` reads next.

    The graph is translated once and reused for every batch, so the records cannot be part of it. They wait here, in
    an importable module: what a runner copies of `__main__` would be a second, empty one.
    """
    _batches[name] = records


class ReadBatch(beam.PTransform):  # type: ignore[misc] # Beam is untyped
    """The records handed over under `name`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Impulse, then the batch."""
        return begin | "begin" >> beam.Impulse() | "take" >> beam.ParDo(_Take(self._name))


class _Take(beam.DoFn):  # type: ignore[misc] # Beam is untyped
    def __init__(self, name: str) -> None:
        self._name = name

    def process(self, _: bytes) -> Iterator[Record]:
        yield from _batches[self._name]


class ReadPartitions(beam.PTransform):  # type: ignore[misc] # Beam is untyped
    """The records of `partitions`, without end; a new run begins at the committed places.

    The reshuffle spreads the partitions over the workers; behind it there must be none, see `pipelines.commits`.
    Partitions added to the topic later are read by the next run that does not start from a savepoint.
    """

    def __init__(self, topic: Callable[[], PartitionedTopic], partitions: Sequence[int], bundle_records: int) -> None:
        """Of one partition a bundle takes at most `bundle_records`, within at most a second."""
        super().__init__()
        self._topic = topic
        self._partitions = tuple(partitions)
        self._limit = bundle_records

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """The partitions, spread, each read for ever."""
        return (
            begin
            | "partitions" >> beam.Create(self._partitions)
            | "spread" >> beam.Reshuffle()
            | "read" >> beam.ParDo(ReadPartition(self._topic, self._limit))
        )


class Tracker(OffsetRestrictionTracker):  # type: ignore[misc] # Beam is untyped
    """Offsets of one partition, which nobody but its reader can see the end of: cut where reading stands, or not at all."""

    def is_bounded(self) -> bool:
        """Never."""
        return False

    def check_done(self) -> None:
        """What was not claimed goes on in the residual."""

    def try_split(self, fraction_of_remainder: float) -> tuple[OffsetRange, OffsetRange] | None:
        """A checkpoint. A true split would begin in the middle of offsets that do not exist yet."""
        split: tuple[OffsetRange, OffsetRange] | None = None
        if fraction_of_remainder == 0:
            split = super().try_split(0)
        return split


class RangeCoder(Coder):  # type: ignore[misc] # Beam is untyped
    """Where a partition goes on, as plain text: a savepoint outlives the classes that wrote it."""

    def encode(self, value: OffsetRange) -> bytes:
        """The start; the end is always the same."""
        return str(value.start).encode("ascii")

    def decode(self, encoded: bytes) -> OffsetRange:
        """From a start to no end."""
        return OffsetRange(int(encoded), _END)

    def is_deterministic(self) -> bool:
        """One start, one text."""
        return True


class ReadPartition(beam.DoFn, RestrictionProvider):  # type: ignore[misc] # Beam is untyped
    """Reads one partition on from its restriction, and gives the engine back what comes after."""

    def __init__(self, topic: Callable[[], PartitionedTopic], bundle_records: int) -> None:
        self._topic = topic
        self._limit = bundle_records
        self._lost_total = Metrics.counter("wirewatch", "positions_lost_total")

    def setup(self) -> None:
        self._readers: dict[int, PartitionReader] = {}
        self._say_again: dict[int, float] = {}

    def teardown(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator] # Beam is untyped
    def process(self, partition: int, tracker: Any = _RESTRICTION) -> Iterator[Record]:
        start = position = tracker.current_restriction().start
        until = time.monotonic() + _BUNDLE_SECONDS
        while position < start + self._limit and time.monotonic() < until:
            try:
                records = self._reader(partition).read(position, start + self._limit - position, _POLL_SECONDS)
            except PositionLostError as error:
                self._say_lost(partition, error)
                # The claim makes the gap passed: without it, an empty partition would be found lost again and again.
                if error.oldest < position or not tracker.try_claim(error.oldest - 1):
                    break
                self._lost_total.inc()
                position = error.oldest
                continue
            except StoreError as error:
                if not error.retryable:
                    raise
                if self._is_time_to_say(partition):
                    _log.warning("log away", extra=_of(error))
                break
            if not records or not tracker.try_claim(records[-1].offset):
                break
            yield from records
            position = records[-1].offset + 1
            if len(records) < _WORTH_ASKING_AGAIN:
                break
        tracker.defer_remainder(Duration(0 if position > start else _IDLE_SECONDS))

    def initial_restriction(self, element: int) -> OffsetRange:
        topic = obtain(self._topic)
        try:
            begin = patiently(lambda: topic.begin(element), _never)
        except PositionLostError as error:
            _log.error("position lost, reading begins at the oldest record", extra=_of(error))
            begin = error.oldest
        return OffsetRange(begin, _END)

    def create_tracker(self, restriction: OffsetRange) -> Tracker:
        return Tracker(restriction)

    def _reader(self, partition: int) -> PartitionReader:
        if partition not in self._readers:
            self._readers[partition] = obtain(self._topic).reader(partition)
        return self._readers[partition]

    def _say_lost(self, partition: int, error: PositionLostError) -> None:
        if error.oldest > error.asked:
            _log.error("position lost, reading goes on from the oldest record", extra=_of(error))
        elif self._is_time_to_say(partition):
            # Of a log that was replaced by a younger one; only people know whether to read that from its beginning.
            _log.error("position lost, reading waits", extra=_of(error))

    def _is_time_to_say(self, partition: int) -> bool:
        """Whether what lasts is to be said of this partition, now and then."""
        moment = time.monotonic()
        if moment < self._say_again.get(partition, 0.0):
            return False
        self._say_again[partition] = moment + _SAY_AGAIN_SECONDS
        return True

    def restriction_size(self, element: int, restriction: OffsetRange) -> float:  # noqa: ARG002 Beam's signature
        return 1.0

    def restriction_coder(self) -> RangeCoder:
        return RangeCoder()

    def truncate(self, element: int, restriction: OffsetRange) -> None:
        """A drain reads nothing more."""


def _of(error: StoreError) -> dict[str, str]:
    return {"subject": error.subject, "reason": error.message}


def _never() -> bool:
    return False
