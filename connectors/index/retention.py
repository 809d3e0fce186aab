"""Deleting what is older than an installation keeps: by query, a bounded number of documents a request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch

from connectors.index.asking import milliseconds
from connectors.index.client import connect, told
from connectors.index.server import ElasticsearchServer
from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import KINDS
from schemas.time import now

_AT_ONCE = 10_000
_SLOWEST = 300.0
"""Seconds that deleting so many may take."""


def drop_older(server: ElasticsearchServer, days: int, at: datetime | None = None) -> dict[Kind, int]:
    """Delete documents whose `@timestamp` lies over `days` days before `at` (now); how many, by index. 0 keeps all.

    One that is written meanwhile stays until the next time, and the hit stored last until another one is. Raises `StoreError`; what was deleted until then is gone.
    """
    if days <= 0:
        return {}
    before = milliseconds((at or now()) - timedelta(days=days))
    old: dict[str, Any] = {"range": {"@timestamp": {"lt": before, "format": "epoch_millis"}}}
    client = connect(server).options(request_timeout=max(_SLOWEST, server.timeout))
    try:
        dropped: dict[Kind, int] = {}
        for kind in KINDS:
            dropped[kind] = 0
            query = {"bool": {"filter": [old, _numbered_before(client, server)]}} if kind == "hits" else old
            while True:
                with told(server):
                    answer = client.delete_by_query(
                        index=server.alias(kind), query=query, max_docs=_AT_ONCE, conflicts="proceed", refresh=True
                    )
                dropped[kind] += answer["deleted"]
                if not answer["deleted"]:
                    break
        return dropped
    finally:
        client.close()


def _numbered_before(client: Elasticsearch, server: ElasticsearchServer) -> dict[str, Any]:
    """The hits before the one stored last: the next number follows from it, and an open page waits for what is beyond."""
    with told(server):
        last = client.search(index=server.alias("hits"), size=1, sort=[{"cursor": "desc"}])["hits"]["hits"]
    return {"range": {"cursor": {"lt": last[0]["_source"]["cursor"]}}} if last else {"match_all": {}}
