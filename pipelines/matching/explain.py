"""Why a document matches a query, clause by clause, and why not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pipelines.matching.document import Document
from pipelines.matching.evaluate import Evaluation, Occurrence, attribute_holds
from pipelines.matching.match import CompiledList, CompiledQuery, Matcher
from pipelines.matching.reading import ANYWHERE, IN_FIELD, Reading
from pipelines.matching.spans import flat, span, spans
from schemas.hit import Span
from schemas.item import FIELDS
from schemas.query.tree import And, Attribute, ConceptName, Everything, InField, Near, Node, Not, Or, Term


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a query, whether it holds, where (the first place, empty and null without one), and why."""

    expression: str
    matched: bool
    surface: str = ""
    start: int | None = None
    end: int | None = None
    field: str = ""
    reason: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One query against one document. `reason` says in one line why it does not match; empty when it does."""

    watchlist: str
    query: str
    matched: bool
    spans: tuple[Span, ...] = ()
    clauses: tuple[Clause, ...]
    reason: str = ""


def explain(matcher: Matcher, document: Document) -> tuple[Explanation, ...]:
    """One explanation for every query of every list, in the order of the lists.

    `matched` and `spans` are what `Matcher.match` says.
    """
    reading = Reading(document, matcher.terms)
    return tuple(_explanation(query, reading) for query in matcher.queries)


def _explanation(query: CompiledQuery, reading: Reading) -> Explanation:
    owner = query.owner
    outcome_of = _Explainer(reading, owner)
    outcome = outcome_of.evaluation.outcome(query.tree)
    limits = tuple(_limits(owner, reading))
    refused = next((clause for clause in limits if not clause.matched), None)
    matched = outcome.holds and refused is None
    reason = ""
    if not matched:
        reason = (
            outcome_of.blame(query.tree, ANYWHERE)
            if not outcome.holds
            else f"{refused.expression}: {refused.reason}"
            if refused
            else ""
        )
    return Explanation(
        watchlist=owner.watchlist.id,
        query=query.name,
        matched=matched,
        spans=spans(outcome.occurrences, reading) if matched else (),
        clauses=(*outcome_of.clauses(query.tree, ANYWHERE), *limits),
        reason=reason,
    )


def _limits(owner: CompiledList, reading: Reading) -> Iterator[Clause]:
    document = reading.document
    if owner.languages:
        tags = ", ".join(owner.watchlist.languages)
        unknown = document.language == "und" and document.macro == "und"
        matched = unknown or any(attribute_holds(one, reading) for one in owner.languages)
        reason = "the language is not known, which passes" if unknown else f"the language is {document.language}"
        yield Clause(expression=f"languages: {tags}", matched=matched, reason=reason)
    if owner.sources:
        names = ", ".join(owner.watchlist.sources)
        matched = any(attribute_holds(one, reading) for one in owner.sources)
        yield Clause(expression=f"sources: {names}", matched=matched, reason=_known("source", document))


class _Explainer:
    def __init__(self, reading: Reading, owner: CompiledList) -> None:
        self.reading = reading
        self.owner = owner
        self.evaluation = Evaluation(reading, owner.concepts)

    def clauses(self, node: Node, scope: frozenset[int]) -> Iterator[Clause]:
        """The clauses of `node`, outer before inner; AND and OR are told by their parts."""
        if isinstance(node, And | Or):
            for part in node.nodes:
                yield from self.clauses(part, scope)
            return
        yield self.clause(node, scope)
        if isinstance(node, Not | InField):
            inner = scope & IN_FIELD[node.field] if isinstance(node, InField) else scope
            yield from self.clauses(node.node, inner)
        elif isinstance(node, Near):
            yield from self.clauses(node.left, scope)
            yield from self.clauses(node.right, scope)
        elif isinstance(node, ConceptName):
            yield from self.guards(node, scope)

    def clause(self, node: Node, scope: frozenset[int]) -> Clause:
        outcome = self.evaluation.outcome(node, scope)
        reason = self.holds_because(node, scope) if outcome.holds else self.blame(node, scope)
        places = outcome.occurrences
        if isinstance(node, Not) and not outcome.holds:
            # What stands in the text although the query forbids it.
            places = self.evaluation.outcome(node.node, scope).occurrences
        return self.told(node.written, outcome.holds, places, reason)

    def told(self, expression: str, matched: bool, places: tuple[Occurrence, ...], reason: str) -> Clause:  # noqa: FBT001
        if not places:
            return Clause(expression=expression, matched=matched, reason=reason)
        first = span(min(flat(places), key=lambda place: (place.field, place.start, -place.end)), self.reading)
        if first.lookalike:
            reason += f"; {first.text!r} mixes letters of two scripts that look alike"
        return Clause(
            expression=expression,
            matched=matched,
            surface=first.text,
            start=first.start,
            end=first.end,
            field=first.field,
            reason=reason,
        )

    def guards(self, node: ConceptName, scope: frozenset[int]) -> Iterator[Clause]:
        """One clause for each guard that suppressed a form of the concept."""
        forms = self.owner.concepts[node.name]
        guarded = self.evaluation.guarded(forms)
        told: set[str] = set()
        for place, refused in self.evaluation.candidates(forms):
            guard = guarded.around(place)
            if guard is None or refused or place.field not in scope or guard.alias in told:
                continue
            told.add(guard.alias)
            said = self.reading.surface(place.field, place.start, place.end)
            yield self.told(f"unless_in: {guard.alias}", True, (guard,), f"suppresses {said!r} of {node.name}")

    def holds_because(self, node: Node, scope: frozenset[int]) -> str:
        if isinstance(node, ConceptName):
            found = [place for place in self.evaluation.concept(node.name) if place.field in scope]
            aliases = list(dict.fromkeys(place.alias for place in found))
            return f"by {', '.join(map(repr, aliases[:5]))}{' and others' if len(aliases) > 5 else ''}"  # noqa: PLR2004
        if isinstance(node, Term):
            count = len(self.evaluation.places(node, scope))
            return "occurs once" if count == 1 else f"occurs {count} times"
        if isinstance(node, Near):
            return f"at most {node.distance} words between"
        if isinstance(node, InField):
            return f"within {node.field}"
        if isinstance(node, Attribute):
            return _known(node.name, self.reading.document)
        if isinstance(node, Not):
            return self.blame(node.node, scope)
        return "every article" if isinstance(node, Everything) else ""

    def blame(self, node: Node, scope: frozenset[int]) -> str:
        """Why `node` does not hold: the nearest part that fails."""
        if isinstance(node, And):
            return next(
                self.blame(part, scope) for part in node.nodes if not self.evaluation.outcome(part, scope).holds
            )
        if isinstance(node, Or):
            # The alternative of which most is there already is the one its author will ask about.
            closest = max(node.nodes, key=lambda part: self.progress(part, scope))
            if self.progress(closest, scope):
                return self.blame(closest, scope)
            return f"none of the {len(node.nodes)} alternatives holds: {node.written}"
        if isinstance(node, Not):
            return f"{node.node.written!r} holds, which {node.written!r} refuses"
        if isinstance(node, InField):
            reason = self.blame(node.node, scope & IN_FIELD[node.field])
            elsewhere = self.evaluation.outcome(node.node, scope).holds
            return f"{node.node.written!r} is there, but not in {node.field}" if elsewhere else reason
        if isinstance(node, Near):
            return self.blame_near(node, scope)
        if isinstance(node, Attribute):
            return f"{node.written!r} is asked for; {_known(node.name, self.reading.document)}"
        if isinstance(node, ConceptName):
            return self.blame_concept(node, scope)
        return self.blame_term(node, scope) if isinstance(node, Term) else ""

    def progress(self, node: Node, scope: frozenset[int]) -> int:
        """How much of a node that does not hold is there all the same."""
        if isinstance(node, And):
            return sum(self.evaluation.outcome(part, scope).holds and not isinstance(part, Not) for part in node.nodes)
        if isinstance(node, Near):
            return sum(bool(self.evaluation.occurrences(side, scope)) for side in (node.left, node.right))
        if isinstance(node, InField):
            return int(self.evaluation.outcome(node.node, scope).holds)
        if isinstance(node, ConceptName):
            return int(bool(self.evaluation.candidates(self.owner.concepts[node.name])))
        return 0

    def blame_concept(self, node: ConceptName, scope: frozenset[int]) -> str:
        forms = self.owner.concepts[node.name]
        guarded = self.evaluation.guarded(forms)
        for place, refused in self.evaluation.candidates(forms):
            said = self.reading.surface(place.field, place.start, place.end)
            if place.field not in scope:
                return f"{said!r} of {node.name} stands in {FIELDS[place.field]} only"
            if refused:
                return f"{refused}, which the concept {node.name} needs ({forms.concept.case})"
            if (guard := guarded.around(place)) is not None:
                return f"{said!r} of {node.name} stands inside the guard {guard.alias!r}"
        count = len(set(forms.concept.any))
        if count == 1:
            return f"the one form of {node.name} does not occur"
        return f"none of the {count} forms of {node.name} occurs"

    def blame_near(self, node: Near, scope: frozenset[int]) -> str:
        left = self.evaluation.occurrences(node.left, scope)
        right = self.evaluation.occurrences(node.right, scope)
        for side, places in ((node.left, left), (node.right, right)):
            if not places:
                return self.blame(side, scope)
        gaps = [
            (max(two.start - one.end, one.start - two.end), two.start >= one.end)
            for one in left[:200]
            for two in right[:200]
            if one.field == two.field and (two.start >= one.end or two.end <= one.start)
        ]
        if not gaps and {one.field for one in left} & {two.field for two in right}:
            return f"{node.left.written!r} and {node.right.written!r} stand in the same place only"
        if not gaps:
            return f"{node.left.written!r} and {node.right.written!r} do not stand in one field"
        gap, in_order = min(gaps, key=lambda one: (one[0], not one[1]))
        if gap <= node.distance and not in_order:
            return f"{node.right.written!r} stands before {node.left.written!r}, ONEAR asks for the other order"
        return f"{node.left.written!r} and {node.right.written!r} are {gap} words apart, {node.distance} are allowed"

    def blame_term(self, node: Term, scope: frozenset[int]) -> str:
        reading = self.reading
        for field in sorted(scope):
            for start, end in reading.places[field].get(node.pattern, ()):
                return f"written {reading.surface(field, start, end)!r} here, not {node.written}"
        if node.pattern in reading.patterns:
            return f"{node.written!r} stands in another field"
        parts = node.pattern.split()
        words = {word for field in scope for word in reading.texts[field].words}
        missing = [
            part
            for part in parts
            if not (any(word.startswith(part[:-1]) for word in words) if part.endswith("*") else part in words)
        ]
        if len(parts) == 1 or len(missing) == len(parts):
            return f"{node.written!r} does not occur"
        if missing:
            return f"of {node.written!r} {', '.join(map(repr, missing))} does not occur"
        return f"the words of {node.written!r} occur, but not next to each other"


def _known(name: str, document: Document) -> str:
    if name == "lang":
        macro = f" (of {document.macro})" if document.macro not in {"und", document.language} else ""
        return f"the language is {document.language}{macro}"
    if name == "source":
        return f"the source is {document.source or document.feed_url or 'not known'}"
    if name == "country":
        return f"the country is {document.country or 'not known'}"
    return f"the authors are {', '.join(document.authors) or 'not known'}"
