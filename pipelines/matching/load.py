"""Watchlist files to checked watchlists: every fault of all files at once, each at its file, line and column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import yaml

from connectors.interfaces import WatchlistFile
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.concepts import read_concepts
from pipelines.matching.document import Document
from pipelines.matching.format import ADDRESS, EXAMPLE_KEYS, FILE_KEYS, ID, LIST_KEYS, SEVERITIES, VERSION
from pipelines.matching.match import Matcher
from pipelines.matching.yaml_tree import YamlFile
from schemas.errors import Problem, QueryError, WatchlistError
from schemas.identity import digest
from schemas.query.fold import folded_text
from schemas.query.languages import is_language
from schemas.query.parse import parse
from schemas.watchlist import Examples, Watchlist

_SHOWN = 80


def load_watchlists(files: Iterable[WatchlistFile]) -> tuple[Watchlist, ...]:
    """The lists of all files, in the order of files. Raises `WatchlistError` with every fault found."""
    found: list[tuple[Watchlist, YamlFile, yaml.Node]] = []
    problems: list[Problem] = []
    for file in files:
        reader = YamlFile(file.name, file.text)
        lists = _lists(reader)
        problems.extend(sorted(reader.problems, key=lambda problem: (problem.line, problem.column)))
        found.extend((watchlist, reader, node) for watchlist, node in lists)
    seen: dict[str, YamlFile] = {}
    for watchlist, reader, node in found:
        if watchlist.id in seen:
            reader.fault(_value(node, "id"), f"the id {watchlist.id!r} is taken in {seen[watchlist.id].name}")
            problems.append(reader.problems[-1])
        seen.setdefault(watchlist.id, reader)
    if problems:
        raise WatchlistError(tuple(problems))
    return tuple(watchlist for watchlist, _, _ in found)


def _lists(reader: YamlFile) -> list[tuple[Watchlist, yaml.Node]]:
    root = reader.root()
    if root is None:
        return []
    if isinstance(root, yaml.MappingNode) and any(key.value == "lists" for key, _ in root.value):
        top = reader.mapping(root, "the file", FILE_KEYS)
        nodes = reader.sequence(top.get("lists"), "`lists`")
    else:
        top = reader.mapping(root, "the list", ("version", *LIST_KEYS))
        nodes = [root] if isinstance(root, yaml.MappingNode) else []
    version = top.get("version")
    if version is not None and version.value != VERSION:
        reader.fault(version, f"version {version.value!r} of the format is not known", f"this release reads {VERSION}")
    return [(watchlist, node) for node in nodes if (watchlist := _list(reader, node, top=node is root)) is not None]


def _list(reader: YamlFile, node: yaml.Node, *, top: bool) -> Watchlist | None:
    before = len(reader.problems)
    known = ("version", *LIST_KEYS) if top else LIST_KEYS
    # The keys of a list at top level have been checked with the file's.
    if top:
        values: Mapping[str, yaml.Node] = {key.value: value for key, value in node.value}
    else:
        values = reader.mapping(node, "the list", known)
    identity = reader.scalar(values["id"], "`id`") if "id" in values else ""
    if "id" not in values:
        reader.fault(node, "the list has no `id`")
    elif identity and not ID.match(identity):
        hint = "small letters, digits and single hyphens: kosovo-north"
        reader.fault(values["id"], f"{identity!r} cannot be an id", hint)
    severity = reader.scalar(values["severity"], "`severity`") if "severity" in values else "normal"
    if severity and severity not in SEVERITIES:
        reader.fault(values["severity"], f"unknown severity {severity!r}", f"one of {', '.join(SEVERITIES)}")
    concepts = read_concepts(reader, values.get("concepts"))
    queries = _queries(reader, node, values, [concept.name for concept in concepts])
    examples = _examples(reader, values.get("examples"))
    fields = {
        "id": identity,
        "name": reader.scalar(values["name"], "`name`") if "name" in values else identity,
        "severity": severity,
        "recipients": _recipients(reader, values.get("recipients")),
        "languages": _languages(reader, values.get("languages")),
        "sources": _sources(reader, values.get("sources")),
        "concepts": concepts,
        "queries": queries,
        "examples": examples,
    }
    if len(reader.problems) > before:
        return None
    watchlist = msgspec.convert(fields, Watchlist, from_attributes=True)
    watchlist = msgspec.structs.replace(
        watchlist, file=reader.name, content_hash=digest("watchlist", msgspec.json.encode(watchlist).decode())
    )
    _check_examples(reader, values.get("examples"), watchlist)
    return None if len(reader.problems) > before else watchlist


def _queries(reader: YamlFile, node: yaml.Node, values: Mapping[str, yaml.Node], concepts: list[str]) -> dict[str, str]:
    if ("query" in values) == ("queries" in values):
        both = "query" in values
        reader.fault(node, "the list has both `query` and `queries`" if both else "the list has no `query`")
        return {}
    if "query" in values:
        named: Mapping[str, yaml.Node] = {"main": values["query"]}
    else:
        named = reader.mapping(values["queries"], "`queries`")
        if isinstance(values["queries"], yaml.MappingNode) and not named:
            reader.fault(values["queries"], "`queries` is empty")
    queries: dict[str, str] = {}
    for name, value in named.items():
        expression = reader.scalar(value, f"the query {name!r}")
        if not ID.match(name):
            reader.fault(value, f"{name!r} cannot name a query", "small letters, digits and single hyphens")
        if not expression:
            continue
        queries[name] = expression
        try:
            parse(expression, concepts, origin=reader.origin(value), bounded=True)
        except QueryError as error:
            reader.problems.extend(error.problems)
    return queries


def _recipients(reader: YamlFile, node: yaml.Node | None) -> tuple[str, ...]:
    found = reader.texts(node, "`recipients`")
    for address, item in found:
        if not ADDRESS.match(address):
            reader.fault(item, f"{address!r} is no mail address", "the bare address, without a name: desk@example.org")
    return tuple(dict.fromkeys(address for address, _ in found))


def _languages(reader: YamlFile, node: yaml.Node | None) -> tuple[str, ...]:
    found = reader.texts(node, "`languages`")
    for tag, item in found:
        if not is_language(tag):
            reader.fault(item, f"{tag!r} is not a language tag", "such as sr, sr-Latn, or =sr for exactly Serbian")
    return tuple(dict.fromkeys(tag for tag, _ in found))


def _sources(reader: YamlFile, node: yaml.Node | None) -> tuple[str, ...]:
    found = reader.texts(node, "`sources`")
    for name, item in found:
        if not folded_text(name):
            reader.fault(item, f"{name!r} has no letter or digit")
    return tuple(dict.fromkeys(name for name, _ in found))


def _examples(reader: YamlFile, node: yaml.Node | None) -> Examples:
    if node is None:
        return Examples()
    values = reader.mapping(node, "`examples`", EXAMPLE_KEYS)
    return Examples(
        match=tuple(text for text, _ in reader.texts(values.get("match"), "`match`")),
        no_match=tuple(text for text, _ in reader.texts(values.get("no_match"), "`no_match`")),
    )


def _check_examples(reader: YamlFile, node: yaml.Node | None, watchlist: Watchlist) -> None:
    """Every example, given as title and as body, of unknown language and source, must do what it says."""
    if node is None:
        return
    matcher = compile_watchlists((_without_sources(watchlist),))
    values = reader.mapping(node, "`examples`")
    for text, item in reader.texts(values.get("match"), "`match`"):
        if not _matched(matcher, text):
            hint = f"`wirewatch watch explain --text …` says why; queries: {', '.join(watchlist.queries)}"
            reader.fault(item, f"the example {_short(text)} does not match", hint)
    for text, item in reader.texts(values.get("no_match"), "`no_match`"):
        for query, alias, said in _matched(matcher, text):
            reader.fault(item, f"the example {_short(text)} matches {query!r} by {said!r} ({alias})")


def _without_sources(watchlist: Watchlist) -> Watchlist:
    """The list without `sources`: an example has none."""
    return msgspec.structs.replace(watchlist, sources=())


def _matched(matcher: Matcher, text: str) -> list[tuple[str, str, str]]:
    found: dict[str, tuple[str, str, str]] = {}
    for document in (Document(body=text), Document(title=text)):
        for match in matcher.match(document):
            first = match.spans[0] if match.spans else None
            alias = f"{first.concept or 'term'}: {first.alias}" if first else "no words needed"
            found.setdefault(match.query, (match.query, alias, first.text if first else ""))
    return list(found.values())


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _value(node: yaml.Node, name: str) -> yaml.Node:
    return next((value for key, value in node.value if key.value == name), node)
