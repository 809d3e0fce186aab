"""One list of `benchmarks.matching` through every system: speeds in turns, and who found what."""

from __future__ import annotations

import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple

from benchmarks.matching_lists import Bench, Query, Text
from benchmarks.matching_lucene import Driver, Lucene
from benchmarks.matching_systems import AhoCorasick, Alternation, Ours, System

_MOST_RE = 1_000
"""Above, `re` tries thousands of alternatives at every word: minutes a round."""
_MOST_ONE_PASS = 1_000
"""Above, three passes of Lucene's presearcher can be faster, so both ways run, and the tokenizer matters less."""


class Row(NamedTuple):
    """One list: documents a CPU second by system, and the pairs of document and query that ours found."""

    length: int
    booleans: bool
    speeds: dict[str, float]
    pairs: int

    @property
    def name(self) -> str:
        return f"{self.length:,} {'Boolean queries' if self.booleans else 'terms'}"

    def best(self, start: str) -> float:
        """The speed of the fastest system whose name begins so; 0 when none ran."""
        return max((speed for name, speed in self.speeds.items() if name.startswith(start)), default=0.0)


def row_of(corpus: Bench, length: int, driver: Driver | None, *, booleans: bool, rounds: int) -> Row:
    """Measure the first `length` terms, print, compare."""
    queries = corpus.queries(length, booleans=booleans)
    ours = Ours(queries)
    rivals = _rivals(queries, driver)
    for system in (ours, *rivals):
        system.warm(corpus.warm)
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        for system in (ours, *rivals):
            for name, took in system.measure(corpus.measured):
                seconds.setdefault(name, []).append(took)
    documents = len(corpus.measured)
    speeds = {name: documents / statistics.median(took) for name, took in seconds.items()}
    found = ours.pairs(corpus.measured)
    row = Row(length, booleans, speeds, len(found))
    print(f"\n{row.name}: {len(found):,} pairs of document and query, {len(found) / documents:.2f} a document")
    size = sum(len(text.body.encode()) for text in corpus.measured) / 1e6 / documents
    for name, speed in speeds.items():
        slowest, fastest = documents / max(seconds[name]), documents / min(seconds[name])
        print(
            f"  {name:53} {speed:8,.0f} documents/s {speed * size:6.1f} MB/s ({slowest:,.0f} to {fastest:,.0f});"
            f" wirewatch is {speeds[ours.name] / speed:.2f} x"
        )
    for rival in rivals:
        _compare(ours, rival, corpus.measured)
        rival.close()
    return row


def _rivals(queries: Sequence[Query], driver: Driver | None) -> list[System]:
    rivals: list[System] = []
    if find_spec("ahocorasick"):
        rivals.append(AhoCorasick(queries))
    else:
        print("fold + pyahocorasick not run: pip install pyahocorasick")
    if len(queries) <= _MOST_RE:
        rivals.append(Alternation(queries))
    if driver and len(queries) <= _MOST_ONE_PASS:
        rivals.append(Lucene(driver, queries, batches=(1, 100)))
        rivals.append(Lucene(driver, queries, tokenizer="standard"))
    elif driver:
        rivals.append(Lucene(driver, queries, passes=3, batches=(1, 100)))
        rivals.append(Lucene(driver, queries))
    return rivals


def _compare(ours: Ours, rival: System, texts: Sequence[Text]) -> None:
    """Print what each found and the other did not, and why."""
    found, others = ours.pairs(texts), rival.pairs(texts)
    reasons = Counter(_why(ours, texts[number], query) for number, query in found - others)
    why = "".join(f"; {count} {reason}" for reason, count in reasons.most_common())
    print(
        f"  {rival.name} found {len(others):,}: {len(found - others)} less{why}; {len(others - found)} more", flush=True
    )


def _why(ours: Ours, text: Text, query: int) -> str:
    """Why another fold may have missed what ours found."""
    spans = ours.spans(text, query)
    for span in spans:
        said, listed = (unicodedata.name(one.strip('"#')[0], "?").split()[0].title() for one in (span.text, span.alias))
        if said not in {listed, "Fullwidth"}:
            return f"in {said}, listed in {listed}"
        if "\u200b" in span.text:
            return "with a zero-width space inside a word"
    around = [text.body[max(span.start - 1, 0) : span.end + 2] for span in spans]
    return f"as {' and '.join(map(repr, around))}"
