"""The matcher beside Lucene Monitor, fold + pyahocorasick and `re`: same documents, same lists, original offsets.

    pip install pyahocorasick                       # into .venv; not needed for anything else
    python -m benchmarks.matching_texts FOLDER      # once: downloads the documents
    python -m benchmarks.matching FOLDER [--quick] [--check]

Every system first meets other documents of the same kind, so that caches and compilers are warm, as in a process that
runs for months, without having seen what is measured. Then all take turns; figures are medians of the rounds, in CPU
time: of the matching thread alone for Lucene, whose garbage collector and compiler are free of charge. Lucene needs
a JDK 17 and Maven, which fetches it; a rival that is missing is named and left out.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.matching_compile import cost
from benchmarks.matching_lists import Bench, Query, Text, bench, statistics_of
from benchmarks.matching_lucene import VERSION, Driver, Lucene, missing
from benchmarks.matching_reload import reload
from benchmarks.matching_systems import AhoCorasick, Alternation, Ours, System, watchlists
from benchmarks.results import Result, record
from pipelines.matching.document import Document
from schemas.watchlist import Concept, Watchlist

_LENGTHS = (3, 1_000, 10_000, 100_000)
_MOST_RE = 1_000
"""Above, `re` tries thousands of alternatives at every word: minutes a round."""
_MOST_STANDARD = 10_000
"""Above, the tokenizer no longer matters."""
_NEWS_ITEM = 700


class Floor(NamedTuple):
    """A figure that is not to get worse than this."""

    what: str
    figure: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def __str__(self) -> str:
        side = "at least" if self.at_least else "at most"
        return f"{self.what}: {self.figure:.2f}, {side} {self.bound:g}{'' if self.met else '   <-- MISSED'}"


class Size(NamedTuple):
    """How much is measured."""

    warm: int
    measured: int
    rounds: int


class Row(NamedTuple):
    """One list: documents a CPU second by system, and how many pairs of document and query each found."""

    count: int
    booleans: bool
    speeds: dict[str, float]
    hits: int

    @property
    def name(self) -> str:
        return f"{self.count:,} {'Boolean queries' if self.booleans else 'terms'}"

    def best(self, start: str) -> float:
        """The speed of the fastest system whose name begins so; 0 when none ran."""
        return max((speed for name, speed in self.speeds.items() if name.startswith(start)), default=0.0)


def main() -> None:
    """Measure, print, record; with `--check` exit 1 when a floor is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, help="what benchmarks.matching_texts wrote")
    options.add_argument("--quick", action="store_true", help="300 documents, 3 rounds, 3 lists; records nothing")
    options.add_argument("--no-lucene", action="store_true", help="leave out the rival that takes longest")
    options.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    chosen = options.parse_args()
    size = Size(600, 300, 3) if chosen.quick else Size(3_000, 1_000, 5)
    corpus = bench(chosen.folder, warm=size.warm, measured=size.measured, names=max(_LENGTHS))
    print(f"measured: {statistics_of(corpus.measured)}\nwarmed up with: {statistics_of(corpus.warm)}")
    with tempfile.TemporaryDirectory() as scratch:
        driver = None if chosen.no_lucene else _driver(Path(scratch), corpus)
        rows = [
            _row(corpus, count, booleans, driver, size.rounds)
            for booleans in (False, True)
            for count in _LENGTHS
            if not chosen.quick or (count != 10_000 and (count == 100_000 or not booleans))
        ]
        results, floors = _of_rows(rows, corpus)
        for more_results, more_floors in (
            _news_items(corpus, size.rounds),
            _compiling(corpus, Path(scratch)),
            _reloading(corpus, Path(scratch)),
        ):
            results += more_results
            floors += more_floors
    if chosen.quick:
        for result in results:
            print(f"{result.what}: {result.figure} ({result.how})")
    else:
        record(*results)
    print("\nFloors", *floors, sep="\n")
    sys.exit(1 if chosen.check and not all(floor.met for floor in floors) else 0)


def _driver(folder: Path, corpus: Bench) -> Driver | None:
    if missing():
        print(f"Lucene Monitor not run: no {missing()} on this machine")
        return None
    try:
        return Driver(folder, corpus.warm, corpus.measured)
    except subprocess.CalledProcessError as error:
        print(f"Lucene Monitor not run: {error}")
        return None


def _row(corpus: Bench, count: int, booleans: bool, driver: Driver | None, rounds: int) -> Row:
    queries = corpus.queries(count, booleans=booleans)
    systems: list[System] = [Ours(queries)]
    if find_spec("ahocorasick"):
        systems.append(AhoCorasick(queries))
    if count <= _MOST_RE:
        systems.append(Alternation(queries))
    if driver:
        systems += [Lucene(driver, "icu", queries)]
        systems += [Lucene(driver, "standard", queries)] if count <= _MOST_STANDARD else []
    for system in systems:
        system.warm(corpus.warm)
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        for system in systems:
            for name, took in system.measure(corpus.measured):
                seconds.setdefault(name, []).append(took)
    speeds = {name: len(corpus.measured) / statistics.median(took) for name, took in seconds.items()}
    row = Row(count, booleans, speeds, 0)
    size = sum(len(text.body.encode()) for text in corpus.measured) / 1e6
    print(f"\n{row.name}", flush=True)
    for name, speed in speeds.items():
        took = seconds[name]
        spread = f"{len(corpus.measured) / max(took):,.0f} to {len(corpus.measured) / min(took):,.0f}"
        print(
            f"  {name:46} {speed:8,.0f} documents/s {speed * size / len(corpus.measured):6.1f} MB/s ({spread});"
            f" wirewatch is {speeds[systems[0].name] / speed:5.2f} x"
        )
    return row._replace(hits=_compare(systems, queries, corpus.measured))


def _compare(systems: Sequence[System], queries: Sequence[Query], texts: Sequence[Text]) -> int:
    """Print what each found that the other did not; returns how much ours found."""
    ours, *rivals = systems
    assert isinstance(ours, Ours)
    found = ours.pairs(texts)
    print(f"  {len(found):,} pairs of document and query, {len(found) / len(texts):.2f} a document")
    for rival in rivals:
        others = rival.pairs(texts)
        rival.close()
        why = Counter(_why(ours.surface(texts[number], query), queries[query]) for number, query in found - others)
        reasons = "".join(f"; {count} {reason}" for reason, count in why.most_common())
        print(f"  {rival.name}: {len(others):,}; only ours {len(found - others)}, only theirs {len(others - found)}{reasons}")
    return len(found)


def _why(surface: str, query: Query) -> str:
    """Why another fold may have missed `surface`."""
    scripts = [unicodedata.name(said[0], "?").split()[0] for said in (surface, query.either[0])]
    if scripts[0] != scripts[1]:
        return f"written in {scripts[0].title()}, listed in {scripts[1].title()}"
    return f"for another reason, as {surface!r}"


def _of_rows(rows: Sequence[Row], corpus: Bench) -> tuple[list[Result], list[Floor]]:
    size = sum(len(text.body.encode()) for text in corpus.measured) / 1e6 / len(corpus.measured)
    results: list[Result] = []
    floors: list[Floor] = []
    for row in rows:
        speed = row.best("wirewatch")
        lucene = row.best("Lucene Monitor, icu")
        against = [
            f"{speed / rival:.1f} x {name}"
            for name in ("Lucene Monitor, icu", "Lucene Monitor, standard", "fold + pyahocorasick", "fold + re")
            if (rival := row.best(name))
        ]
        results.append(
            Result(
                f"matching, {row.name}",
                f"{speed:,.0f} documents per CPU second ({speed * size:.1f} MB/s)",
                f"{', '.join(against)}; {row.hits / len(corpus.measured):.2f} hits a document, offsets included",
            )
        )
        if lucene and row.count != 10_000:
            floors.append(Floor(f"{row.name}, times Lucene Monitor", speed / lucene, 1.5 if row.count < 10_000 else 7))
    for booleans in {row.booleans for row in rows}:
        few, *_, many = [row.best("wirewatch") for row in rows if row.booleans == booleans] * 2
        if rows[0].booleans == booleans or len(rows) > 4:
            floors.append(Floor(f"growth from 3 to 100,000{', Boolean' * booleans}", few / many, 2.5, at_least=False))
    return results, floors


def _news_items(corpus: Bench, rounds: int) -> tuple[list[Result], list[Floor]]:
    short = [
        [Text(text.language, text.body[:_NEWS_ITEM]) for text in texts] for texts in (corpus.warm, corpus.measured)
    ]
    results = []
    for count in (min(_LENGTHS), max(_LENGTHS)):
        ours = Ours(corpus.queries(count, booleans=False))
        ours.warm(short[0])
        speed = len(short[1]) / statistics.median(ours.run(short[1]) for _ in range(rounds))
        figure = f"{speed:,.0f} documents per CPU second"
        results.append(Result(f"matching news items of {_NEWS_ITEM} characters, {count:,} terms", figure, "ours alone"))
    return results, []


def _compiling(corpus: Bench, folder: Path) -> tuple[list[Result], list[Floor]]:
    count = max(_LENGTHS)
    kinds = {
        "queries of one term": watchlists(corpus.queries(count, booleans=False)),
        "aliases of concepts": _concepts(corpus.terms),
        "Boolean queries": watchlists(corpus.queries(count, booleans=True)),
    }
    results: list[Result] = []
    floors: list[Floor] = []
    for kind, lists in kinds.items():
        found = cost(lists, folder)
        figure = f"{found.seconds:.2f} s of CPU, {found.megabytes:.0f} MB"
        how = f"growth of resident memory of a process of its own, {found.peak:.0f} MB at its peak"
        results.append(Result(f"compiling {count:,} {kind}", figure, how))
        if kind != "Boolean queries":
            floors.append(Floor(f"compiling {count:,} {kind}, seconds", found.seconds, 2, at_least=False))
            floors.append(Floor(f"compiling {count:,} {kind}, MB", found.megabytes, 60, at_least=False))
    return results, floors


def _concepts(terms: Sequence[str]) -> list[Watchlist]:
    """The terms as a thousand to a list, a hundred to a concept."""

    def parts(some: Sequence[str], length: int) -> Iterator[Sequence[str]]:
        return (some[first : first + length] for first in range(0, len(some), length))

    return [
        Watchlist(
            id=f"list-{number}",
            name=f"List {number}",
            concepts=tuple(Concept(name=f"c{at}", any=tuple(names)) for at, names in enumerate(parts(some, 100))),
            queries={"main": " OR ".join(f"c{at}" for at in range(len(some) // 100))},
        )
        for number, some in enumerate(parts(terms, 1_000))
    ]


def _reloading(corpus: Bench, folder: Path) -> tuple[list[Result], list[Floor]]:
    count = max(_LENGTHS)
    found = reload(corpus.queries(count, booleans=False), corpus.measured, folder)
    calls = found.during
    result = Result(
        f"one match while {count:,} terms are loaded anew",
        f"p50 {calls.median:.2f}, p99 {calls.p99:.2f}, longest {calls.longest:.0f} ms",
        f"before: {found.before.median:.2f}, {found.before.p99:.2f}, {found.before.longest:.0f} ms; {calls.count:,} matches"
        f" in the {found.seconds:.1f} s until the edit was in force; wall time",
    )
    return [result], [Floor("a match during a reload, ms at p99", calls.p99, 50, at_least=False)]


if __name__ == "__main__":
    main()
