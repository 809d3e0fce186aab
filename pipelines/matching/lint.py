"""What is probably not meant in a list that loads, and what it may lack: warnings and suggestions, at their places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import yaml

from pipelines.matching.concepts import entries
from pipelines.matching.guards import pointless
from pipelines.matching.inflection.rules import class_of
from pipelines.matching.load import ReadList
from pipelines.matching.queries import always_of, pattern_of, place_of
from pipelines.matching.suggest import Missing, missing
from pipelines.matching.yaml_tree import child, children
from schemas.errors import Problem
from schemas.query.atoms import covers
from schemas.query.fold import folded_text
from schemas.query.lexemes import FIELDS
from schemas.query.logic import flaws
from schemas.query.parse import parse
from schemas.query.tree import ConceptName, Node, Term, parts_of
from schemas.query.words import parse_alias
from schemas.watchlist import Concept

LONG_ENOUGH = 6
"""Letters before the `*` of a form that is one word, from which on it is not called wide."""
_FIELD = re.compile(rf"(?:{'|'.join(FIELDS)}):")
_QUESTION = re.compile(r"\w\?\w|\w\?$")
_SHOWN = 3
"""Suggestions of one kind for one concept."""
_MOST_WILDCARDS = 200
"""Wildcards of one concept that are compared with all its forms."""


def lint(lists: Iterable[ReadList]) -> Iterator[Problem]:
    """The remarks on lists that load, list by list, in the order of places."""
    for read in lists:
        nodes = children(child(read.node, "concepts"))
        forms = (one for concept in read.watchlist.concepts for one in _Forms(read, concept, nodes[concept.name]))
        remarks = [*_queries(read, nodes), *forms]
        yield from sorted(remarks, key=lambda problem: (problem.line, problem.column))


def _queries(read: ReadList, concepts: Mapping[str, yaml.Node]) -> Iterator[Problem]:
    watchlist = read.watchlist
    names = [concept.name for concept in watchlist.concepts]
    used: set[str] = set()
    forms = always_of(watchlist.concepts)
    named = children(child(read.node, "queries"))
    for name, expression in watchlist.queries.items():
        tree = parse(expression, names)
        used |= {part.name for part in parts_of(tree) if isinstance(part, ConceptName)}
        node = named.get(name) or child(read.node, "query")
        for flaw in flaws(tree, languages=watchlist.languages, forms=forms):
            at = place_of(flaw, expression)
            yield read.reader.remark(node, flaw.message, flaw.hint, level="warning", offset=at)
    for name in names:
        if name not in used:
            yield read.reader.remark(concepts[name], f"no query uses the concept {name!r}", level="warning")


class _Forms:
    """The remarks on the forms of one concept."""

    def __init__(self, read: ReadList, concept: Concept, node: yaml.Node) -> None:
        self.reader = read.reader
        self.concept = concept
        self.node = node
        self.places = dict(entries(child(self.node, "any")))
        self.inflected = {entry.written: entry for entry in concept.inflected}
        self.trees = {form: parse_alias(form) for form in concept.any}

    def __iter__(self) -> Iterator[Problem]:
        yield from self.strange()
        yield from self.guards()
        yield from self.wildcards()
        yield from self.repeated()
        yield from self.ordinary()
        yield from self.missing()

    def remark(self, node: yaml.Node, message: str, hint: str = "", level: str = "info") -> Problem:
        return self.reader.remark(node, message, hint, level=level)

    def plain(self) -> list[str]:
        return [entry for entry in self.places if entry not in self.inflected]

    def strange(self) -> Iterator[Problem]:
        """Signs that mean something in queries or elsewhere, but are no more than a space in a form."""
        for form in self.plain():
            if field := _FIELD.match(form):
                message = f"'{field[0]}' means nothing in a form, which is words alone"
                yield self.remark(self.places[form], message, "fields stand in queries: title:kosovo", "warning")
            elif _QUESTION.search(form):
                message = f"'?' in {form!r} is no wildcard"
                yield self.remark(self.places[form], message, "`*` at the end of a word is the only one", "warning")

    def guards(self) -> Iterator[Problem]:
        trees = {guard: parse_alias(guard) for guard in self.concept.unless_in}
        places = dict(entries(child(self.node, "unless_in")))
        for guard in pointless(self.trees, trees):
            if guard in places:
                hint = "a guard is a longer phrase with a form in it"
                message = f"the guard {guard!r} has no form of {self.concept.name} in it"
                yield self.remark(places[guard], message, hint, "warning")

    def wildcards(self) -> Iterator[Problem]:
        for form in self.plain():
            pattern = pattern_of(self.trees[form])
            if not pattern.endswith("*") or " " in pattern or len(pattern) > LONG_ENOUGH:
                continue
            start = form.rstrip("*")
            also = ""
            if class_of(start, "sr"):
                endings = ("ac", "ica", "ski") if start.isascii() else ("\u0430\u0446", "\u0438\u0446\u0430")
                also = f", {', '.join(start + ending for ending in endings)} among them"
            hint = "write the forms out, or give the stem: {stem: …, inflect: …}; --data counts what it finds"
            yield self.remark(self.places[form], f"{form!r} finds every word that begins so{also}", hint, "warning")

    def repeated(self) -> Iterator[Problem]:
        """Forms that another form finds anyway. With `case`, how each is written makes a difference."""
        if self.concept.case:
            return
        wide = [tree for tree in self.trees.values() if isinstance(tree, Term) and "*" in tree.pattern]
        seen = {folded_text(form): entry for entry, one in self.inflected.items() for form in one.forms}
        again: list[tuple[str, str]] = []
        for form in self.plain():
            pattern = pattern_of(self.trees[form])
            if not pattern:
                continue
            other = seen.get(pattern) or (_wider(pattern, wide) if len(wide) <= _MOST_WILDCARDS else "")
            if other:
                again.append((form, other))
            seen.setdefault(pattern, form)
        if again:
            form, other = again[0]
            if len(again) == 1:
                message = f"{form!r} is found by {other!r} anyway"
            else:
                message = f"{len(again)} forms of {self.concept.name} are found by others anyway: {form!r} by {other!r}"
            hint = "script, case and marks make no difference; keep such forms for the reader, or leave them out"
            yield self.remark(self.places[form], message, hint)

    def ordinary(self) -> Iterator[Problem]:
        """Names that are an adjective in small letters, where capitals make no difference."""
        if self.concept.case:
            return
        names = [form for form in self.plain() if form[:1].isupper() and _is_adjective(self.trees[form])]
        if names:
            message = f"{names[0].lower()!r} in small letters is an adjective in Serbian, Croatian and Bosnian"
            hint = "with `case: initial-capital` the small letters do not count"
            yield self.remark(self.places[names[0]], message, hint)

    def missing(self) -> Iterator[Problem]:
        by_kind: dict[str, list[Missing]] = {}
        for one in missing(self.concept.any, {entry.inflect for entry in self.concept.inflected}):
            if one.form in self.places:
                by_kind.setdefault(one.what, []).append(one)
        for what, found in by_kind.items():
            more = f"; likewise {len(found) - _SHOWN} forms more" if len(found) > _SHOWN else ""
            for one in found[:_SHOWN]:
                forms = ", ".join(one.forms)
                yield self.remark(self.places[one.form], f"{one.form!r} {what} {forms}", f"add {one.entry}{more}")


def _wider(pattern: str, wide: Iterable[Node]) -> str:
    words = pattern.split()
    for tree in wide:
        parts = tree.pattern.split() if isinstance(tree, Term) else []
        if tree.written and len(parts) == len(words) and pattern != " ".join(parts) and all(map(covers, parts, words)):
            return tree.written
    return ""


def _is_adjective(tree: Node) -> bool:
    pattern = pattern_of(tree)
    return " " not in pattern and pattern.endswith(("jska", "nska", "vska", "cka", "jske", "jskoj", "jsku"))
