"""What the rows of `benchmarks.matching` come to: figures to record, and the floors they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.matching_lists import Text
from benchmarks.matching_lucene import VERSION
from benchmarks.matching_rows import Row
from benchmarks.results import Result

_LUCENE = "Lucene Monitor, icu"
_RIVALS = {
    _LUCENE: "Lucene Monitor at its best",
    f"{_LUCENE} tokenizer, 1 pass, 1 a call": "as it comes",
    "Lucene Monitor, standard": "with StandardTokenizer",
    "fold + pyahocorasick": "fold + pyahocorasick",
    "fold + re": "fold + re",
}
"""By the beginning of the name of a system, what to call the fastest one whose name begins so."""
_TIMES_LUCENE = {3: 1.5, 1_000: 1.5, 100_000: 7.0}
"""By the length of a list."""
_GROWTH = 2.5


class Floor(NamedTuple):
    """A figure, and what it is not to be worse than."""

    what: str
    figure: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def __str__(self) -> str:
        side = "at least" if self.at_least else "at most"
        return f"  {self.what}: {self.figure:.2f}, {side} {self.bound:g}{'' if self.met else '   <-- MISSED'}"


class Measured(NamedTuple):
    """One part of the benchmark."""

    results: list[Result]
    floors: list[Floor]


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def of_rows(rows: Sequence[Row], texts: Sequence[Text]) -> Measured:
    """Speeds and ratios of every list, over `texts`."""
    size = sum(len(text.body.encode()) for text in texts) / 1e6 / len(texts)
    results = []
    floors = []
    for row in rows:
        speed = row.best("wirewatch")
        against = [f"{_times(speed / rival)} x {name}" for start, name in _RIVALS.items() if (rival := row.best(start))]
        hits = f"{row.pairs / len(texts):.2f} hits a document, original offsets, {len(texts):,} documents"
        if row.best(_LUCENE):
            hits += f"; Lucene {VERSION}"
        figure = f"{speed:,.0f} documents per CPU second ({speed * size:.1f} MB/s)"
        results.append(Result(f"matching, {row.name}", figure, f"{', '.join(against)}; {hits}"))
        if row.length in _TIMES_LUCENE and (lucene := row.best(_LUCENE)):
            floors.append(Floor(f"{row.name}, times Lucene Monitor", speed / lucene, _TIMES_LUCENE[row.length]))
    for booleans in (False, True):
        of_kind = sorted((row for row in rows if row.booleans == booleans), key=lambda row: row.length)
        if len(of_kind) > 1:
            few, many = of_kind[0], of_kind[-1]
            growth = few.best("wirewatch") / many.best("wirewatch")
            what = f"CPU time of {many.name} over that of {few.length:,}"
            floors.append(Floor(what, growth, _GROWTH, at_least=False))
            results.append(
                Result(
                    f"matching, growth to {many.name}", f"{growth:.2f} x the CPU time of {few.length}", "same documents"
                )
            )
    return Measured(results, floors)
