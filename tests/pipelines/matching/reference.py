"""A slow and obvious matcher: every node at every place of every field, by loops. What `Matcher` must agree with.

It shares the fold and the parser with the real one, and nothing else: no trie, no anchors, no bisection, no memory.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.matching.document import Document
from schemas.hit import Span
from schemas.item import FIELDS
from schemas.query.fold import Tokens, clean, tokens
from schemas.query.lookalike import by_look
from schemas.query.parse import parse
from schemas.query.tree import And, Attribute, ConceptName, Everything, InField, Near, Node, Not, Or, Term
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Watchlist

SCOPES = {"title": {"title"}, "body": {"summary", "body"}}


class Place(NamedTuple):
    field: str
    start: int
    end: int
    concept: str
    alias: str
    leaves: tuple[Place, ...] = ()


class Reference:
    def __init__(self, watchlist: Watchlist, document: Document) -> None:
        self.watchlist = watchlist
        self.concepts = {concept.name: concept for concept in watchlist.concepts}
        self.texts: dict[str, Tokens] = {field: tokens(getattr(document, field)) for field in FIELDS}

    def match(self, query: str = "main") -> tuple[Span, ...] | None:
        """The spans of the query, or None when it does not hold."""
        tree = parse(self.watchlist.queries[query], self.concepts)
        scope = set(FIELDS)
        return self.spans(self.witnesses(tree, scope)) if self.holds(tree, scope) else None

    def holds(self, node: Node, scope: set[str]) -> bool:
        match node:
            case And():
                return all(self.holds(part, scope) for part in node.nodes)
            case Or():
                return any(self.holds(part, scope) for part in node.nodes)
            case Not():
                return not self.holds(node.node, scope)
            case InField():
                return self.holds(node.node, scope & SCOPES[node.field])
            case Everything():
                return True
            case Attribute():
                raise NotImplementedError
            case _:
                return bool(self.places(node, scope))

    def witnesses(self, node: Node, scope: set[str]) -> set[Place]:
        """Everything that makes a node that holds hold."""
        match node:
            case And() | Or():
                true = [part for part in node.nodes if self.holds(part, scope)]
                return {place for part in true for place in self.witnesses(part, scope)}
            case InField():
                return self.witnesses(node.node, scope & SCOPES[node.field])
            case Not() | Everything() | Attribute():
                return set()
            case _:
                return {leaf for place in self.places(node, scope) for leaf in place.leaves or (place,)}

    def places(self, node: Node, scope: set[str]) -> list[Place]:
        match node:
            case Term():
                return [place for field in sorted(scope) for place in self.term(node, field)]
            case ConceptName():
                return [place for place in self.concept(self.concepts[node.name]) if place.field in scope]
            case Or():
                return [place for part in node.nodes for place in self.places(part, scope)]
            case InField():
                return self.places(node.node, scope & SCOPES[node.field])
            case Near():
                return [
                    Place(
                        one.field,
                        min(one.start, two.start),
                        max(one.end, two.end),
                        "",
                        node.written,
                        (*(one.leaves or (one,)), *(two.leaves or (two,))),
                    )
                    for one in self.places(node.left, scope)
                    for two in self.places(node.right, scope)
                    if one.field == two.field and self.near(one, two, node)
                ]
            case _:
                raise TypeError(node)

    @staticmethod
    def near(one: Place, two: Place, node: Near) -> bool:
        if two.start >= one.end:
            return two.start - one.end <= node.distance
        if one.start >= two.end:
            return not node.ordered and one.start - two.end <= node.distance
        return False

    def term(self, node: Term, field: str) -> list[Place]:
        text = self.texts[field]
        readings = [text.words] if text.line_by_look is None else [text.words, text.line_by_look.split()]
        return sorted({place for words in readings for place in self.occurrences(node, field, words)})

    def occurrences(self, node: Term, field: str, words: list[str]) -> list[Place]:
        pattern = node.pattern.split()
        found = []
        for start in range(len(words) - len(pattern) + 1):
            pairs = list(zip(pattern, words[start : start + len(pattern)], strict=True))
            if not all(word.startswith(part[:-1]) if part.endswith("*") else word == part for part, word in pairs):
                continue
            end = start + len(pattern)
            if not node.exact or clean(self.texts[field].surface(start, end)) == node.exact:
                found.append(Place(field, start, end, "", node.written))
        return found

    def concept(self, concept: Concept) -> list[Place]:
        everywhere = set(FIELDS)
        guards = [place for guard in concept.unless_in for place in self.places(parse_alias(guard), everywhere)]
        found = []
        for alias in concept.any:
            for place in self.places(parse_alias(alias), everywhere):
                guarded = any(
                    guard.field == place.field and guard.start <= place.start and place.end <= guard.end
                    for guard in guards
                )
                if not guarded and self.case_is_right(concept.case, place):
                    found.append(Place(place.field, place.start, place.end, concept.name, alias))
        return found

    def case_is_right(self, case: str, place: Place) -> bool:
        return not case or (self.capital(place) if case == "initial-capital" else self.to_the_letter(place))

    def to_the_letter(self, place: Place) -> bool:
        """Every word is written as the alias writes it, those of a wildcard as far as it goes."""
        if place.leaves:
            return all(map(self.to_the_letter, place.leaves))
        written = tokens(place.alias)
        text = self.texts[place.field]
        for index in range(place.end - place.start):
            said = clean(text.surface(place.start + index, place.start + index + 1))
            word = clean(written.surface(index, index + 1))
            after = place.alias[written.span(index, index + 1)[1] :][:1]
            if not (said == word or (after == "*" and said.startswith(word))):
                return False
        return True

    def capital(self, place: Place) -> bool:
        """Words written with a capital in the alias have one in the text; when the alias has none, its first word."""
        if place.leaves:
            return all(map(self.capital, place.leaves))
        written = tokens(place.alias)
        text = self.texts[place.field]
        for index in range(place.end - place.start):
            said = text.surface(place.start + index, place.start + index + 1)
            asks = written.surface(index, index + 1)[0].isupper() or (index == 0 and place.alias.islower())
            if asks and said[0].islower():
                return False
        return True

    def spans(self, places: set[Place]) -> tuple[Span, ...]:
        places = {
            place
            for place in places
            if not any(
                other != place
                and (other.field, other.concept, other.alias) == (place.field, place.concept, place.alias)
                and place.start <= other.start
                and other.end <= place.end
                for other in places
            )
        }

        def order(place: Place) -> tuple[object, ...]:
            said = self.texts[place.field].surface(place.start, place.end)
            unlike = (said != place.alias, said.casefold() != place.alias.casefold())
            return (FIELDS.index(place.field), place.start, -place.end, place.concept, unlike, place.alias)

        kept: list[Place] = []
        for place in sorted(places, key=order):
            mention = (place.field, place.concept, place.concept or place.alias)
            overlaps = any(
                (other.field, other.concept, other.concept or other.alias) == mention and other.end > place.start
                for other in kept
            )
            if not overlaps:
                kept.append(place)
        return tuple(self.span(place) for place in kept)

    def span(self, place: Place) -> Span:
        start, end = self.texts[place.field].span(place.start, place.end)
        said = self.texts[place.field].text[start:end]
        return Span(place.field, start, end, said, place.concept, place.alias, by_look(said) is not None)
