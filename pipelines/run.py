"""The graph as bounded micro-batches inside a process: read, run, commit.

The graph is translated once and its form reused for each batch: translating it takes longer than a small batch does.
Everything before a commit may happen again after a crash; nothing after it will.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence

import apache_beam as beam
import msgspec
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import EmbeddedPythonEnvironment

from connectors.interfaces import Consumer, InFlight, InHand, Record
from pipelines.monitoring import Parts, look_for_edits, monitoring
from pipelines.patience import StoppedWaitingError, patiently
from pipelines.read import hand_over
from pipelines.resources import obtain
from pipelines.stages import outgoing, set_aside
from pipelines.write import failures, set_aside_total, stop_when
from schemas.errors import StoreError, WatchlistError
from schemas.time import now

_DEATHS_ALONE = 2
_GROUP_SECONDS = 0.25
_log = logging.getLogger(__name__)


class Counters(msgspec.Struct):
    """What this process has done; only grows."""

    records_total: int = 0
    batches_total: int = 0
    dead_letters_total: int = 0
    halvings_total: int = 0


class MicroBatches:
    """Runs the graph over what `consumer` brings. One thread uses it; `stopped` may turn true from any other.

    A batch whose sinks fail for a reason that waiting cannot mend is run again in halves until the bad record is
    alone; that one becomes a dead letter. A batch that a process died with is run in halves too, and a record is set
    aside after two deaths with nothing else in hand. Raises `StoreError` when log or index can no longer be used.
    """

    def __init__(
        self,
        consumer: Consumer,
        parts: Parts,
        in_flight: InFlight,
        *,
        batch_records: int,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counters = Counters()
        self._consumer = consumer
        self._parts = parts
        self._in_flight = in_flight
        self._limit = batch_records
        self._stopped = stopped
        died_with = in_flight.previous()
        self._suspects = dict(died_with.places) if died_with else {}
        # Ever more deaths of one record only: of several, each is as likely as the others.
        self._deaths = died_with.deaths + 1 if died_with and died_with.records == 1 else 0
        self._options = PipelineOptions([])
        pipeline = beam.Pipeline(runner=FnApiRunner(), options=self._options)
        monitoring(pipeline, parts)
        self._graph = pipeline.to_runner_api(default_environment=EmbeddedPythonEnvironment.default())
        # Beam makes a folder for each pipeline and removes it when that is run, which this one never is.
        shutil.rmtree(pipeline.local_tempdir, ignore_errors=True)
        stop_when(parts.name, stopped)

    def step(self, wait: float) -> int:
        """One batch, waiting up to `wait` seconds for its first record; returns the records committed."""
        try:
            records = patiently(lambda: self._consumer.read(self._limit, wait), self._stopped)
        except StoppedWaitingError:
            return 0
        if not records:
            if "hits" in self._parts.outputs:
                look_for_edits(self._parts.watchlists)
            return 0
        suspects, others = self._told_apart(records)
        deaths, done = self._deaths if len(suspects) == 1 else 0, 0
        while done < len(records):
            # While suspects are in hand, each attempt takes half of what the process died with.
            part = suspects[: max(1, len(suspects) // 2)] or others
            try:
                self._run_and_commit(part, deaths)
            except StoppedWaitingError:
                return done
            done += len(part)
            suspects = suspects[len(part) :]
            deaths = self._deaths = 0
        return done

    def drain(self) -> int:
        """Batches until the topic is at its end, or `stopped()`; returns the records committed.

        Of a consumer group with other members, what those have in hand is waited for.
        """
        total = 0
        wait = 0.0
        while not self._stopped():
            done = self.step(wait)
            total += done
            if not done and self._at_end():
                break
            # A consumer group takes seconds to give out its partitions.
            wait = 0.0 if done else _GROUP_SECONDS
        return total

    def _at_end(self) -> bool:
        try:
            return not patiently(self._consumer.lag, self._stopped)
        except StoppedWaitingError:
            return True

    def _told_apart(self, records: Sequence[Record]) -> tuple[Sequence[Record], Sequence[Record]]:
        """Those that a process died with, and those before them in their partition; and all others.

        What it had in hand may come in several batches, or not at all when another process has done it since.
        """
        suspected: dict[int, int] = {}
        for partition, (first, end) in list(self._suspects.items()):
            offsets = [record.offset for record in records if record.partition == partition]
            if any(first <= offset < end for offset in offsets):
                suspected[partition] = end
            if any(offset >= end - 1 for offset in offsets):
                del self._suspects[partition]
        suspects = [one for one in records if one.offset < suspected.get(one.partition, 0)]
        # A partition's suspects are its first records, so each partition stays in order.
        others = [one for one in records if one.offset >= suspected.get(one.partition, 0)]
        return suspects, others

    def _run_and_commit(self, records: Sequence[Record], deaths: int) -> None:
        """Run `records` and commit. Raises `StoppedWaitingError` when stopped before that."""
        if deaths >= _DEATHS_ALONE:
            self._give_up(records[0], "process", f"the process died {deaths} times with this record alone in hand")
            return
        self._in_flight.begin(InHand(_places(records), len(records), deaths))
        try:
            self._run(records)
        except (StoppedWaitingError, StoreError, WatchlistError):
            self._in_flight.end()
            raise
        except Exception as error:  # noqa: BLE001 any other failure is some record's, and is hunted down
            self._in_flight.end()
            self._halve(records, error)
            return
        self.counters.dead_letters_total += set_aside_total.pop(self._parts.name, 0)
        self._commit(records)

    def _halve(self, records: Sequence[Record], error: Exception) -> None:
        if len(records) == 1:
            self._give_up(records[0], "process", error)
            return
        self.counters.halvings_total += 1
        _log.warning("batch failed, halving", extra={"records": len(records), "reason": str(error)[:200]})
        middle = len(records) // 2
        self._run_and_commit(records[:middle], 0)
        self._run_and_commit(records[middle:], 0)

    def _run(self, records: Sequence[Record]) -> None:
        hand_over(self._parts.name, records)
        failures.pop(self._parts.name, None)
        set_aside_total.pop(self._parts.name, None)
        try:
            FnApiRunner().run_via_runner_api(self._graph, self._options).wait_until_finish()
        except Exception as error:
            raise failures.pop(self._parts.name, error) from error

    def _give_up(self, record: Record, stage: str, error: BaseException | str) -> None:
        letter = outgoing(set_aside(record, stage, error, now()))
        if letter is not None:
            patiently(lambda: obtain(self._parts.log).append([letter]), self._stopped)
        self.counters.dead_letters_total += 1
        self._commit((record,))

    def _commit(self, records: Sequence[Record]) -> None:
        places = {partition: end for partition, (_, end) in _places(records).items()}
        patiently(lambda: self._consumer.commit(places), self._stopped)
        self._in_flight.end()
        self.counters.records_total += len(records)
        self.counters.batches_total += 1


def _places(records: Sequence[Record]) -> dict[int, tuple[int, int]]:
    """By partition, the first offset of `records` and the one after the last."""
    places: dict[int, tuple[int, int]] = {}
    for record in records:
        first, end = places.get(record.partition, (record.offset, 0))
        places[record.partition] = min(first, record.offset), max(end, record.offset + 1)
    return places
