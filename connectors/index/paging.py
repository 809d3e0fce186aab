"""Reading a list of any length out of Elasticsearch, in pages, in an order that does not change while it grows."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from connectors.index.client import told
from connectors.index.server import ElasticsearchServer

Found = dict[str, Any]
"""One document of an answer: `_id`, `_source`, `sort`, …"""

_FIRST_PAGE = 100
_LONGEST_PAGE = 500


def pages_of(
    client: Elasticsearch,
    server: ElasticsearchServer,
    alias: str,
    query: dict[str, Any],
    order: Sequence[dict[str, Any]],
    *,
    beyond: Sequence[object] | None = None,
    limit: int = 0,
) -> Iterator[Found]:
    """The documents `query` finds in `order`, at most `limit` (0 = all), asked for page by page as they are taken.

    `order` must tell any two documents apart. What is stored meanwhile and belongs before the place that was reached is
    not seen; nothing comes twice.
    """
    # One list is read from one copy of a shard: two may be refreshed at different times.
    preference = secrets.token_hex(8)
    size = min(_FIRST_PAGE, limit) if limit else _FIRST_PAGE
    given = 0
    while True:
        with told(server):
            answer = client.search(
                index=alias,
                query=query,
                sort=list(order),
                search_after=None if beyond is None else list(beyond),  # type: ignore[arg-type] # numbers and strings
                size=size,
                track_total_hits=False,
                allow_partial_search_results=False,
                preference=preference,
            )
        page: list[Found] = answer["hits"]["hits"]
        yield from page
        given += len(page)
        if len(page) < size or (limit and given >= limit):
            return
        beyond = page[-1]["sort"]
        size = min(size * 5, _LONGEST_PAGE)
        if limit:
            size = min(size, limit - given)
