"""The matcher: all queries of all lists against one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from pipelines.matching.document import Document
from pipelines.matching.evaluate import Evaluation, attribute_holds
from pipelines.matching.forms import Forms
from pipelines.matching.reading import Reading
from pipelines.matching.spans import spans
from pipelines.matching.terms import Terms
from schemas.hit import Span
from schemas.query.parse import parse
from schemas.query.tree import Attribute, Node
from schemas.watchlist import Watchlist


class QueryMatch(msgspec.Struct, frozen=True):
    """One query of one list that holds for a document, with what made it hold, in reading order."""

    watchlist: Watchlist
    query: str
    spans: tuple[Span, ...]


class CompiledList(msgspec.Struct, frozen=True):
    """One list, ready to run."""

    watchlist: Watchlist
    concepts: Mapping[str, Forms]
    languages: tuple[Attribute, ...]
    sources: tuple[Attribute, ...]

    def admits(self, reading: Reading) -> Attribute | None:
        """None when the document is within the list's limits, else one attribute it would need."""
        document = reading.document
        unknown = document.language == "und" and document.macro == "und"
        if self.languages and not unknown and not any(attribute_holds(one, reading) for one in self.languages):
            return self.languages[0]
        if self.sources and not any(attribute_holds(one, reading) for one in self.sources):
            return self.sources[0]
        return None


class CompiledQuery(msgspec.Struct, frozen=True, gc=False):
    """One query, ready to run."""

    owner: CompiledList
    name: str

    @property
    def tree(self) -> Node:
        """Parsed when first needed: of a hundred thousand queries few are ever looked at."""
        return _tree(self.owner.watchlist.queries[self.name], tuple(self.owner.concepts))


@lru_cache(maxsize=10_000)
def _tree(expression: str, concepts: tuple[str, ...]) -> Node:
    return parse(expression, concepts)


Numbers = int | tuple[int, ...]
"""One number or several: of a hundred thousand patterns nearly all have one."""


class Anchors(msgspec.Struct):
    """Which queries can hold where a pattern is found: those by number, and those that need a concept, by the concept's.

    A query is looked at when one of its anchors is found; those without any are in `always`.
    """

    queries: dict[str, Numbers] = {}
    concepts: dict[str, Numbers] = {}
    of_concept: dict[int, Numbers] = {}
    always: list[int] = []


def every(numbers: Numbers) -> tuple[int, ...]:
    """The numbers."""
    return (numbers,) if isinstance(numbers, int) else numbers


def several(numbers: Iterable[int]) -> Numbers:
    """The same as `every` gives back, stored small."""
    found = tuple(numbers)
    return found[0] if len(found) == 1 else found


class Matcher:
    """Built by `compile_watchlists`. Never changes: share it between threads, replace it whole."""

    def __init__(self, queries: Sequence[CompiledQuery], terms: Terms, anchors: Anchors) -> None:
        self.queries = queries
        self.terms = terms
        self._anchors = anchors

    @property
    def watchlists(self) -> tuple[Watchlist, ...]:
        """The lists, in the order given."""
        return tuple({query.owner.watchlist.id: query.owner.watchlist for query in self.queries}.values())

    def match(self, document: Document) -> tuple[QueryMatch, ...]:
        """The queries that hold for `document`, in the order of the lists."""
        reading = Reading(document, self.terms)
        matches: list[QueryMatch] = []
        evaluations: dict[str, Evaluation] = {}
        for index in sorted(self._wanted(reading)):
            query = self.queries[index]
            owner = query.owner
            if owner.watchlist.id not in evaluations:
                evaluations[owner.watchlist.id] = Evaluation(reading, owner.concepts)
            outcome = evaluations[owner.watchlist.id].outcome(query.tree)
            if outcome.holds and owner.admits(reading) is None:
                matches.append(QueryMatch(owner.watchlist, query.name, spans(outcome.occurrences, reading)))
        return tuple(matches)

    def _wanted(self, reading: Reading) -> set[int]:
        anchors = self._anchors
        wanted = set(anchors.always)
        for pattern in reading.patterns:
            wanted.update(every(anchors.queries.get(pattern, ())))
            for concept in every(anchors.concepts.get(pattern, ())):
                wanted.update(every(anchors.of_concept.get(concept, ())))
        return wanted
