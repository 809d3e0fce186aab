"""Searching articles: candidates from the index, decided by the matcher, so that every index finds the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from connectors.interfaces import Candidates, Search
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import document_of_article
from schemas.article import Article
from schemas.query.parse import parse
from schemas.query.tree import And, ConceptName, InField, Near, Node, Or, Term
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Watchlist

MOST_ALTERNATIVES = 4096
"""Conjunctions an index is asked for at most; a query that needs more makes the index name every article."""
MOST_COMBINATIONS = 64
"""Conjunctions that two parts of an `AND` are multiplied out to; beyond, the strictest parts stand for all."""
MOST_OF_LISTS = 20_000
"""Conjunctions of all queries of all lists together."""
Phrase = tuple[str, ...]
Conjunction = frozenset[Phrase]
_NOTHING_NEEDED: frozenset[Conjunction] = frozenset((frozenset(),))


def search(expression: str, index: Search, limit: int, since: datetime | None = None) -> Iterator[Article]:
    """The articles for which `expression` holds, newest first, at most `limit` (0 = all), streamed.

    `*` is every article; `NOT x` every article without x. Raises `QueryError` at once, not when first iterated.
    """
    wanted = candidates(parse(expression), since)
    matcher = compile_watchlists((Watchlist(id="search", name="search", queries={"main": expression}),), bounded=False)
    found = (article for article in index.candidates(wanted) if matcher.match(document_of_article(article)))
    return islice(found, limit or None)


def candidates(tree: Node, since: datetime | None = None) -> Candidates:
    """What an index is asked for: a superset of the articles for which `tree` holds."""
    return Candidates(any_of=_sorted(_needed(tree, {})), since=since)


def candidates_of_lists(lists: Iterable[Watchlist], since: datetime | None = None) -> Candidates:
    """A superset of the articles that any query of any of `lists` hits; names every article when one query may.

    Raises `QueryError` when a query does not parse; lists made by `pipelines.matching.load` always do.
    """
    needed: set[Conjunction] = set()
    for watchlist in lists:
        concepts = {concept.name: _needed_for_concept(concept) for concept in watchlist.concepts}
        for expression in watchlist.queries.values():
            needed |= _needed(parse(expression, concepts), concepts)
    return Candidates(any_of=_sorted(needed) if len(needed) <= MOST_OF_LISTS else (), since=since)


def _needed_for_concept(concept: Concept) -> frozenset[Conjunction]:
    either = frozenset[Conjunction]().union(*(_needed(parse_alias(alias), {}) for alias in concept.any))
    return either if len(either) <= MOST_ALTERNATIVES else _NOTHING_NEEDED


def _sorted(needed: Iterable[Conjunction]) -> tuple[tuple[Phrase, ...], ...]:
    found = tuple(sorted(tuple(sorted(conjunction)) for conjunction in needed))
    return found if all(found) else ()


def _needed(node: Node, concepts: Mapping[str, frozenset[Conjunction]]) -> frozenset[Conjunction]:
    """Sets of phrases of which one set is wholly there wherever `node` holds; one empty set when nothing need be."""
    if isinstance(node, Term):
        return frozenset((frozenset((tuple(node.pattern.split()),)),))
    if isinstance(node, ConceptName):
        return concepts[node.name]
    if isinstance(node, InField):
        return _needed(node.node, concepts)
    if isinstance(node, Or):
        either = frozenset[Conjunction]().union(*(_needed(part, concepts) for part in node.nodes))
        return either if len(either) <= MOST_ALTERNATIVES else _NOTHING_NEEDED
    if isinstance(node, And | Near):
        both = _NOTHING_NEEDED
        # The strictest parts first: when all together are too many, what is left out costs least.
        parts = node.nodes if isinstance(node, And) else (node.left, node.right)
        for needed in sorted((_needed(part, concepts) for part in parts), key=len):
            if both == _NOTHING_NEEDED or len(both) * len(needed) <= MOST_COMBINATIONS:
                both = frozenset(one | two for one in both for two in needed)
        return both
    return _NOTHING_NEEDED
