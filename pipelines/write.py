"""Where results leave the graph: hits and dead letters to the log, then articles to the index.

    … ──> WriteLog ──(only after its flush)──> WriteIndex ──> the process commits its position

Both buffer within a bundle and write at its end. A crash between any two steps repeats the batch: the log gets the
same hits once more, which the ledger knows by their keys, and the index merges the same documents into themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from connectors.interfaces import ArticleStore, Log, Mark
from pipelines.patience import patiently
from pipelines.resources import obtain
from pipelines.stages import Documented, Matched, SetAside, outgoing

Result = Matched | Documented | SetAside

failures: dict[str, BaseException] = {}
"""Why the last batch of a graph failed, by the graph's name: the runner only passes on a text."""
set_aside_total: dict[str, int] = {}
"""Records the stages of a graph have set aside so far, by the graph's name."""
_stopped: dict[str, Callable[[], bool]] = {}


def stop_when(name: str, stopped: Callable[[], bool]) -> None:
    """Give up waiting for a back end, in the sinks of the graph `name`, once `stopped()`."""
    _stopped[name] = stopped


class _Sink(beam.DoFn):  # type: ignore[misc] # Beam is untyped
    """Buffers the results of a bundle and writes them at its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._results: list[Result] = []

    def start_bundle(self) -> None:
        self._results = []

    def process(self, result: Result) -> None:
        self._results.append(result)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._results:
            try:
                patiently(self._write, _stopped.get(self._name, _never))
            except BaseException as error:
                failures[self._name] = error
                raise
        for result in self._results:
            yield GlobalWindows.windowed_value(result)

    def _write(self) -> None:
        raise NotImplementedError


class WriteLog(_Sink):
    """Appends hits and dead letters to the log, and passes the results on once they are durable."""

    def __init__(self, name: str, log: Callable[[], Log]) -> None:
        super().__init__(name)
        self._log = log

    def _write(self) -> None:
        records = [record for record in map(outgoing, self._results) if record is not None]
        obtain(self._log).append(records)
        failed = sum(isinstance(result, SetAside) for result in self._results)
        set_aside_total[self._name] = set_aside_total.get(self._name, 0) + failed


class WriteIndex(_Sink):
    """Merges articles and versions into the index, with the place of the last record read before them."""

    def __init__(self, name: str, articles: Callable[[], ArticleStore]) -> None:
        super().__init__(name)
        self._articles = articles

    def _write(self) -> None:
        documents = [result for result in self._results if not isinstance(result, SetAside)]
        places: dict[int, int] = {}
        for result in self._results:
            record = result.record
            places[record.partition] = max(places.get(record.partition, 0), record.offset + 1)
        obtain(self._articles).apply(
            [result.article for result in documents],
            [result.version for result in documents],
            Mark(self._name, places),
        )


def _never() -> bool:
    return False
