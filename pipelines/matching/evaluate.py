"""Whether a query holds for a document, and by which places: the meaning of every node of the tree.

Nodes that stand somewhere in the text (terms, concepts, NEAR, fields and OR of these) have occurrences; a query holds
by the occurrences of all its parts that made it true. Occurrences are token ranges, so distances and guards are
comparisons of integers; offsets into the text are worked out last, for what is reported.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from pipelines.matching.forms import Form, Forms
from pipelines.matching.reading import ANYWHERE, IN_FIELD, Reading
from schemas.query.fold import clean, folded_text, tokens
from schemas.query.languages import language_matches
from schemas.query.tree import And, Attribute, ConceptName, Everything, InField, Near, Node, Not, Or, Term

MOST_PLACES = 2_000
"""Places of one node that `NEAR` inside `NEAR` looks at: text made to have more is no news."""


class Occurrence(NamedTuple):
    """Tokens `start` up to `end` of text field `field`; `parts` are the operands' places when it is a `NEAR`."""

    field: int
    start: int
    end: int
    concept: str
    alias: str
    parts: tuple[Occurrence, ...] = ()


class Outcome(NamedTuple):
    """Whether a node holds, and the occurrences that made it true."""

    holds: bool
    occurrences: tuple[Occurrence, ...] = ()


FALSE = Outcome(False)
TRUE = Outcome(True)


class Evaluation:
    """The trees of one list against one reading; what concepts have been found to be is remembered."""

    def __init__(self, reading: Reading, concepts: Mapping[str, Forms]) -> None:
        self.reading = reading
        self.concepts = concepts
        self._found: dict[str, tuple[Occurrence, ...]] = {}

    def outcome(self, node: Node, scope: frozenset[int] = ANYWHERE) -> Outcome:
        """Whether `node` holds within the text fields in `scope`."""
        if isinstance(node, Term):
            if node.pattern not in self.reading.patterns:
                return FALSE
        elif isinstance(node, And):
            return self._all(node, scope)
        elif isinstance(node, Or):
            return self._any(node, scope)
        elif isinstance(node, Not):
            return FALSE if self.outcome(node.node, scope).holds else TRUE
        elif isinstance(node, InField):
            return self.outcome(node.node, scope & IN_FIELD[node.field])
        elif isinstance(node, Attribute):
            return TRUE if attribute_holds(node, self.reading) else FALSE
        elif isinstance(node, Everything):
            return TRUE
        elif isinstance(node, Near):
            left, right = self.occurrences(node.left, scope), self.occurrences(node.right, scope)
            near = beside(left, right, node.distance, ordered=node.ordered)
            return Outcome(bool(near), near)
        occurrences = self.occurrences(node, scope)
        return Outcome(bool(occurrences), occurrences)

    def _all(self, node: And, scope: frozenset[int]) -> Outcome:
        places: list[Occurrence] = []
        for part in node.nodes:
            outcome = self.outcome(part, scope)
            if not outcome.holds:
                return FALSE
            places.extend(outcome.occurrences)
        return Outcome(True, tuple(places))

    def _any(self, node: Or, scope: frozenset[int]) -> Outcome:
        outcomes = [self.outcome(part, scope) for part in node.nodes]
        return Outcome(
            any(outcome.holds for outcome in outcomes),
            tuple(place for outcome in outcomes if outcome.holds for place in outcome.occurrences),
        )

    def occurrences(self, node: Node, scope: frozenset[int] = ANYWHERE) -> tuple[Occurrence, ...]:
        """Where a positional node stands, in reading order within each alternative."""
        if isinstance(node, Term):
            return self.places(node, scope)
        if isinstance(node, ConceptName):
            return tuple(place for place in self.concept(node.name) if place.field in scope)
        if isinstance(node, Near):
            return self.near(node, scope)
        if isinstance(node, Or):
            return tuple(place for part in node.nodes for place in self.occurrences(part, scope))
        if isinstance(node, InField):
            return self.occurrences(node.node, scope & IN_FIELD[node.field])
        message = f"{node.written!r} stands nowhere in the text"
        raise TypeError(message)

    def places(self, term: Term, scope: frozenset[int] = ANYWHERE) -> tuple[Occurrence, ...]:
        """Where a term stands."""
        reading = self.reading
        if term.pattern not in reading.patterns:
            return ()
        return tuple(
            Occurrence(field, start, end, "", term.written)
            for field in sorted(scope)
            for start, end in reading.places[field].get(term.pattern, ())
            if not term.exact or reading.says_exactly(field, start, end, term.exact)
        )

    def near(self, node: Near, scope: frozenset[int]) -> tuple[Occurrence, ...]:
        """The pairs of a `NEAR` that is an operand itself: each stands where its sides and the text between stand."""
        left = self.occurrences(node.left, scope)
        right = self.occurrences(node.right, scope)
        found = islice(pairs(left[:MOST_PLACES], right[:MOST_PLACES], node.distance, ordered=node.ordered), MOST_PLACES)
        return tuple(
            Occurrence(one.field, min(one.start, two.start), max(one.end, two.end), "", node.written, (one, two))
            for one, two in found
        )

    def concept(self, name: str) -> tuple[Occurrence, ...]:
        """Where a concept stands anywhere, guards applied."""
        if name not in self._found:
            forms = self.concepts[name]
            guarded = self.guarded(forms)
            self._found[name] = tuple(
                place for place, reason in self.candidates(forms) if not reason and guarded.around(place) is None
            )
        return self._found[name]

    def candidates(self, forms: Forms) -> list[tuple[Occurrence, str]]:
        """Where forms of a concept stand, guards not applied; with the reason why not, where its `case` refuses one."""
        found: list[tuple[Occurrence, str]] = []
        # By what was found, not by what was looked for: a concept may have a hundred thousand forms.
        for pattern in sorted(self.reading.patterns):
            for form in forms.announced(pattern):
                for place in self.occurrences(form.node):
                    whole = Occurrence(place.field, place.start, place.end, forms.concept.name, form.alias)
                    found.append((whole, self.wrong_case(form, place, forms.concept.case)))
        return found

    def wrong_case(self, form: Form, place: Occurrence, case: str) -> str:
        """Why the concept's `case` does not accept a place; empty when it does."""
        if not case:
            return ""
        if place.parts:
            return next(filter(None, (self.wrong_case(form, part, case) for part in place.parts)), "")
        for index, (word, prefix) in enumerate(written_words(place.alias)):
            start, end = self.reading.span(place.field, place.start + index, place.start + index + 1)
            said = clean(self.reading.texts[place.field].text[start:end])
            if case == "exact":
                if said != word and not (prefix and said.startswith(word)):
                    return f"{said!r} is not written {word!r}"
            elif said[:1].islower() and (word[:1].isupper() or (index == 0 and place.alias.islower())):
                return f"{said!r} has no initial capital"
        return ""

    def guarded(self, forms: Forms) -> Guarded:
        """Where the guards of a concept stand."""
        return Guarded(
            place._replace(alias=guard.alias) for guard in forms.guards for place in self.occurrences(guard.node)
        )


@lru_cache(maxsize=65_536)
def written_words(alias: str) -> tuple[tuple[str, bool], ...]:
    """The words of an alias as its author wrote them, and whether each is a prefix."""
    words = tokens(alias)
    spans = [words.span(index, index + 1) for index in range(len(words))]
    return tuple((clean(alias[start:end]), alias[end : end + 1] == "*") for start, end in spans)


def pairs(
    left: Sequence[Occurrence], right: Sequence[Occurrence], distance: int, *, ordered: bool
) -> Iterator[tuple[Occurrence, Occurrence]]:
    """Every pair in one field that does not overlap and has at most `distance` tokens between its two sides."""
    rights = sorted(right, key=lambda place: (place.field, place.start))
    keys = [(place.field, place.start) for place in rights]
    longest = max((place.end - place.start for place in rights), default=0)
    for one in left:
        # Anything that ends near enough before `one` begins at most its own length earlier.
        low = one.end if ordered else one.start - distance - longest
        for two in rights[bisect_left(keys, (one.field, low)) : bisect_right(keys, (one.field, one.end + distance))]:
            after = 0 <= two.start - one.end <= distance
            before = not ordered and 0 <= one.start - two.end <= distance
            if after or before:
                yield one, two


def beside(
    left: Sequence[Occurrence], right: Sequence[Occurrence], distance: int, *, ordered: bool
) -> tuple[Occurrence, ...]:
    """All that takes part in at least one of `pairs`, found without making the pairs."""
    follows = _followed(left, right, distance)
    precedes = _preceded(right, left, distance)
    if not ordered:
        follows += _preceded(left, right, distance)
        precedes += _followed(right, left, distance)
    return tuple(dict.fromkeys(follows + precedes))


def _followed(places: Sequence[Occurrence], others: Sequence[Occurrence], distance: int) -> list[Occurrence]:
    starts = sorted({(other.field, other.start) for other in others})
    kept = []
    for place in places:
        index = bisect_left(starts, (place.field, place.end))
        if index < len(starts) and starts[index][0] == place.field and starts[index][1] - place.end <= distance:
            kept.append(place)
    return kept


def _preceded(places: Sequence[Occurrence], others: Sequence[Occurrence], distance: int) -> list[Occurrence]:
    ends = sorted({(other.field, other.end) for other in others})
    kept = []
    for place in places:
        index = bisect_right(ends, (place.field, place.start)) - 1
        if index >= 0 and ends[index][0] == place.field and place.start - ends[index][1] <= distance:
            kept.append(place)
    return kept


def attribute_holds(wanted: Attribute, reading: Reading) -> bool:
    """Whether what is known about the document is what `wanted` asks for; names compare folded, `*` ends a prefix.

    A source is the outlet's name, or the host of feed or article (`example.org` is also `news.example.org`); an author
    is any whole words of an author's name.
    """
    document = reading.document
    if wanted.name == "lang":
        return language_matches(wanted.value, document.language, document.macro, document.script)
    value = folded_text(wanted.value)
    prefix = wanted.value.endswith("*")
    if wanted.name == "author":
        return any(f" {value}{'' if prefix else ' '}" in author for author in reading.author_texts)
    known = reading.source_names if wanted.name == "source" else {folded_text(document.country)}
    return value in known or (prefix and any(name.startswith(value) for name in known))


class Guarded:
    """Places of guards, kept so that a text full of them is asked about in no time."""

    def __init__(self, guards: Iterable[Occurrence]) -> None:
        self._starts: list[tuple[int, int]] = []
        self._farthest: list[Occurrence] = []
        for guard in sorted(guards, key=lambda place: (place.field, place.start)):
            self._starts.append((guard.field, guard.start))
            before = self._farthest[-1] if self._farthest else guard
            reaches = before.field == guard.field and before.end >= guard.end
            self._farthest.append(before if reaches else guard)

    def around(self, place: Occurrence) -> Occurrence | None:
        """A guard that holds all of `place`: of those that begin no later, the one that reaches farthest."""
        index = bisect_right(self._starts, (place.field, place.start)) - 1
        guard = self._farthest[index] if index >= 0 else None
        return guard if guard is not None and guard.field == place.field and place.end <= guard.end else None
