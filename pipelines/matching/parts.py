"""A compiled matcher as a stream of small parts, and a matcher put together from them.

Compiling large lists takes seconds, so a running process leaves it to a child and takes the result in: part by part,
because whatever is decoded in one piece stops every other thread for as long as that takes.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pipelines.matching.forms import Forms
from pipelines.matching.match import Anchors, CompiledList, CompiledQuery, Matcher, Numbers, every, several
from pipelines.matching.terms import Terms
from schemas.query.tree import Attribute
from schemas.watchlist import Watchlist

SIZE = 2_000
"""Entries of one part."""


class Patterns(msgspec.Struct, frozen=True, tag="patterns", array_like=True):
    """Further patterns, numbered on, each with the queries it anchors."""

    patterns: list[str]
    queries: list[Numbers]


class List(msgspec.Struct, frozen=True, tag="list", array_like=True):
    """The next list. Its queries are numbered on, and so are its concepts."""

    watchlist: Watchlist


class ConceptForms(msgspec.Struct, frozen=True, tag="forms", array_like=True):
    """Forms of a concept: which pattern announces which form, by their numbers; and the queries the concept anchors."""

    concept: int
    patterns: list[int]
    aliases: list[int]
    queries: list[int]


class End(msgspec.Struct, frozen=True, tag="end", array_like=True):
    """What the automaton over all patterns is quickly made from, or nothing; and the queries without an anchor."""

    automaton: bytes
    always: list[int]


Part = Patterns | List | ConceptForms | End


def assembled(parts: Iterable[Part]) -> Matcher:
    """The matcher of a whole stream of parts. Raises `ValueError` when the stream has no end."""
    patterns: list[str] = []
    queries: list[CompiledQuery] = []
    concepts: list[Forms] = []
    anchors = Anchors()
    for part in parts:
        if isinstance(part, Patterns):
            patterns += part.patterns
            both = zip(part.patterns, part.queries, strict=True)
            anchors.queries.update((pattern, numbers) for pattern, numbers in both if numbers != ())
        elif isinstance(part, List):
            owner = _compiled(part.watchlist)
            concepts += owner.concepts.values()
            queries += [CompiledQuery(owner, name) for name in part.watchlist.queries]
        elif isinstance(part, ConceptForms):
            forms = concepts[part.concept]
            found = [patterns[number] for number in part.patterns]
            forms.add(zip(found, map(forms.concept.any.__getitem__, part.aliases), strict=True))
            if part.queries:
                anchors.of_concept[part.concept] = several(part.queries)
                for pattern in found:
                    known = anchors.concepts.setdefault(pattern, part.concept)
                    if part.concept not in every(known):
                        anchors.concepts[pattern] = (*every(known), part.concept)
        else:
            anchors.always = part.always
            return Matcher(queries, Terms(patterns, part.automaton), anchors)
    message = "the compiled lists end early"
    raise ValueError(message)


def _compiled(watchlist: Watchlist) -> CompiledList:
    return CompiledList(
        watchlist,
        {concept.name: Forms(concept) for concept in watchlist.concepts},
        tuple(Attribute(f"languages: {tag}", "lang", tag) for tag in watchlist.languages),
        tuple(Attribute(f"sources: {name}", "source", name) for name in watchlist.sources),
    )
