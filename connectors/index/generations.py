"""Generations of an index: `NAME-000001` behind the alias `NAME`, then `NAME-000002`, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import elasticsearch
from elasticsearch import Elasticsearch

from connectors.index.server import ElasticsearchServer
from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import generation_name, own_alias
from schemas.errors import StoreError


def write_generation(client: Elasticsearch, server: ElasticsearchServer, kind: Kind) -> str | None:
    """The name of the index behind the alias of `kind`; None when there is none. Raises `StoreError`."""
    alias = server.alias(kind)
    try:
        behind: list[str] = list(client.indices.get_alias(name=alias).body)
    except elasticsearch.NotFoundError:
        if client.indices.exists(index=alias):
            message = "an index has this name, where an alias is to be: delete it, then run `wirewatch setup` again"
            raise StoreError(message, subject=alias) from None
        return None
    if len(behind) != 1:
        message = (
            f"the alias has {len(behind)} indices behind it, where there is to be one: {', '.join(sorted(behind))}"
        )
        raise StoreError(message, subject=alias)
    return behind[0]


def create_generation(client: Elasticsearch, name: str, aliases: Mapping[str, Mapping[str, Any]]) -> None:
    """Create an index from its template, with `aliases` and the one of its own."""
    client.indices.create(index=name, aliases={**aliases, **own_aliases(name)}, wait_for_active_shards=1)


def own_aliases(name: str) -> dict[str, dict[str, Any]]:
    """What every generation is also called, and no other."""
    return {own_alias(name): {"is_hidden": True}}


def next_generation(client: Elasticsearch, server: ElasticsearchServer, kind: Kind) -> str:
    """A name no index has, after those there are."""
    numbers = [name.rpartition("-")[2] for name in generations(client, server, kind)]
    return generation_name(server.prefix, kind, max((int(one) for one in numbers if one.isdecimal()), default=0) + 1)


def generations(client: Elasticsearch, server: ElasticsearchServer, kind: Kind) -> list[str]:
    """All indices of `kind`: that in use, and others that are being made or were not finished."""
    return sorted(client.indices.get(index=f"{server.alias(kind)}-*").body)
