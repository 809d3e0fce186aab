"""The floor under what `benchmarks.index_bulk` measures."""

from __future__ import annotations

import pytest

from benchmarks.index_bulk import FLOOR, measured, shares
from tests.servers.elasticsearch import Node


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_indexing_is_about_as_fast_as_the_bare_client(elasticsearch: Node) -> None:
    spent, _ = measured(elasticsearch.url, 4000, 200)
    assert max(shares(spent)) >= FLOOR
