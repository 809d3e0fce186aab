"""The concepts of one list, compiled: every alias as a tree, found by the pattern that announces it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.query.tree import Near, Node, Term
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Watchlist


class Form(msgspec.Struct, frozen=True):
    """One alias of a concept: what the list writes, and its tree."""

    alias: str
    node: Node


class Forms(msgspec.Struct, frozen=True):
    """One concept. `by_pattern`: the forms that a pattern, when found, may be part of; each under one pattern only."""

    concept: Concept
    forms: tuple[Form, ...]
    guards: tuple[Form, ...]
    by_pattern: dict[str, tuple[Form, ...]]
    """What must be found for a form to occur."""


def compile_concept(concept: Concept) -> Forms:
    """The concept's forms. Raises `QueryError` when an alias does not parse."""
    forms = tuple(Form(alias, parse_alias(alias)) for alias in dict.fromkeys(concept.any))
    by_pattern: dict[str, tuple[Form, ...]] = {}
    for form in forms:
        pattern = next(terms(form.node)).pattern
        by_pattern[pattern] = (*by_pattern.get(pattern, ()), form)
    guards = tuple(Form(guard, parse_alias(guard)) for guard in dict.fromkeys(concept.unless_in))
    return Forms(concept, forms, guards, by_pattern)


def patterns_of(forms: Forms) -> Iterator[str]:
    """Every pattern the concept needs found, its guards' included."""
    for form in (*forms.forms, *forms.guards):
        for term in terms(form.node):
            yield term.pattern


def terms(node: Node) -> Iterator[Term]:
    """The terms of an alias, the first one first."""
    if isinstance(node, Term):
        yield node
    elif isinstance(node, Near):
        yield from terms(node.left)
        yield from terms(node.right)


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
        compiled = compile_concept(concept)
        entries = {form: entry for entry in reversed(concept.inflected) for form in entry.forms}
        for forms, guard in ((compiled.forms, False), (compiled.guards, True)):
            for form in forms:
                entry = entries.get(form.alias)
                yield Expanded(
                    concept=concept.name,
                    alias=entry.written if entry else form.alias,
                    written=form.alias,
                    inflect=entry.inflect if entry else "",
                    folded=tuple(term.pattern for term in terms(form.node)),
                    guard=guard,
                )
