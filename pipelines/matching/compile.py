"""Watchlists to a matcher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipelines.matching.forms import Forms, compile_concept, patterns_of
from pipelines.matching.match import CompiledList, CompiledQuery, Matcher
from pipelines.matching.terms import Terms
from schemas.query.parse import parse
from schemas.query.tree import And, Attribute, ConceptName, InField, Near, Node, Not, Or, Term
from schemas.watchlist import Watchlist


def compile_watchlists(lists: Iterable[Watchlist], *, bounded: bool = True) -> Matcher:
    """The matcher of `lists`. `bounded` refuses queries that would hold for almost everything.

    Raises `QueryError` when a query or alias does not parse; lists made by `pipelines.matching.load` always do.
    """
    queries: list[CompiledQuery] = []
    patterns: set[str] = set()
    anchors: dict[str, list[int]] = {}
    always: list[int] = []
    for watchlist in lists:
        concepts = {concept.name: compile_concept(concept) for concept in watchlist.concepts}
        owner = CompiledList(
            watchlist,
            concepts,
            tuple(Attribute(f"languages: {tag}", "lang", tag) for tag in watchlist.languages),
            tuple(Attribute(f"sources: {name}", "source", name) for name in watchlist.sources),
        )
        for forms in concepts.values():
            patterns.update(patterns_of(forms))
        for name, expression in watchlist.queries.items():
            tree = parse(expression, concepts, bounded=bounded)
            patterns.update(term.pattern for term in _terms(tree))
            anchor = anchor_of(tree, concepts)
            if anchor is None:
                always.append(len(queries))
            for pattern in anchor or ():
                anchors.setdefault(pattern, []).append(len(queries))
            queries.append(CompiledQuery(owner, name, tree))
    return Matcher(queries, Terms(patterns), anchors, always)


def anchor_of(tree: Node, concepts: Mapping[str, Forms]) -> frozenset[str] | None:
    """Patterns of which at least one is found wherever `tree` holds, as few as possible; None when there are none."""
    if isinstance(tree, Term):
        return frozenset((tree.pattern,))
    if isinstance(tree, ConceptName):
        return frozenset(concepts[tree.name].by_pattern)
    if isinstance(tree, InField):
        return anchor_of(tree.node, concepts)
    if isinstance(tree, Or):
        either: set[str] = set()
        for node in tree.nodes:
            anchor = anchor_of(node, concepts)
            if anchor is None:
                return None
            either |= anchor
        return frozenset(either)
    if isinstance(tree, And | Near):
        nodes = tree.nodes if isinstance(tree, And) else (tree.left, tree.right)
        needed = [anchor for node in nodes if (anchor := anchor_of(node, concepts)) is not None]
        return min(needed, key=len, default=None)
    return None


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    elif isinstance(node, And | Or):
        for part in node.nodes:
            yield from _terms(part)
    elif isinstance(node, Near):
        yield from _terms(node.left)
        yield from _terms(node.right)
    elif isinstance(node, Not | InField):
        yield from _terms(node.node)
