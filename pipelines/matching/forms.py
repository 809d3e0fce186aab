"""The concepts of one list, compiled: every form as a tree, found by the pattern that announces it.

A concept may have a hundred thousand forms, of which a text has a few: a form is parsed when its pattern is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from schemas.query.tree import Node, terms_of
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Watchlist


class Form(msgspec.Struct, frozen=True):
    """One form of a concept: what the list writes, and its tree."""

    alias: str
    node: Node


class Forms:
    """One concept and which of its forms each pattern announces; every form is under one pattern only."""

    __slots__ = ("_by_pattern", "concept", "guards")

    def __init__(self, concept: Concept) -> None:
        """Raises `QueryError` when a guard does not parse."""
        self.concept = concept
        self.guards = tuple(form_of(guard) for guard in dict.fromkeys(concept.unless_in))
        self._by_pattern: dict[str, str | tuple[str, ...]] = {}

    def add(self, announced: Iterable[tuple[str, str]]) -> None:
        """Add forms: pattern and alias. Only while compiling."""
        known = self._by_pattern
        for pattern, alias in announced:
            others = known.get(pattern)
            if others is None:
                known[pattern] = alias
            else:
                known[pattern] = (*((others,) if isinstance(others, str) else others), alias)

    @property
    def patterns(self) -> Iterable[str]:
        """What must be found for a form to occur."""
        return self._by_pattern.keys()

    def announced(self, pattern: str) -> tuple[Form, ...]:
        """The forms that may occur where `pattern` is found, in the order of the list."""
        aliases = self._by_pattern.get(pattern, ())
        return tuple(map(form_of, (aliases,) if isinstance(aliases, str) else aliases))


@lru_cache(maxsize=10_000)
def form_of(alias: str) -> Form:
    """The form written `alias`. Raises `QueryError` when it does not parse."""
    return Form(alias, parse_alias(alias))


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """One written form as the matcher sees it: `folded` has one pattern for each part around a `NEAR`."""

    concept: str
    alias: str
    """The entry of the list it comes from: itself, or `{stem: Kosov, inflect: sr}`."""
    written: str
    inflect: str
    """The language of that entry; empty when it is a plain form."""
    folded: tuple[str, ...]
    guard: bool


def expansion(watchlist: Watchlist) -> Iterator[Expanded]:
    """Every written form of every concept of a list, guards included."""
    for concept in watchlist.concepts:
        entries = {form: entry for entry in reversed(concept.inflected) for form in entry.forms}
        for written, guard in ((concept.any, False), (concept.unless_in, True)):
            for form in dict.fromkeys(written):
                entry = entries.get(form)
                yield Expanded(
                    concept=concept.name,
                    alias=entry.written if entry else form,
                    written=form,
                    inflect=entry.inflect if entry else "",
                    folded=tuple(term.pattern for term in terms_of(parse_alias(form))),
                    guard=guard,
                )
