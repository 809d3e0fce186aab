"""Where records enter the graph: a bounded batch handed over by the process that read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apache_beam as beam

from connectors.interfaces import Record

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
