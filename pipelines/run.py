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

from connectors.interfaces import Consumer, InFlight, Record
from pipelines.monitoring import Parts, look_for_edits, monitoring
from pipelines.patience import StoppedWaitingError, patiently
from pipelines.read import hand_over
from pipelines.resources import obtain
from pipelines.stages import outgoing, set_aside
from pipelines.write import failures, set_aside_total, stop_when
from schemas.errors import StoreError, WatchlistError
from schemas.time import now

_DEATHS_ALONE = 2
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
        self._suspects = in_flight.previous()
        self._careful = 0
        self._options = PipelineOptions([])
        pipeline = beam.Pipeline(runner=FnApiRunner(), options=self._options)
        monitoring(pipeline, parts)
        self._graph = pipeline.to_runner_api(default_environment=EmbeddedPythonEnvironment.default())
        # Beam makes a folder for each pipeline and removes it when that is run, which this one never is.
        shutil.rmtree(pipeline.local_tempdir, ignore_errors=True)
        stop_when(parts.name, stopped)

    def step(self, wait: float) -> int:
        """One batch, waiting up to `wait` seconds for its first record; returns the records committed."""
        records = self._consumer.read(self._limit, wait)
        if not records:
            look_for_edits(self._parts.watchlists)
            return 0
        deaths = self._remember(records)
        done = 0
        while done < len(records):
            # While suspects are in hand, each attempt takes half of what the process died with.
            size = max(1, self._careful // 2) if self._careful else len(records)
            part = records[done : done + size]
            try:
                self._run_and_commit(part, deaths)
            except StoppedWaitingError:
                return done
            done += len(part)
            deaths = 0
            self._careful = max(0, self._careful - len(part)) if self._careful > 1 else 0
        return done

    def drain(self) -> int:
        """Batches until the topic is at its end, or `stopped()`; returns the records committed."""
        total = 0
        while not self._stopped():
            done = self.step(0)
            if not done:
                break
            total += done
        return total

    def _remember(self, records: Sequence[Record]) -> int:
        """Take up the note of a process that died: how often it died with the first record alone in hand."""
        suspects, self._suspects = self._suspects, None
        if suspects is None or suspects[0] != records[0].position:
            return 0
        _, count, deaths = suspects
        self._careful = count
        return deaths + 1 if count == 1 else 0

    def _run_and_commit(self, records: Sequence[Record], deaths: int) -> None:
        """Run `records` and commit. Raises `StoppedWaitingError` when stopped before that."""
        if deaths >= _DEATHS_ALONE:
            self._give_up(records[0], "process", f"the process died {deaths} times with this record alone in hand")
            return
        self._in_flight.begin(records[0].position, len(records), deaths)
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
        places: dict[int, int] = {}
        for record in records:
            places[record.partition] = max(places.get(record.partition, 0), record.offset + 1)
        patiently(lambda: self._consumer.commit(places), self._stopped)
        self._in_flight.end()
        self.counters.records_total += len(records)
        self.counters.batches_total += 1
