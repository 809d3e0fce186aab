"""Searching articles: candidates from the index, decided by the matcher, so that every index finds the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from connectors.interfaces import Candidates, Search
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import document_of_article
from schemas.article import Article
from schemas.query.parse import parse
from schemas.query.tree import And, InField, Near, Node, Or, Term
from schemas.watchlist import Watchlist

MOST_ALTERNATIVES = 64
"""Conjunctions an index is asked for at most; a query that needs more is asked for less strictly."""

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
    needed = _needed(tree)
    if any(not conjunction for conjunction in needed):
        return Candidates(since=since)
    return Candidates(any_of=tuple(sorted(tuple(sorted(conjunction)) for conjunction in needed)), since=since)


def _needed(node: Node) -> frozenset[Conjunction]:
    """Sets of phrases of which one set is wholly there wherever `node` holds; one empty set when nothing need be."""
    if isinstance(node, Term):
        return frozenset((frozenset((tuple(node.pattern.split()),)),))
    if isinstance(node, InField):
        return _needed(node.node)
    if isinstance(node, Or):
        either = frozenset().union(*map(_needed, node.nodes))
        return either if len(either) <= MOST_ALTERNATIVES else _NOTHING_NEEDED
    if isinstance(node, And | Near):
        both = _NOTHING_NEEDED
        # The strictest parts first: when all together are too many, what is left out costs least.
        for needed in sorted(map(_needed, node.nodes if isinstance(node, And) else (node.left, node.right)), key=len):
            product = frozenset(one | two for one in both for two in needed)
            both = product if len(product) <= MOST_ALTERNATIVES else both
        return both
    return _NOTHING_NEEDED
