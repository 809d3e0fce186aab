"""Watchlist files to checked watchlists: every fault of all files at once, each at its file, line and column."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import yaml

from connectors.interfaces import WatchlistFile
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.concepts import read_concepts
from pipelines.matching.document import Document
from pipelines.matching.format import ADDRESS, EXAMPLE_KEYS, FILE_KEYS, ID, LIST_KEYS, SEVERITIES, VERSION
from pipelines.matching.match import Matcher
from pipelines.matching.queries import read_queries
from pipelines.matching.yaml_tree import YamlFile, child, children
from schemas.errors import Problem, WatchlistError
from schemas.identity import digest
from schemas.query.fold import folded_text
from schemas.query.languages import is_language
from schemas.watchlist import Examples, Watchlist

_SHOWN = 80


class ReadList(msgspec.Struct, frozen=True):
    """A list with the place it was read from, for those who have more to say about it."""

    watchlist: Watchlist
    reader: YamlFile
    node: yaml.Node


def load_watchlists(files: Iterable[WatchlistFile]) -> tuple[Watchlist, ...]:
    """The lists of all files, in the order of files. Raises `WatchlistError` with every fault found."""
    return tuple(one.watchlist for one in read_watchlists(files))


def read_watchlists(files: Iterable[WatchlistFile]) -> tuple[ReadList, ...]:
    """The same, with their places."""
    found: list[ReadList] = []
    problems: list[Problem] = []
    for file in files:
        reader = YamlFile(file.name, file.text)
        lists = _lists(reader)
        problems.extend(sorted(reader.problems, key=lambda problem: (problem.line, problem.column)))
        found.extend(lists)
    seen: dict[str, str] = {}
    for one in found:
        identity, reader = one.watchlist.id, one.reader
        if identity in seen:
            reader.fault(child(one.node, "id"), f"the id {identity!r} is taken in {seen[identity]}")
            problems.append(reader.problems[-1])
        seen.setdefault(identity, reader.name)
    if problems:
        raise WatchlistError(tuple(problems))
    return tuple(found)


def _lists(reader: YamlFile) -> list[ReadList]:
    root = reader.root()
    if root is None:
        return []
    if isinstance(root, yaml.MappingNode) and child(root, "lists") is not root:
        top = reader.mapping(root, "the file", FILE_KEYS)
        nodes = reader.sequence(top.get("lists"), "`lists`")
        if not nodes and not reader.problems:
            reader.fault(top["lists"], "`lists` is empty", "a list needs at least `id` and `query`")
    else:
        top = reader.mapping(root, "the list", ("version", *LIST_KEYS))
        nodes = [root] if isinstance(root, yaml.MappingNode) else []
    version = top.get("version")
    if version is not None and version.value != VERSION:
        reader.fault(version, f"version {version.value!r} of the format is not known", f"this release reads {VERSION}")
    lists = ((_list(reader, node, top=node is root), node) for node in nodes)
    return [ReadList(watchlist, reader, node) for watchlist, node in lists if watchlist is not None]


def _list(reader: YamlFile, node: yaml.Node, *, top: bool) -> Watchlist | None:
    before = len(reader.problems)
    known = ("version", *LIST_KEYS) if top else LIST_KEYS
    # The keys of a list at top level have been checked with the file's.
    values = children(node) if top else reader.mapping(node, "the list", known)
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
    languages = _languages(reader, values.get("languages"))
    queries = read_queries(reader, node, values, concepts, languages)
    examples = _examples(reader, values.get("examples"))
    fields = {
        "id": identity,
        "name": reader.scalar(values["name"], "`name`") if "name" in values else identity,
        "severity": severity,
        "recipients": _recipients(reader, values.get("recipients")),
        "languages": languages,
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
