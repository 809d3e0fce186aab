"""What `wirewatch setup` does to an Elasticsearch: templates, and of each index one generation behind its alias.

It may run any number of times and changes only what differs. An index that is there gets new fields in place; what
cannot be changed in place (how text is analysed, the number of primary shards) takes a new generation: `reindex`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import elasticsearch
from elasticsearch import Elasticsearch

from connectors.index.client import connect, kind_of, reason_of, told
from connectors.index.copying import renew
from connectors.index.folded import stamp
from connectors.index.generations import create_generation, own_aliases, write_generation
from connectors.index.server import ElasticsearchServer
from connectors.interfaces import Change
from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import (
    KINDS,
    IndexTerms,
    alias_of,
    analysis_digest,
    components,
    generation_name,
    index_template,
    mapping_with_meta,
    settings,
)

REINDEX = "run `wirewatch setup --reindex`"


def set_up(server: ElasticsearchServer, terms: IndexTerms, *, only_look: bool = False) -> Sequence[Change]:
    """Put templates and first generations in place. Raises `StoreError`; what was done until then stays done.

    With `only_look` nothing is written: the changes are those that would be made.
    """
    client = connect(server)
    try:
        with told(server):
            changes = [
                *_put_templates(client, server.prefix, terms, only_look=only_look),
                *_put_indices(client, server, terms, only_look=only_look),
            ]
    finally:
        client.close()
    return changes


def reindex(
    server: ElasticsearchServer,
    terms: IndexTerms,
    *,
    every: bool = False,
    progress: Callable[[Kind, int], None] = lambda _kind, _copied: None,
) -> Sequence[Change]:
    """`set_up`, and a new generation of each index that is not as this release makes it, or of `every` one.

    Everything goes on meanwhile; see `connectors.index.copying` for how nothing is lost. Raises `StoreError`, and then
    the generation before is still the one in use. `progress` is told how many documents of an index are copied so far.
    """
    changes = [*set_up(server, terms)]
    client = connect(server)
    try:
        with told(server):
            for kind in KINDS:
                name = write_generation(client, server, kind)
                assert name is not None
                index = client.indices.get(index=name).body[name]
                if every or _what_stays(index, kind, terms) or _is_folded_otherwise(client, server, kind):
                    renewed = renew(client, server, kind, partial(progress, kind))
                    changes.append(
                        Change(f"index {renewed.name}", "created", f"{renewed.copied} documents from {name}")
                    )
    finally:
        client.close()
    return changes


def _is_folded_otherwise(client: Elasticsearch, server: ElasticsearchServer, kind: Kind) -> bool:
    """Whether some words are folded as another release folds."""
    if kind != "articles":
        return False
    stale = {"bool": {"must_not": [{"term": {"fold": stamp()}}]}}
    client.indices.refresh(index=server.alias(kind))
    return bool(client.count(index=server.alias(kind), query=stale)["count"])


def _put_templates(client: Elasticsearch, prefix: str, terms: IndexTerms, *, only_look: bool) -> list[Change]:
    changes = []
    for name, body in components(prefix).items():
        answer = client.options(ignore_status=404).cluster.get_component_template(name=name).body
        there = answer.get("component_templates", ())
        before = there[0]["component_template"] if there else None
        action = _action(before, body)
        if action != "unchanged" and not only_look:
            client.cluster.put_component_template(name=name, **_arguments(body))
        changes.append(Change(f"component template {name}", action, _versions(before, body)))
    for kind in KINDS:
        name, body = alias_of(prefix, kind), index_template(prefix, kind, terms)
        answer = client.options(ignore_status=404).indices.get_index_template(name=name).body
        there = answer.get("index_templates", ())
        before = there[0]["index_template"] if there else None
        action = _action(before, body)
        if action != "unchanged" and not only_look:
            client.indices.put_index_template(name=name, **_arguments(body))
        changes.append(Change(f"template {name}", action, _versions(before, body)))
    return changes


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a template as arguments of the client, which calls `_meta` `meta`."""
    return {name.removeprefix("_"): value for name, value in body.items()}


def _action(before: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Any:
    if before is None:
        return "created"
    return "unchanged" if _flat(before) == _flat(wanted) else "changed"


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Leaves by path, as text, because the server gives numbers of settings back as text. Dates of changes are left out."""
    if isinstance(value, Mapping):
        flat: dict[str, str] = {}
        for name, inner in value.items():
            if not (name.startswith(("created_date", "modified_date")) and not path):
                flat |= _flat(inner, f"{path}.{name}" if path else name)
        return flat
    if isinstance(value, list):
        return {path: repr([str(one) for one in value])}
    return {path: str(value).lower() if isinstance(value, bool) else str(value)}


def _versions(before: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    if before is None or before.get("version") == wanted["version"]:
        return ""
    return f"from version {before.get('version')} to {wanted['version']}"


def _put_indices(
    client: Elasticsearch, server: ElasticsearchServer, terms: IndexTerms, *, only_look: bool
) -> list[Change]:
    changes = []
    for kind in KINDS:
        name = write_generation(client, server, kind)
        if name is None:
            name = generation_name(server.prefix, kind, 1)
            if not only_look:
                _create_first(client, name, server.alias(kind))
            changes.append(Change(f"index {name}", "created", f"behind {server.alias(kind)}"))
        else:
            changes.append(_bring_forward(client, name, kind, terms, only_look=only_look))
    return changes


def _create_first(client: Elasticsearch, name: str, alias: str) -> None:
    try:
        create_generation(client, name, {alias: {"is_write_index": True}})
    except elasticsearch.BadRequestError as error:
        # Another setup, at the same time.
        if kind_of(error) != "resource_already_exists_exception" or not client.indices.exists_alias(name=alias):
            raise


def _bring_forward(client: Elasticsearch, name: str, kind: Kind, terms: IndexTerms, *, only_look: bool) -> Change:
    """Change in place what can be: new fields, copies, the refresh. What cannot is said."""
    done: list[str] = []
    index = client.indices.get(index=name).body[name]
    for alias, own in own_aliases(name).items():
        if alias not in index["aliases"]:
            if not only_look:
                client.indices.update_aliases(actions=[{"add": {"index": name, "alias": alias, **own}}])
            done.append(f"alias {alias} added")
    had, wanted = _fields_of(index["mappings"]), _fields_of(mapping_with_meta(kind))
    refused = ""
    if any(had.get(path) != value for path, value in wanted.items()):
        try:
            if not only_look:
                client.indices.put_mapping(index=name, properties=mapping_with_meta(kind)["properties"])
            done.append("fields added or changed")
        except elasticsearch.BadRequestError as error:
            refused = f" ({reason_of(error) or kind_of(error)})"
    settings_had = _flat(index["settings"]["index"])
    changed = {
        key: value
        for key, value in settings(kind, terms).items()
        if key != "number_of_shards" and settings_had.get(key) != value
    }
    if changed:
        if not only_look:
            client.indices.put_settings(index=name, settings=changed)
        done += [f"{key} from {settings_had.get(key, 'nothing')} to {value}" for key, value in changed.items()]
    if not only_look:
        index = client.indices.get(index=name).body[name]
    stays = _what_stays(index, kind, terms, unless_missing=only_look)
    action: Any = "changed" if done else "unchanged"
    if stays:
        done.append(f"not to be changed in place, {REINDEX}: {'; '.join(stays)}{refused}")
    return Change(f"index {name}", action, "; ".join(done))


def _what_stays(index: Mapping[str, Any], kind: Kind, terms: IndexTerms, *, unless_missing: bool = False) -> list[str]:
    """How an index differs from what this release makes, in what cannot be changed in place.

    `unless_missing`: fields it lacks, which could be added, do not count.
    """
    stays = []
    mapping = index["mappings"]
    if mapping.get("_meta", {}).get("analysis") != analysis_digest(kind):
        stays.append("how text is folded and stemmed")
    had, wanted = _fields_of(mapping), _fields_of(mapping_with_meta(kind))
    compared = had.keys() if unless_missing else had.keys() | wanted.keys()
    if others := sorted(path for path in compared if had.get(path) != wanted.get(path)):
        stays.append(f"fields of another kind: {', '.join(path.replace('.properties', '') for path in others[:5])}")
    shards = settings(kind, terms)["number_of_shards"]
    if (number := index["settings"]["index"]["number_of_shards"]) != shards:
        stays.append(f"{number} primary shards instead of {shards}")
    if _flat(index["settings"]["index"]).get("blocks.write") == "true":
        stays.append("it takes no writes: a new generation is being made, or that was not finished")
    return stays


def _fields_of(mapping: Mapping[str, Any]) -> dict[str, str]:
    flat = _flat(mapping.get("properties", {}), "properties")
    # The server leaves out that a field with fields of its own is an object.
    return {path: value for path, value in flat.items() if (path.rpartition(".")[2], value) != ("type", "object")}
