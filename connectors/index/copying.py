"""A new generation of an index, copied while everybody goes on writing to the one before.

    read where each shard stands ──> copy all ──> block writes ──> copy what was written since ──> swap the alias

A write meets the block in the last moments only, and is tried again by whoever made it until it meets the new
generation. What was read from the old generation cannot be written over the new one: see `schemas.elasticsearch.templates`.
Documents pass through our types, so that what is derived from them (folded words) is as this release makes it. What
retention deletes meanwhile may be in the new generation, until retention runs again.

A death before the swap leaves the old generation in use, perhaps blocked. A swap that nobody answers for may be done, not
done or done later, so nothing is undone. Either way the next `wirewatch setup --reindex` sees which is in use, begins
again where needed, and clears up. Of two that run at once the faster one wins, and the other fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import elasticsearch
import msgspec
from elasticsearch import Elasticsearch

from connectors.index import documents
from connectors.index.bulk import Bulk, Write
from connectors.index.generations import create_generation, generations, next_generation, write_generation
from connectors.index.server import ElasticsearchServer
from schemas.alert import Alert
from schemas.article import Article, Version
from schemas.deadletter import DeadLetter
from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import own_alias
from schemas.errors import StoreError
from schemas.feed import FetchRecord
from schemas.hit import Hit

_PAGE = 500
_KEEP = "5m"
_NOBODY_KNOWS = 500
"""From this status on, what was asked for may have been done."""
_AGAIN: dict[Kind, Callable[[Mapping[str, Any], str], bytes]] = {
    "articles": lambda source, key: documents.of_article(documents.read(source, Article, key)),
    "versions": lambda source, key: documents.of_version(documents.read(source, Version, key)),
    "hits": lambda source, key: documents.of_hit(documents.read(source, Hit, key), source["cursor"]),
    "alerts": lambda source, key: documents.of_alert(documents.read(source, Alert, key)),
    "deadletters": lambda source, key: documents.of_dead_letter(documents.read(source, DeadLetter, key)),
    "fetches": lambda source, key: documents.of_fetch(documents.read(source, FetchRecord, key)),
}
"""The document of this release, of a document of any."""


class Renewed(msgspec.Struct, frozen=True):
    """A new generation, and how many documents it was given."""

    name: str
    copied: int


def renew(client: Elasticsearch, server: ElasticsearchServer, kind: Kind, progress: Callable[[int], None]) -> Renewed:
    """Copy the generation in use into a new one, put that in its place, and delete the one before.

    Raises `StoreError` or `RecordError` (a document that cannot be read); the generation before is then in use as it was,
    unless it is the swap that was not answered: then both stay as they are.
    """
    present = write_generation(client, server, kind)
    assert present is not None
    new = next_generation(client, server, kind)
    create_generation(client, new, {})
    bulk = Bulk(client, server)
    copied = 0
    blocked = swapping = False

    def copy(found: Sequence[Mapping[str, Any]]) -> None:
        nonlocal copied
        again = [(one["_id"], _AGAIN[kind](one["_source"], one["_id"])) for one in found]
        bulk.write([Write(alias=own_alias(new), id=key, document=document) for key, document in again])
        copied += len(again)
        progress(copied)

    try:
        settings = _hurried(client, new)
        places = _places(client, present)
        client.indices.refresh(index=present)
        for page in _all_of(client, present):
            copy(page)
        client.indices.add_block(index=present, block="write")
        blocked = True
        client.indices.refresh(index=present)
        for shard, place in places.items():
            for page in _written_since(client, present, shard, place):
                copy(page)
        client.indices.put_settings(index=new, settings=settings)
        client.indices.refresh(index=new)
        _check(client, present, new)
        swapping = True
        client.indices.update_aliases(
            actions=[
                {"add": {"index": new, "alias": server.alias(kind), "is_write_index": True}},
                {"remove_index": {"index": present}},
            ]
        )
    except BaseException as error:
        # Not after a swap that may have been done, or may be yet: it takes `present` away, and `new` is all there is.
        if not swapping or (isinstance(error, elasticsearch.ApiError) and error.status_code < _NOBODY_KNOWS):
            _undo(client, present if blocked else "", new)
        raise
    for left in generations(client, server, kind):
        if left != new:
            client.indices.delete(index=left)
    return Renewed(new, copied)


def _undo(client: Elasticsearch, blocked: str, new: str) -> None:
    """As it was, so that the writers go on; what cannot be done now, the next attempt does."""
    if blocked:
        with contextlib.suppress(elasticsearch.ApiError, elasticsearch.TransportError):
            client.indices.put_settings(index=blocked, settings={"index.blocks.write": None})
    with contextlib.suppress(elasticsearch.ApiError, elasticsearch.TransportError):
        client.indices.delete(index=new)


def _hurried(client: Elasticsearch, new: str) -> dict[str, Any]:
    """Make an index nobody searches yet faster to fill; the settings that undo it."""
    settings = client.indices.get_settings(index=new).body[new]["settings"]["index"]
    undo = {name: settings.get(name) for name in ("refresh_interval", "number_of_replicas")}
    client.indices.put_settings(index=new, settings={"refresh_interval": "-1", "number_of_replicas": 0})
    return undo


def _places(client: Elasticsearch, index: str) -> dict[int, int]:
    """By shard, the number up to which all its writes are done and will be found after a refresh."""
    shards = client.indices.stats(index=index, level="shards")["indices"][index]["shards"]
    return {
        int(number): min(copy["seq_no"]["global_checkpoint"] for copy in copies if copy["routing"]["primary"])
        for number, copies in shards.items()
    }


def _all_of(client: Elasticsearch, index: str) -> Iterator[list[Mapping[str, Any]]]:
    """All documents at this moment, in pages."""
    point = client.open_point_in_time(index=index, keep_alive=_KEEP)["id"]
    beyond = None
    try:
        while True:
            answer = client.search(
                pit={"id": point, "keep_alive": _KEEP},
                sort=["_shard_doc"],
                search_after=beyond,
                size=_PAGE,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
            point, page = answer["pit_id"], answer["hits"]["hits"]
            if page:
                yield page
            if len(page) < _PAGE:
                return
            beyond = page[-1]["sort"]
    finally:
        with contextlib.suppress(elasticsearch.ApiError, elasticsearch.TransportError):
            client.close_point_in_time(id=point)


def _written_since(client: Elasticsearch, index: str, shard: int, place: int) -> Iterator[list[Mapping[str, Any]]]:
    """What a shard was given after `place`, in pages; nobody writes to it any longer."""
    beyond = None
    while True:
        answer = client.search(
            index=index,
            preference=f"_shards:{shard}",
            query={"range": {"_seq_no": {"gt": place}}},
            sort=["_seq_no"],
            search_after=beyond,
            size=_PAGE,
            track_total_hits=False,
            allow_partial_search_results=False,
        )
        page = answer["hits"]["hits"]
        if page:
            yield page
        if len(page) < _PAGE:
            return
        beyond = page[-1]["sort"]


def _check(client: Elasticsearch, present: str, new: str) -> None:
    """Nobody lifted the block, and the new generation lacks nothing; it may have what retention deleted meanwhile."""
    settings = client.indices.get_settings(index=present, flat_settings=True).body[present]["settings"]
    if settings.get("index.blocks.write") != "true":
        message = "somebody lifted the block while the last documents were copied: nothing was changed, run it again"
        raise StoreError(message, subject=present)
    counts = {name: client.count(index=name)["count"] for name in (present, new)}
    if counts[new] < counts[present]:
        message = f"the copy has {counts[new]} documents of {counts[present]}: nothing was changed"
        raise StoreError(message, subject=new)
