"""The queries of one list as read from its file, and every fault in them: of writing, and of sense."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache

import yaml

from pipelines.matching.format import ID
from pipelines.matching.yaml_tree import YamlFile
from schemas.errors import QueryError
from schemas.query.atoms import everywhere, shape
from schemas.query.logic import Flaw, flaws
from schemas.query.parse import parse
from schemas.query.tree import Node, Term
from schemas.query.words import parse_alias
from schemas.watchlist import Concept


def read_queries(
    reader: YamlFile,
    node: yaml.Node,
    values: Mapping[str, yaml.Node],
    concepts: Sequence[Concept],
    languages: tuple[str, ...],
) -> dict[str, str]:
    """The expressions of a list by name. Faults are recorded with the reader.

    `values` are the list's keys, `node` the whole list.
    """
    names = [concept.name for concept in concepts]
    queries: dict[str, str] = {}
    seen: dict[Hashable, str] = {}
    forms = always_of(concepts)
    for name, value in named_queries(reader, node, values).items():
        expression = reader.scalar(value, f"the query {name!r}")
        if not ID.match(name):
            reader.fault(value, f"{name!r} cannot name a query", "small letters, digits and single hyphens")
        if not expression:
            continue
        queries[name] = expression
        try:
            tree = parse(expression, names, origin=reader.origin(value), bounded=True)
        except QueryError as error:
            reader.problems.extend(error.problems)
            continue
        said = shape(tree, everywhere())
        if said in seen:
            reader.fault(value, f"the query {name!r} is the same as {seen[said]!r}", "keep one of them")
        seen.setdefault(said, name)
        reader.problems.extend(
            reader.remark(value, flaw.message, flaw.hint, level="error", offset=place_of(flaw, expression))
            for flaw in flaws(tree, languages=languages, forms=forms)
            if flaw.fatal
        )
    return queries


def named_queries(reader: YamlFile, node: yaml.Node, values: Mapping[str, yaml.Node]) -> Mapping[str, yaml.Node]:
    """The nodes of the queries by name; without any, or with both keys, none and a fault."""
    if ("query" in values) == ("queries" in values):
        both = "query" in values
        reader.fault(node, "the list has both `query` and `queries`" if both else "the list has no `query`")
        return {}
    if "query" in values:
        return {"main": values["query"]}
    named = reader.mapping(values["queries"], "`queries`")
    if isinstance(values["queries"], yaml.MappingNode) and not named:
        reader.fault(values["queries"], "`queries` is empty", "wide: a OR b")
    return named


def place_of(flaw: Flaw, expression: str) -> int:
    """Where in an expression the part stands that a flaw is about."""
    written = flaw.node.written
    places = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(written)}(?!\w)", expression)]
    return (places or [max(expression.find(written), 0)])[-1 if flaw.last else 0]


def always_of(concepts: Sequence[Concept]) -> Callable[[str], frozenset[str]]:
    """For the name of a concept, the patterns that count as it wherever they stand."""
    by_name = {concept.name: concept for concept in concepts}

    @cache
    def patterns(name: str) -> frozenset[str]:
        concept = by_name[name]
        if concept.case or concept.unless_in:
            return frozenset()
        return frozenset(pattern for form in concept.any if (pattern := pattern_of(parse_alias(form))))

    return patterns


def pattern_of(node: Node) -> str:
    """The pattern of a form that is words alone and may be written in any case; else empty."""
    return node.pattern if isinstance(node, Term) and not node.exact else ""
