"""What `wirewatch setup` does to an Elasticsearch: templates, and of each index one generation behind its alias.

It may run any number of times and changes only what differs. An index that is there gets new fields in place; what
cannot be changed in place (how text is analysed, the number of primary shards) takes a new generation: `reindex`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import elasticsearch
from elasticsearch import Elasticsearch

from connectors.index.client import connect, kind_of, reason_of, told
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
    own_alias,
    settings,
)
from schemas.errors import StoreError

REINDEX = "run `wirewatch setup --reindex`"


def set_up(server: ElasticsearchServer, terms: IndexTerms) -> Sequence[Change]:
    """Put templates and first generations in place. Raises `StoreError`; what was done until then stays done."""
    client = connect(server)
    try:
        with told(server):
            return [*_put_templates(client, server.prefix, terms), *_put_indices(client, server, terms)]
    finally:
        client.close()


def write_generation(client: Elasticsearch, server: ElasticsearchServer, kind: Kind) -> str | None:
    """The name of the index behind the alias of `kind`; None when there is none. Raises `StoreError`."""
    alias = server.alias(kind)
    try:
        behind: list[str] = list(client.indices.get_alias(name=alias).body)
    except elasticsearch.NotFoundError:
        if client.indices.exists(index=alias):
            message = (
                f"an index is called so, where an alias is to be: it was made by other means, delete it and {_again()}"
            )
            raise StoreError(message, subject=alias) from None
        return None
    if len(behind) != 1:
        message = f"the alias has {len(behind)} indices behind it, where there is to be one: {', '.join(behind)}"
        raise StoreError(message, subject=alias)
    return behind[0]


def create_generation(client: Elasticsearch, name: str, aliases: Mapping[str, Mapping[str, Any]]) -> None:
    """Create an index from its template, with `aliases` and the one of its own."""
    client.indices.create(
        index=name, aliases={**aliases, own_alias(name): {"is_hidden": True}}, wait_for_active_shards=1
    )


def _again() -> str:
    return "run `wirewatch setup` again"


def _put_templates(client: Elasticsearch, prefix: str, terms: IndexTerms) -> list[Change]:
    changes = []
    for name, body in components(prefix).items():
        answer = client.options(ignore_status=404).cluster.get_component_template(name=name).body
        there = answer.get("component_templates", ())
        before = there[0]["component_template"] if there else None
        action = _action(before, body)
        if action != "unchanged":
            client.cluster.put_component_template(name=name, **_arguments(body))
        changes.append(Change(f"component template {name}", action, _versions(before, body)))
    for kind in KINDS:
        name, body = alias_of(prefix, kind), index_template(prefix, kind, terms)
        answer = client.options(ignore_status=404).indices.get_index_template(name=name).body
        there = answer.get("index_templates", ())
        before = there[0]["index_template"] if there else None
        action = _action(before, body)
        if action != "unchanged":
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


def _put_indices(client: Elasticsearch, server: ElasticsearchServer, terms: IndexTerms) -> list[Change]:
    changes = []
    for kind in KINDS:
        name = write_generation(client, server, kind)
        if name is None:
            name = generation_name(server.prefix, kind, 1)
            create_generation(client, name, {server.alias(kind): {"is_write_index": True}})
            changes.append(Change(f"index {name}", "created", f"behind {server.alias(kind)}"))
        else:
            changes.append(_bring_forward(client, name, kind, terms))
    return changes


def _bring_forward(client: Elasticsearch, name: str, kind: Kind, terms: IndexTerms) -> Change:
    """Change in place what can be: new fields, copies, the refresh. What cannot is said."""
    done: list[str] = []
    index = client.indices.get(index=name).body[name]
    wanted_mapping, had_mapping = mapping_with_meta(kind), index["mappings"]
    stays = _what_stays(index, kind, terms)
    if _fields_of(had_mapping) != _fields_of(wanted_mapping):
        try:
            client.indices.put_mapping(index=name, properties=wanted_mapping["properties"])
            done.append("fields added or changed")
        except elasticsearch.BadRequestError as error:
            stays.append(f"the mapping: {reason_of(error) or kind_of(error)}")
    had = _flat(index["settings"]["index"])
    changed = {
        key: value
        for key, value in settings(kind, terms).items()
        if key != "number_of_shards" and had.get(key) != _flat(value, key)[key]
    }
    if changed:
        client.indices.put_settings(index=name, settings=changed)
        done += [f"{key} from {had.get(key, 'nothing')} to {value}" for key, value in changed.items()]
    if had.get("blocks.write") == "true":
        stays.append("it takes no writes, because a new generation is being made or was not finished")
    if stays:
        done.append(f"not changed in place, {REINDEX}: {'; '.join(stays)}")
    return Change(f"index {name}", "changed" if len(done) > bool(stays) else "unchanged", "; ".join(done))


def _what_stays(index: Mapping[str, Any], kind: Kind, terms: IndexTerms) -> list[str]:
    stays = []
    if index["mappings"].get("_meta", {}).get("analysis") != analysis_digest(kind):
        stays.append("how text is folded and stemmed")
    shards = settings(kind, terms)["number_of_shards"]
    if (had := index["settings"]["index"]["number_of_shards"]) != shards:
        stays.append(f"{had} primary shards instead of {shards}")
    return stays


def _fields_of(mapping: Mapping[str, Any]) -> dict[str, str]:
    flat = _flat({"properties": mapping.get("properties", {})})
    # The server leaves out that a field with fields of its own is an object.
    return {path: value for path, value in flat.items() if (path.rpartition(".")[2], value) != ("type", "object")}
