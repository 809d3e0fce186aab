"""The matcher beside Lucene Monitor, fold + pyahocorasick and `re`: same documents, same lists, original offsets.

    .venv/bin/pip install pyahocorasick             # for that rival alone; nothing else needs it
    python -m benchmarks.matching_texts FOLDER      # once: downloads the documents
    python -m benchmarks.matching FOLDER [--quick] [--no-lucene] [--check]

Every system first meets other documents of the same kind, so that caches and compilers are warm, as in a process that
runs for months, without having seen what is measured. Then all take turns; figures are medians of the rounds, in CPU
time: of the matching thread alone for Lucene, whose garbage collector and compiler are free of charge. Lucene needs
a JDK 17 and Maven, which fetches it; a rival that is missing is named and left out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.matching_compile import cost
from benchmarks.matching_floors import Floor, Measured, of_rows
from benchmarks.matching_lists import Bench, Text, bench, statistics_of
from benchmarks.matching_lucene import driver_of
from benchmarks.matching_reload import reload
from benchmarks.matching_rows import row_of
from benchmarks.matching_systems import Ours, watchlists
from benchmarks.results import Result, options, record
from schemas.watchlist import Concept, Watchlist

_LENGTHS = (3, 1_000, 10_000, 100_000)
_MOST = max(_LENGTHS)
_NEWS_ITEM = 700
"""Characters of what most feeds carry: title, summary, some of the body."""


def main() -> None:
    """Measure, print, record; with `--check` exit 1 when a floor is missed."""
    parser = options(__doc__)
    parser.add_argument("folder", type=Path, help="what benchmarks.matching_texts wrote")
    parser.add_argument("--quick", action="store_true", help="300 documents, 3 rounds, 4 lists; records nothing")
    parser.add_argument("--no-lucene", action="store_true", help="leave out the rival that takes longest")
    parser.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    chosen = parser.parse_args()
    corpus = bench(chosen.folder, warm=3_000, measured=1_000, names=_MOST)
    rounds = 5
    lists = [(count, booleans) for booleans in (False, True) for count in _LENGTHS]
    if chosen.quick:
        corpus = corpus._replace(warm=corpus.warm[:600], measured=corpus.measured[:300])
        rounds = 3
        lists = [(count, False) for count in (3, 1_000, _MOST)] + [(_MOST, True)]
    print(f"measured: {statistics_of(corpus.measured)}\nwarmed up with: {statistics_of(corpus.warm)}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        driver = None if chosen.no_lucene else driver_of(scratch, corpus.warm, corpus.measured)
        rows = [row_of(corpus, count, driver, booleans=booleans, rounds=rounds) for count, booleans in lists]
        parts = [
            of_rows(rows, corpus.measured),
            _news_items(corpus, rounds),
            _compiling(corpus, scratch),
            _reloading(corpus, scratch),
        ]
    results = [result for part in parts for result in part.results]
    floors = [floor for part in parts for floor in part.floors]
    print()
    if chosen.quick:
        print(*(f"{result.what}: {result.figure} ({result.how})" for result in results), sep="\n")
    else:
        record(*results)
    print("\nFloors", *floors, sep="\n")
    sys.exit(1 if chosen.check and not all(floor.met for floor in floors) else 0)


def _news_items(corpus: Bench, rounds: int) -> Measured:
    """Short documents, ours alone."""
    warm, measured = ([Text(one.language, one.body[:_NEWS_ITEM]) for one in texts] for texts in corpus[:2])
    results = []
    for count in (min(_LENGTHS), _MOST):
        ours = Ours(corpus.queries(count, booleans=False))
        ours.warm(warm)
        speed = len(measured) / statistics.median(ours.run(measured) for _ in range(rounds))
        what = f"matching news items of {_NEWS_ITEM} characters, {count:,} terms"
        results.append(Result(what, f"{speed:,.0f} documents per CPU second", "the beginnings of the same documents"))
    return Measured(results, [])


def _compiling(corpus: Bench, scratch: Path) -> Measured:
    kinds = {
        "queries of one term": watchlists(corpus.queries(_MOST, booleans=False)),
        "aliases of concepts": _concepts(corpus.terms),
        "Boolean queries": watchlists(corpus.queries(_MOST, booleans=True)),
    }
    results: list[Result] = []
    floors: list[Floor] = []
    for kind, lists in kinds.items():
        found = cost(lists, scratch)
        figure = f"{found.seconds:.2f} s of CPU, {found.megabytes:.0f} MB"
        how = f"growth of resident memory in a process of its own, {found.peak:.0f} MB at its peak"
        results.append(Result(f"compiling {_MOST:,} {kind}", figure, how))
        if kind != "Boolean queries":
            floors.append(Floor(f"compiling {_MOST:,} {kind}, s of CPU", found.seconds, 2, at_least=False))
            floors.append(Floor(f"compiling {_MOST:,} {kind}, MB", found.megabytes, 60, at_least=False))
    return Measured(results, floors)


def _concepts(terms: Sequence[str]) -> list[Watchlist]:
    """The terms as aliases, a hundred to a concept, ten concepts to a list."""

    def parts(some: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
        return (tuple(some[first : first + length]) for first in range(0, len(some), length))

    lists = []
    for number, some in enumerate(parts(terms, 1_000)):
        concepts = tuple(Concept(name=f"c{at}", any=names) for at, names in enumerate(parts(some, 100)))
        queries = {"main": " OR ".join(concept.name for concept in concepts)}
        lists.append(Watchlist(id=f"list-{number}", name=f"List {number}", concepts=concepts, queries=queries))
    return lists


def _reloading(corpus: Bench, scratch: Path) -> Measured:
    found = reload(corpus.queries(_MOST, booleans=False), corpus.measured, scratch)
    before, during = found.before, found.during
    result = Result(
        f"one match while {_MOST:,} terms are loaded anew",
        f"p50 {during.median:.2f}, p99 {during.p99:.2f}, longest {during.longest:.0f} ms",
        f"before: {before.median:.2f}, {before.p99:.2f}, {before.longest:.0f} ms; {during.count:,} matches in the"
        f" {found.seconds:.1f} s from the edit of all files until the new lists were in force; wall time",
    )
    return Measured([result], [Floor("a match during a reload, ms at p99", during.p99, 50, at_least=False)])


if __name__ == "__main__":
    main()
