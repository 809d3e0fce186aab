"""A node that is frozen, killed and started again, and that takes no large requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import msgspec
import pytest

from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from connectors.index.templates import set_up
from pipelines.patience import patiently
from schemas.article import Article
from schemas.errors import RecordError, StoreError
from tests.connectors.elasticsearch_index import ONE_NODE
from tests.samples import article, hit
from tests.servers.elasticsearch import Node, start_elasticsearch

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = start_elasticsearch(tmp_path_factory.mktemp("own"), "512m", settings={"http.max_content_length": "1mb"})
    yield one
    assert one.process is not None
    one.process.stop()


@pytest.fixture(scope="module")
def own(node: Node) -> ElasticsearchServer:
    server = ElasticsearchServer(urls=(node.url,), prefix="own", timeout=2.0)
    set_up(msgspec.structs.replace(server, timeout=30.0), ONE_NODE)
    return server


def test_a_request_that_is_too_large_is_parted(own: ElasticsearchServer) -> None:
    index = ElasticsearchIndex(own)
    many = [article(number, body="word " * 10_000) for number in range(60)]
    index.apply(many, [])
    index.settle()
    assert index.count() == 60
    with pytest.raises(RecordError, match="refuses the document") as caught:
        index.apply([article(100), article(101, body="word " * 300_000), article(102)], [])
    assert caught.value.subject == f"own-articles/{article(101).article_id}"
    assert index.article(article(100).article_id) == article(100)
    assert index.article(article(102).article_id) == article(102)
    index.close()


def test_a_frozen_node_is_waited_for_and_nothing_is_lost(node: Node, own: ElasticsearchServer) -> None:
    assert node.process is not None
    _write_through(own, node.process.freeze, node.process.thaw, first=1000)


def test_a_killed_node_comes_back_with_everything(node: Node, own: ElasticsearchServer) -> None:
    assert node.process is not None
    _write_through(own, node.process.kill, node.process.start, first=2000)


def _write_through(
    own: ElasticsearchServer, take_away: Callable[[], None], bring_back: Callable[[], None], first: int
) -> None:
    """Write on while the node goes away and comes back, as the pipeline does; then everything is there once."""
    index = ElasticsearchIndex(own)
    refused: list[StoreError] = []
    done: list[Article] = []
    enough = threading.Event()

    def apply(batch: list[Article]) -> None:
        try:
            index.apply(batch, [])
            index.put([hit(int(one.native_id.removeprefix("native-"))) for one in batch], [])
        except StoreError as error:
            refused.append(error)
            raise

    def write() -> None:
        number = first
        while not enough.is_set():
            batch = [article(one) for one in range(number, number + 10)]
            patiently(lambda batch=batch: apply(batch), lambda: False)  # type: ignore[misc]
            done.extend(batch)
            number += 10

    writer = threading.Thread(target=write)
    writer.start()
    _until(lambda: len(done) >= 30)
    take_away()
    _until(lambda: bool(refused))
    at = len(done)
    bring_back()
    _until(lambda: len(done) >= at + 30)
    enough.set()
    writer.join()
    assert all(error.retryable for error in refused)
    index.settle()
    assert all(index.article(one.article_id) == one for one in done)
    found = [(cursor, one.native_id) for cursor, one in index.after(0, 10_000)]
    assert len({native for _, native in found}) == len(found) == len({cursor for cursor, _ in found})
    assert {one.native_id for one in done} <= {native for _, native in found}
    index.close()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
