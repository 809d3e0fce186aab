"""Watchlists to a matcher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pipelines.matching.forms import form_of
from pipelines.matching.match import Matcher, Numbers, every
from pipelines.matching.parts import SIZE, ConceptForms, End, List, Part, Patterns, assembled
from pipelines.matching.terms import automaton_of
from schemas.query.parse import parse
from schemas.query.tree import And, ConceptName, InField, Near, Node, Or, Term, terms_of
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Watchlist


def compile_watchlists(lists: Iterable[Watchlist], *, bounded: bool = True) -> Matcher:
    """The matcher of `lists`. `bounded` refuses queries that would hold for almost everything.

    Raises `QueryError` when a query or alias does not parse; lists made by `pipelines.matching.load` always do.
    """
    return assembled(_parts(lists, bounded=bounded, automaton=False))


def compiled(lists: Iterable[Watchlist]) -> Iterator[Part]:
    """The same as parts, to be assembled elsewhere."""
    return _parts(lists, bounded=True, automaton=True)


def _parts(lists: Iterable[Watchlist], *, bounded: bool, automaton: bool) -> Iterator[Part]:
    work = _Compilation()
    lists = tuple(lists)
    for watchlist in lists:
        work.add(watchlist, bounded=bounded)
    return work.parts(lists, automaton=automaton)


class _Compilation:
    """All patterns by number, and what they anchor."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._anchored: dict[int, Numbers] = {}
        self._always: list[int] = []
        self._concepts: list[_CompiledConcept] = []
        self._queries = 0

    def add(self, watchlist: Watchlist, *, bounded: bool) -> None:
        concepts = {concept.name: _CompiledConcept(concept, self._number) for concept in watchlist.concepts}
        self._concepts += concepts.values()
        for expression in watchlist.queries.values():
            tree = parse(expression, concepts, bounded=bounded)
            for term in terms_of(tree):
                self._number(term.pattern)
            anchor = anchor_of(tree, {name: concept.frequency for name, concept in concepts.items()})
            if anchor is None:
                self._always.append(self._queries)
            for one in anchor or ():
                if isinstance(one, ConceptName):
                    concepts[one.name].queries.append(self._queries)
                else:
                    number = self._numbers[one.pattern]
                    known = self._anchored.setdefault(number, self._queries)
                    if known != self._queries:
                        self._anchored[number] = (*every(known), self._queries)
            self._queries += 1

    def _number(self, pattern: str) -> int:
        return self._numbers.setdefault(pattern, len(self._numbers))

    def parts(self, lists: Iterable[Watchlist], *, automaton: bool) -> Iterator[Part]:
        patterns = list(self._numbers)
        self._numbers.clear()
        for start in range(0, len(patterns), SIZE):
            some = patterns[start : start + SIZE]
            yield Patterns(some, [self._anchored.pop(number, ()) for number in range(start, start + len(some))])
        yield from map(List, lists)
        for number, concept in enumerate(self._concepts):
            for start in range(0, len(concept.patterns), SIZE):
                some_patterns = concept.patterns[start : start + SIZE]
                aliases = concept.aliases[start : start + SIZE]
                yield ConceptForms(number, some_patterns, aliases, sorted(set(concept.queries)))
        yield End(automaton_of(patterns) if automaton else b"", self._always)


class _CompiledConcept:
    def __init__(self, concept: Concept, number: Callable[[str], int]) -> None:
        self.queries: list[int] = []
        self.patterns: list[int] = []
        self.aliases: list[int] = []
        self.frequency = 0.0
        known: set[str] = set()
        for index, alias in enumerate(concept.any):
            if alias in known:
                continue
            known.add(alias)
            first, *others = terms_of(parse_alias(alias))
            self.patterns.append(number(first.pattern))
            self.aliases.append(index)
            self.frequency += frequency(first.pattern)
            for term in others:
                number(term.pattern)
        for guard in concept.unless_in:
            for term in terms_of(form_of(guard).node):
                number(term.pattern)


Anchor = frozenset[Term | ConceptName]


def anchor_of(tree: Node, frequencies: Mapping[str, float]) -> Anchor | None:
    """Terms and concepts of which at least one is found wherever `tree` holds; None when there are none.

    The rarest by guess; `frequencies` has the guess for each concept.
    """
    if isinstance(tree, Term | ConceptName):
        return frozenset((tree,))
    if isinstance(tree, InField):
        return anchor_of(tree.node, frequencies)
    if isinstance(tree, Or):
        either: set[Term | ConceptName] = set()
        for node in tree.nodes:
            anchor = anchor_of(node, frequencies)
            if anchor is None:
                return None
            either |= anchor
        return frozenset(either)
    if isinstance(tree, And | Near):
        nodes = tree.nodes if isinstance(tree, And) else (tree.left, tree.right)
        needed = [anchor for node in nodes if (anchor := anchor_of(node, frequencies)) is not None]
        return min(needed, key=lambda anchor: _together(anchor, frequencies), default=None)
    return None


def _together(anchor: Anchor, frequencies: Mapping[str, float]) -> float:
    return sum(frequencies[one.name] if isinstance(one, ConceptName) else frequency(one.pattern) for one in anchor)


def frequency(pattern: str) -> float:
    """A guess how often `pattern` occurs, to tell rare from common: longer is rarer, and so are several words together."""
    tens = 0.0
    for token in pattern.split():
        # Of letters about four make a word ten times rarer; one ideograph does as much.
        letters = min(len(token), 12) if token[0] < _IDEOGRAPHS else 4
        tens += 1 + letters / 4
    return float(10**-tens)


_IDEOGRAPHS = "\u2e80"
