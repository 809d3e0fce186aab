from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import timedelta

import pytest

from connectors.index.elasticsearch import ElasticsearchIndex
from connectors.interfaces import Candidates, HitFilter
from schemas.errors import StoreError
from schemas.time import now
from tests.connectors.elasticsearch_index import prepared
from tests.samples import article, hit
from tests.servers.elasticsearch import Node
from wirewatch.retention import drop_daily, start
from wirewatch.sections import ElasticsearchSettings
from wirewatch.settings import Settings


def test_an_index_that_is_away_is_asked_again_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stopping, asked = threading.Event(), 0

    def drop() -> Mapping[str, int]:
        nonlocal asked
        asked += 1
        if asked == 1:
            message = "connection refused"
            raise StoreError(message, subject="https://index.example:9200", retryable=True)
        if asked == 3:
            stopping.set()
        return {"articles": 7, "alerts": 0}

    drop_daily(drop, stopping, first=0.01, day=0.02, again=0.01)
    assert asked == 3
    failed, *fine = caplog.records
    assert (failed.levelname, failed.reason) == ("WARNING", "https://index.example:9200: connection refused")  # type: ignore[attr-defined]
    assert [one.deleted_articles for one in fine] == [7, 7]  # type: ignore[attr-defined]


@pytest.mark.servers
def test_what_is_too_old_leaves_the_index_and_the_rest_stays(elasticsearch: Node) -> None:
    with prepared(elasticsearch) as server:
        index = ElasticsearchIndex(server)
        index.apply([article(1, seen_at=now() - timedelta(days=400)), article(2, seen_at=now())], [])
        index.put([hit(1, seen_at=now() - timedelta(days=366)), hit(2, seen_at=now() - timedelta(days=364))], [])
        index.settle()
        kept = Settings(elasticsearch=ElasticsearchSettings(urls=server.urls, prefix=server.prefix, retention_days=0))
        start(kept, threading.Event(), first=0)
        assert index.count() == 2
        dropping = ElasticsearchSettings(urls=server.urls, prefix=server.prefix, retention_days=365)
        stopping = threading.Event()
        start(Settings(elasticsearch=dropping), stopping, first=0)
        end = time.monotonic() + 30
        while len(hits := list(index.newest(HitFilter(), 0))) > 1 and time.monotonic() < end:
            time.sleep(0.05)
        stopping.set()
        index.settle()
        assert [one.hit_id for one in hits] == [hit(2).hit_id]
        assert [one.article_id for one in index.candidates(Candidates())] == [article(2).article_id]
        index.close()
