"""An index of a test's own on the Elasticsearch of the run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchServer
from connectors.index.templates import set_up
from schemas.elasticsearch.templates import IndexTerms
from tests.servers.elasticsearch import Node

ONE_NODE = IndexTerms(replicas=0)


@contextmanager
def prefix_of_its_own(node: Node) -> Iterator[ElasticsearchServer]:
    """The node with a prefix nobody else has; what is there under it in the end is removed."""
    server = ElasticsearchServer(urls=(node.url,), prefix=f"test-{uuid.uuid4().hex[:12]}")
    yield server
    client = connect(server)
    client.indices.delete(index=f"{server.prefix}-*", allow_no_indices=True)
    client.options(ignore_status=404).indices.delete_index_template(name=f"{server.prefix}-*")
    for name in ("fold", "stems"):
        client.options(ignore_status=404).cluster.delete_component_template(name=f"{server.prefix}-{name}")
    client.close()


@contextmanager
def prepared(node: Node) -> Iterator[ElasticsearchServer]:
    """The same, after `wirewatch setup`."""
    with prefix_of_its_own(node) as server:
        set_up(server, ONE_NODE)
        yield server


def empty(server: ElasticsearchServer) -> None:
    """Remove all documents, which is much faster than to make the indices anew."""
    client = connect(server)
    client.indices.refresh(index=f"{server.prefix}-*")
    client.delete_by_query(index=f"{server.prefix}-*", query={"match_all": {}}, refresh=True, conflicts="proceed")
    client.close()
