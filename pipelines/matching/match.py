"""The matcher: all queries of all lists against one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipelines.matching.document import Document
from pipelines.matching.evaluate import Evaluation, attribute_holds
from pipelines.matching.forms import Forms
from pipelines.matching.reading import Reading
from pipelines.matching.spans import spans
from pipelines.matching.terms import Terms
from schemas.hit import Span
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


class CompiledQuery(msgspec.Struct, frozen=True):
    """One query, ready to run."""

    owner: CompiledList
    name: str
    tree: Node


class Matcher:
    """Built by `compile_watchlists`. Never changes: share it between threads, replace it whole."""

    def __init__(
        self,
        queries: Sequence[CompiledQuery],
        terms: Terms,
        anchors: Mapping[str, Sequence[int]],
        always: Sequence[int],
    ) -> None:
        """Queries are looked at where one of their anchors is found.

        `anchors` has, for each pattern, the queries that can hold only where it, or another anchor of theirs, is found;
        `always` has the queries without any.
        """
        self.queries = tuple(queries)
        self.terms = terms
        self._anchors = anchors
        self._always = tuple(always)

    @property
    def watchlists(self) -> tuple[Watchlist, ...]:
        """The lists, in the order given."""
        return tuple({query.owner.watchlist.id: query.owner.watchlist for query in self.queries}.values())

    def match(self, document: Document) -> tuple[QueryMatch, ...]:
        """The queries that hold for `document`, in the order of the lists."""
        reading = Reading(document, self.terms)
        wanted = set(self._always)
        for pattern in reading.patterns:
            wanted.update(self._anchors.get(pattern, ()))
        matches: list[QueryMatch] = []
        evaluations: dict[str, Evaluation] = {}
        for index in sorted(wanted):
            query = self.queries[index]
            owner = query.owner
            if owner.watchlist.id not in evaluations:
                evaluations[owner.watchlist.id] = Evaluation(reading, owner.concepts)
            outcome = evaluations[owner.watchlist.id].outcome(query.tree)
            if outcome.holds and owner.admits(reading) is None:
                matches.append(QueryMatch(owner.watchlist, query.name, spans(outcome.occurrences, reading)))
        return tuple(matches)
