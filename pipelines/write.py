"""Where results leave the graph: hits and dead letters to the log, then articles to the index.

    … ──> WriteLog ──(only after its flush)──> WriteIndex ──> the process, or `CommitPlaces`, commits the position

Both buffer within a bundle and write at its end. A crash between any two steps repeats the batch: the log gets the
same hits once more, which the ledger knows by their keys, and the index merges the same documents into themselves.

What a back end refuses for good is some record's fault. Micro-batches hunt for that record by running halves of the batch.
An engine would only run the same bundle again, for ever: there the sinks halve what they hold, and set the record aside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from connectors.interfaces import ArticleStore, Log, Mark, PartitionedTopic
from pipelines.commits import CommitsFactory
from pipelines.patience import StoppedWaitingError, patiently
from pipelines.resources import obtain
from pipelines.stages import Documented, Matched, SetAside, outgoing, set_aside
from schemas.errors import StoreError
from schemas.time import now

Result = Matched | Documented | SetAside

failures: dict[str, BaseException] = {}
"""Why the last batch of a graph failed, by the graph's name: the runner only passes on a text.

Like the names below, for the process that runs the graph in itself. In the worker process of an engine nobody reads it,
and one entry a graph is all it holds.
"""
set_aside_total: dict[str, int] = {}
"""Records the stages of a graph have set aside so far, by the graph's name."""
_stopped: dict[str, Callable[[], bool]] = {}
_log = logging.getLogger(__name__)


def stop_when(name: str, stopped: Callable[[], bool]) -> None:
    """Give up waiting for a back end, in the sinks of the graph `name`, once `stopped()`."""
    _stopped[name] = stopped


class _Sink(beam.DoFn):  # type: ignore[misc] # Beam is untyped
    """Buffers the results of a bundle and writes them at its end."""

    stage = ""

    def __init__(self, name: str, letters: Callable[[], Log] | None) -> None:
        """With `letters`, what the back end refuses becomes a dead letter there; without, the bundle fails."""
        self._name = name
        self._letters = letters
        self._results: list[Result] = []
        self._dead_letters_total = Metrics.counter("wirewatch", "dead_letters_total")

    def start_bundle(self) -> None:
        self._results = []

    def process(self, result: Result) -> None:
        self._results.append(result)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        try:
            passed = self._pass(self._results)
        except BaseException as error:
            failures[self._name] = error
            raise
        for result in passed:
            yield GlobalWindows.windowed_value(result)

    def _pass(self, results: Sequence[Result]) -> Sequence[Result]:
        """Write `results`, waiting for a back end that is away; they come back, as dead letters where they were refused."""
        if not results:
            return results
        try:
            patiently(lambda: self._write(results), _stopped.get(self._name, _never))
        except (StoppedWaitingError, StoreError):
            raise
        except Exception as error:
            if self._letters is None or (len(results) == 1 and isinstance(results[0], SetAside)):
                raise
            if len(results) > 1:
                middle = len(results) // 2
                return (*self._pass(results[:middle]), *self._pass(results[middle:]))
            return (self._set_aside(results[0], error, self._letters),)
        return results

    def _set_aside(self, result: Result, error: Exception, letters: Callable[[], Log]) -> SetAside:
        failed = set_aside(result.record, self.stage, error, now())
        letter = outgoing(failed)
        assert letter is not None  # a dead letter always goes out
        _log.warning(
            "refused by the back end, set aside", extra={"subject": result.record.position, "stage": self.stage}
        )
        patiently(lambda: obtain(letters).append([letter]), _stopped.get(self._name, _never))
        self._dead_letters_total.inc()
        return failed

    def _write(self, results: Sequence[Result]) -> None:
        raise NotImplementedError


class WriteLog(_Sink):
    """Appends hits and dead letters to the log, and passes the results on once they are durable."""

    stage = "hits"

    def __init__(self, name: str, log: Callable[[], Log], letters: Callable[[], Log] | None = None) -> None:
        super().__init__(name, letters)
        self._log = log

    def _write(self, results: Sequence[Result]) -> None:
        records = [record for record in map(outgoing, results) if record is not None]
        obtain(self._log).append(records)
        failed = sum(isinstance(result, SetAside) for result in results)
        set_aside_total[self._name] = set_aside_total.get(self._name, 0) + failed
        if failed:
            self._dead_letters_total.inc(failed)


class WriteIndex(_Sink):
    """Merges articles and versions into the index, with the place of the last record read before them."""

    stage = "index"

    def __init__(
        self, name: str, articles: Callable[[], ArticleStore], letters: Callable[[], Log] | None = None
    ) -> None:
        super().__init__(name, letters)
        self._articles = articles

    def _write(self, results: Sequence[Result]) -> None:
        documents = [result for result in results if not isinstance(result, SetAside)]
        obtain(self._articles).apply(
            [result.article for result in documents],
            [result.version for result in documents],
            Mark(self._name, places(results)),
        )


class CommitPlaces(beam.DoFn):  # type: ignore[misc] # Beam is untyped
    """Stands behind the last sink of a graph on an engine: what arrives here is written, and its place is committed."""

    def __init__(self, topic: Callable[[], PartitionedTopic]) -> None:
        self._commits = CommitsFactory(topic)
        self._results: list[Result] = []

    def start_bundle(self) -> None:
        self._results = []

    def process(self, result: Result) -> None:
        self._results.append(result)

    def finish_bundle(self) -> None:
        obtain(self._commits).note(places(self._results))


def places(results: Sequence[Result]) -> dict[int, int]:
    """Where reading goes on after `results`, by partition."""
    behind: dict[int, int] = {}
    for result in results:
        record = result.record
        behind[record.partition] = max(behind.get(record.partition, 0), record.offset + 1)
    return behind


def _never() -> bool:
    return False
