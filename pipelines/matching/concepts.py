"""The `concepts` of one list as read from its file: entries to written forms, and every fault in them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import yaml

from pipelines.matching.format import CASES, CONCEPT_KEYS, CONCEPT_NAME, INFLECT_KEYS, RESERVED
from pipelines.matching.guards import silenced
from pipelines.matching.inflection.rules import InflectionError, inflected
from pipelines.matching.yaml_tree import YamlFile, child
from schemas.errors import QueryError
from schemas.query.lexemes import FIELDS
from schemas.query.origin import MOST_FAULTS
from schemas.query.tree import Node
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Inflected


class _Entries(msgspec.Struct):
    """What one list of forms holds so far: forms in their order, and the entries that were inflected."""

    forms: dict[str, Node]
    plain: set[str]
    inflected: dict[str, Inflected]


def read_concepts(reader: YamlFile, node: yaml.Node | None) -> tuple[Concept, ...]:
    """The concepts under `concepts:`. Faults are recorded with the reader."""
    concepts: list[Concept] = []
    names: set[str] = set()
    for name, value in (reader.mapping(node, "`concepts`") if node is not None else {}).items():
        what = f"the concept {name!r}"
        if not CONCEPT_NAME.match(name) or name.casefold() in RESERVED or name in FIELDS:
            reader.fault(value, f"{name!r} cannot name a concept", "letters, digits, - and _; no operator, no field")
        elif name.casefold() in names:
            reader.fault(value, f"{name!r} is the name of two concepts: capitals make no difference")
        names.add(name.casefold())
        if not isinstance(value, yaml.MappingNode):
            reader.fault(value, f"{what} must be a mapping with `any`", f"{name}: {{any: [...]}}")
            continue
        concepts.append(_concept(reader, name, value, what))
    return tuple(concepts)


def _concept(reader: YamlFile, name: str, value: yaml.Node, what: str) -> Concept:
    keys = reader.mapping(value, what, CONCEPT_KEYS)
    found = _entries(reader, keys.get("any"), f"`any` of {what}")
    if not found.forms and not reader.problems:
        reader.fault(value, f"{what} has no forms", "list them under `any`")
    case = reader.scalar(keys["case"], "`case`") if "case" in keys else ""
    if case and case not in CASES:
        reader.fault(keys["case"], f"unknown case {case!r}", f"one of {', '.join(CASES)}")
    guards = _entries(reader, keys.get("unless_in"), f"`unless_in` of {what}")
    if guards.forms:
        # Of a stem, `unless_in` may strike out single forms; a form written out was meant to be found.
        places = dict(entries(keys.get("any")))
        plain = {form: tree for form, tree in found.forms.items() if form in found.plain}
        for form, guard in silenced(plain, guards.forms):
            hint = f"`unless_in` has {guard!r}, which refuses it everywhere"
            reader.fault(places[form], f"the form {form!r} can never count", hint)
    return Concept(
        name=name,
        any=tuple(found.forms),
        unless_in=tuple(guards.forms),
        case=case,
        inflected=(*found.inflected.values(), *guards.inflected.values()),
    )


def _entries(reader: YamlFile, node: yaml.Node | None, what: str) -> _Entries:
    found = _Entries({}, set(), {})
    for item in reader.sequence(node, what):
        if len(reader.problems) >= MOST_FAULTS or reader.exhausted:
            break
        if isinstance(item, yaml.MappingNode):
            entry = _inflected(reader, item, what)
            if entry is None:
                continue
            if entry.written in found.inflected:
                reader.fault(item, f"{entry.written} is twice in {what}")
            found.inflected[entry.written] = entry
            found.forms.update((form, parse_alias(form)) for form in entry.forms)
        elif alias := reader.scalar(item, f"each of {what}"):
            tree = _tree(alias, reader, item)
            if tree is None:
                continue
            if alias in found.plain:
                reader.fault(item, f"{alias!r} is twice in {what}")
            found.plain.add(alias)
            found.forms[alias] = tree
    return found


def _tree(alias: str, reader: YamlFile, item: yaml.Node) -> Node | None:
    try:
        return parse_alias(alias)
    except QueryError:
        # Parsed again with its place, which costs too much to work out for aliases without fault.
        try:
            return parse_alias(alias, origin=reader.origin(item))
        except QueryError as error:
            reader.problems.extend(error.problems)
    return None


def _inflected(reader: YamlFile, item: yaml.MappingNode, what: str) -> Inflected | None:
    before = len(reader.problems)
    if all(child(item, key) is item for key in INFLECT_KEYS):
        hint = 'a text with a colon, or in braces, needs quotes: "{NATO}"'
        reader.fault(item, f"an entry of {what} must be a text or {{stem: …, inflect: …}}", hint)
        return None
    keys = reader.mapping(item, f"an entry of {what}", INFLECT_KEYS)
    said = {key: reader.scalar(node, f"`{key}`") for key, node in keys.items()}
    for needed in ("stem", "inflect"):
        if needed not in keys and len(reader.problems) == before:
            reader.fault(item, f"an entry of {what} has no `{needed}`", "{stem: Kosov, inflect: sr}")
    if len(reader.problems) > before:
        return None
    stem, inflect = said["stem"], said["inflect"]
    kind, fleeting = said.get("class", ""), said.get("fleeting", "")
    try:
        forms = inflected(stem, inflect, kind, fleeting)
        for form in forms:
            parse_alias(form)
    except InflectionError as error:
        reader.fault(keys.get(error.key, item), str(error), error.hint)
        return None
    except QueryError as error:
        reader.fault(keys["stem"], error.problems[0].message, error.problems[0].hint)
        return None
    if not reader.count(item, len(forms)):
        return None
    return Inflected(stem=stem, inflect=inflect, kind=kind, fleeting=fleeting, forms=forms)


def entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """The text of each entry of a list of forms, as `Inflected.written` has it, with its node."""
    for item in node.value if isinstance(node, yaml.SequenceNode) else ():
        if isinstance(item, yaml.ScalarNode):
            yield item.value, item
        elif isinstance(item, yaml.MappingNode):
            said = {key.value: value.value for key, value in item.value if isinstance(key, yaml.ScalarNode)}
            entry = Inflected(
                stem=said.get("stem", ""),
                inflect=said.get("inflect", ""),
                kind=said.get("class", ""),
                fleeting=said.get("fleeting", ""),
                forms=(),
            )
            yield entry.written, item
