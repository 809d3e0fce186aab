"""What `benchmarks.matching` compares: our matcher, the same fold before other engines, and Lucene Monitor."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from benchmarks.matching_lists import Query, Text
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from schemas.hit import Span
from schemas.query.fold import folded_text, tokens
from schemas.watchlist import Watchlist

Pairs = set[tuple[int, int]]
"""Which document holds which query, both by number."""
_A_LIST = 1000
"""Queries of one watchlist at most; a longer list is several."""


class System(ABC):
    """One way to do the work."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def warm(self, texts: Sequence[Text]) -> None:
        """Meet these first: caches and compilers are warm in a process that runs for months."""

    @abstractmethod
    def run(self, texts: Sequence[Text]) -> float:
        """CPU seconds for all matches of `texts`, offsets included."""

    def measure(self, texts: Sequence[Text]) -> Iterator[tuple[str, float]]:
        """CPU seconds of each way to call it, by name."""
        yield self.name, self.run(texts)

    @abstractmethod
    def pairs(self, texts: Sequence[Text]) -> Pairs:
        """What is found in `texts`."""

    def close(self) -> None:  # noqa: B027 most have nothing to end
        """End it."""


def watchlists(queries: Sequence[Query]) -> list[Watchlist]:
    """`queries` as checked lists of at most a thousand."""
    expressions = [(str(number), query.expression) for number, query in enumerate(queries)]
    return [
        Watchlist(id=f"list-{first}", name=f"List {first}", queries=dict(expressions[first : first + _A_LIST]))
        for first in range(0, len(expressions), _A_LIST)
    ]


class Ours(System):
    """The matcher of this product."""

    def __init__(self, queries: Sequence[Query]) -> None:
        super().__init__("wirewatch")
        self._matcher = compile_watchlists(watchlists(queries))

    def warm(self, texts: Sequence[Text]) -> None:
        self.run(texts)

    def run(self, texts: Sequence[Text]) -> float:
        documents = [Document(body=text.body, language=text.language) for text in texts]
        started = time.process_time()
        for document in documents:
            self._matcher.match(document)
        return time.process_time() - started

    def pairs(self, texts: Sequence[Text]) -> Pairs:
        return {
            (number, int(match.query))
            for number, text in enumerate(texts)
            for match in self._matcher.match(Document(body=text.body, language=text.language))
        }

    def spans(self, text: Text, query: int) -> tuple[Span, ...]:
        """Where `query` was found in `text`."""
        matches = self._matcher.match(Document(body=text.body, language=text.language))
        return next(match.spans for match in matches if match.query == str(query))


class Folded(System):
    """Our fold, an engine for literals, and the Boolean part in plain Python, as one would write it by hand.

    The folded text has one space before and after each token and so have the terms: that is the word boundary.
    """

    def __init__(self, name: str, queries: Sequence[Query]) -> None:
        super().__init__(name)
        self._queries = [
            (tuple(map(folded_text, query.either)), folded_text(query.also), folded_text(query.never))
            for query in queries
        ]
        self._of_term: dict[str, list[int]] = {}
        for number, (either, _, _) in enumerate(self._queries):
            for term in either:
                self._of_term.setdefault(term, []).append(number)
        rest = {term for _, also, never in self._queries for term in (also, never) if term}
        self._build(sorted(rest | set(self._of_term)))

    @abstractmethod
    def _build(self, terms: list[str]) -> None: ...

    @abstractmethod
    def _find(self, text: str) -> Iterator[tuple[str, int]]:
        """Each term in `text`, which begins and ends with a space, with where its first letter is."""

    def warm(self, texts: Sequence[Text]) -> None:
        self.run(texts)

    def run(self, texts: Sequence[Text]) -> float:
        started = time.process_time()
        for text in texts:
            self._match(text.body)
        return time.process_time() - started

    def pairs(self, texts: Sequence[Text]) -> Pairs:
        return {(number, query) for number, text in enumerate(texts) for query in self._match(text.body)}

    def _match(self, body: str) -> dict[int, list[tuple[int, int]]]:
        read = tokens(body)
        text = f" {' '.join(read.words)} "
        places: dict[str, list[int]] = {}
        for term, at in self._find(text):
            places.setdefault(term, []).append(at)
        found: dict[int, list[tuple[int, int]]] = {}
        for number in {number for term in places for number in self._of_term.get(term, ())}:
            either, also, never = self._queries[number]
            if (not also or also in places) and never not in places:
                hits = [(term, at) for term in (*either, also) for at in places.get(term, ())]
                firsts = [(text.count(" ", 0, at) - 1, term.count(" ") + 1) for term, at in hits]
                found[number] = [read.span(first, first + length) for first, length in firsts]
        return found


class AhoCorasick(Folded):
    """pyahocorasick: `pip install pyahocorasick`."""

    def __init__(self, queries: Sequence[Query]) -> None:
        super().__init__("fold + pyahocorasick", queries)

    def _build(self, terms: list[str]) -> None:
        self._automaton: Any = import_module("ahocorasick").Automaton()
        for term in terms:
            self._automaton.add_word(f" {term} ", term)
        self._automaton.make_automaton()

    def _find(self, text: str) -> Iterator[tuple[str, int]]:
        for last, term in self._automaton.iter(text):
            yield term, last - len(term)


class Alternation(Folded):
    """`re` with all terms in one expression, in a look-ahead so that terms may overlap."""

    def __init__(self, queries: Sequence[Query]) -> None:
        super().__init__("fold + re alternation", queries)

    def _build(self, terms: list[str]) -> None:
        longest_first = "|".join(map(re.escape, sorted(terms, key=len, reverse=True)))
        self._expression = re.compile(f"(?<= )({longest_first})(?= )")

    def _find(self, text: str) -> Iterator[tuple[str, int]]:
        for match in self._expression.finditer(text):
            yield match[1], match.start()
