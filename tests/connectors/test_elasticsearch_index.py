from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from tests.connectors.elasticsearch_index import empty, prepared
from tests.contracts.index import ArticleStoreContract, HitStoreContract, SearchContract
from tests.servers.elasticsearch import Node

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def server(elasticsearch: Node) -> Iterator[ElasticsearchServer]:
    with prepared(elasticsearch) as one:
        yield one


@pytest.fixture
def index(server: ElasticsearchServer) -> Iterator[ElasticsearchIndex]:
    empty(server)
    opened = ElasticsearchIndex(server)
    yield opened
    opened.close()


class TestElasticsearchIndex(ArticleStoreContract, SearchContract, HitStoreContract):
    pass
