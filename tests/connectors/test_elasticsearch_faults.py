"""What the server refuses and when it is away: what waiting can mend, what stops, what is set aside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from connectors.index.bulk import Bulk, Write
from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from connectors.interfaces import Candidates
from schemas.article import Article
from schemas.errors import RecordError, StoreError
from tests.connectors.elasticsearch_index import empty, prepared
from tests.samples import NOON, article, hit
from tests.servers.elasticsearch import Node
from tests.servers.process import free_ports

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


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


def test_concurrent_writers_lose_nothing(server: ElasticsearchServer, index: ElasticsearchIndex) -> None:
    feeds = [f"https://feed-{number}.example/rss" for number in range(4)]
    seen = {
        feed: [
            article(number, feed_url=feed, body=f"{feed} {round_}", seen_at=NOON + timedelta(hours=round_))
            for round_ in range(5)
            for number in range(20)
        ]
        for feed in feeds
    }

    def write(mine: list[Article]) -> None:
        own = ElasticsearchIndex(server)
        for first in range(0, len(mine), 20):
            own.apply(mine[first : first + 20], [])
        own.close()

    threads = [threading.Thread(target=write, args=(mine,)) for mine in seen.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected: dict[str, Article] = {}
    for one in (one for mine in seen.values() for one in mine):
        known = expected.get(one.article_id)
        expected[one.article_id] = known.merge(one) if known else one
    assert len(expected) == 20
    assert all(index.article(key) == one for key, one in expected.items())
    assert {len(one.sightings) for one in expected.values()} == {4}


def blocked(server: ElasticsearchServer, name: str, *, on: bool) -> None:
    client = connect(server)
    client.indices.put_settings(index=server.alias("articles"), settings={f"index.blocks.{name}": on or None})
    client.close()


@pytest.mark.parametrize("block", ["read_only_allow_delete", "write"])
def test_a_block_is_waited_for(server: ElasticsearchServer, index: ElasticsearchIndex, block: str) -> None:
    """Both that of a full disk, which the server sets and lifts, and one that somebody sets."""
    blocked(server, block, on=True)
    try:
        with pytest.raises(StoreError, match="the index is blocked") as caught:
            index.apply([article(1)], [])
    finally:
        blocked(server, block, on=False)
    assert caught.value.retryable
    assert caught.value.subject == f"{server.alias('articles')}/{article(1).article_id}"
    index.apply([article(1)], [])
    assert index.article(article(1).article_id) == article(1)


def test_a_document_that_is_refused_is_named_and_the_others_are_written(
    server: ElasticsearchServer, index: ElasticsearchIndex
) -> None:
    # An identity that nobody derives: longer than the 512 bytes a document may be called by, and than a term.
    bad = msgspec.structs.replace(article(3), content_hash="c" * 40_000)
    with pytest.raises(RecordError, match="Elasticsearch refuses the document") as caught:
        index.apply([article(1), article(2), bad, article(4)], [])
    assert caught.value.subject == f"{server.alias('articles')}/{article(3).article_id}"
    assert caught.value.stage == "index"
    assert not caught.value.retryable
    index.settle()
    assert index.count() == 3


def test_an_index_that_is_older_than_we_are_stops_everything(server: ElasticsearchServer) -> None:
    client = connect(server)
    bulk = Bulk(client, server)
    newer = Write(alias=server.alias("articles"), id="1", document=b'{"a_field_of_tomorrow": 1}')
    with pytest.raises(StoreError, match=r"older release: run `wirewatch setup`.*a_field_of_tomorrow") as caught:
        bulk.write([newer])
    assert not caught.value.retryable
    client.close()


def test_what_somebody_else_was_faster_to_write_is_given_back(server: ElasticsearchServer) -> None:
    client = connect(server)
    bulk = Bulk(client, server)
    once = Write(alias=server.alias("alerts"), id="one", document=b'{"alert_key": "one"}', create=True)
    assert bulk.write([once]) == []
    assert bulk.write([once]) == [once]
    over = Write(alias=server.alias("alerts"), id="one", document=b'{"alert_key": "one"}', seen=(1_000_000, 1))
    assert bulk.write([over]) == [over]
    assert bulk.written_total == 1
    client.close()


def test_hits_keep_their_numbers_and_get_no_others(server: ElasticsearchServer, index: ElasticsearchIndex) -> None:
    index.put([hit(number) for number in range(1200)], [])
    # Another desk, after the death of the first: it must go on behind what is not yet found by any search.
    other = ElasticsearchIndex(server)
    other.put([hit(5, story_id="s"), hit(1200), hit(7), hit(1201)], [])
    other.settle()
    found = other.after(0, 5000)
    assert [cursor for cursor, _ in found] == list(range(1, 1203))
    assert [one.title for _, one in found] == [f"Kosovo {number}" for number in range(1202)]
    assert found[5][1].story_id == "s"
    other.close()


def test_a_wide_question_is_asked_in_parts(index: ElasticsearchIndex) -> None:
    """More alternatives than a server takes in one query, of every kind, each of which finds one article."""
    titles = {number: f"word{number} phrase{number} of{number} beginning{number}x" for number in range(0, 3000, 100)}
    index.apply([article(number, title=title, body="") for number, title in titles.items()], [])
    index.settle()
    for pattern in ("word{0}", "phrase{0} of{0}", "beginning{0}*", "word{0} & beginning{0}*"):
        any_of = tuple(
            tuple(tuple(phrase.split()) for phrase in pattern.format(number).split(" & ")) for number in range(3000)
        )
        found = list(index.candidates(Candidates(any_of=any_of)))
        assert [one.title for one in found] == [titles[number] for number in sorted(titles, reverse=True)], pattern
        place = (found[4].seen_at, found[4].article_id)
        assert list(index.candidates(Candidates(any_of=any_of, beyond=place))) == found[5:]


def test_a_list_goes_on_while_articles_are_added(index: ElasticsearchIndex) -> None:
    index.apply([article(number) for number in range(300)], [])
    index.settle()
    listing = index.candidates(Candidates())
    first = next(listing)
    index.apply([article(number) for number in range(300, 600)], [])
    index.settle()
    rest = list(listing)
    assert len({one.article_id for one in [first, *rest]}) == 300 == len(rest) + 1


def test_microseconds_do_not_matter_as_they_do_not_elsewhere(index: ElasticsearchIndex) -> None:
    times = [NOON + timedelta(microseconds=micro) for micro in (0, 1, 999, 1000, 1001)]
    index.apply([article(number, seen_at=time) for number, time in enumerate(times)], [])
    index.settle()
    found = {len(list(index.candidates(Candidates(since=NOON + timedelta(microseconds=micro))))) for micro in (0, -1)}
    assert found == {5}
    assert len(list(index.candidates(Candidates(since=NOON + timedelta(microseconds=1))))) == 2
    assert [one.seen_at for one in index.candidates(Candidates())][-3:] == [
        one.seen_at
        for one in sorted(
            (article(number, seen_at=time) for number, time in enumerate(times[:3])),
            key=lambda one: one.article_id,
            reverse=True,
        )
    ]


def test_the_address_without_a_path_is_never_asked_for(elasticsearch: Node, caplog: pytest.LogCaptureFixture) -> None:
    """Trimmed servers refuse it."""
    caplog.set_level("INFO", "elastic_transport.transport")
    with prepared(elasticsearch) as server:
        index = ElasticsearchIndex(server)
        index.apply([article(1)], [])
        index.put([hit(1)], [])
        index.settle()
        assert len(list(index.candidates(Candidates()))) == len(index.after(0, 10)) == index.count() == 1
        index.close()
    asked = [message.split()[1].removeprefix(elasticsearch.url) for message in caplog.messages if "status:" in message]
    assert len(asked) > 20
    assert not {"", "/"} & set(asked)


def test_nobody_there_is_said_and_waited_for() -> None:
    (port,) = free_ports(1)
    index = ElasticsearchIndex(ElasticsearchServer(urls=(f"http://127.0.0.1:{port}",)))
    with pytest.raises(StoreError, match="Elasticsearch is away") as caught:
        index.apply([article(1)], [])
    assert caught.value.retryable
    assert caught.value.subject == f"http://127.0.0.1:{port}"
    index.close()


def test_a_node_that_is_away_is_passed_over(server: ElasticsearchServer) -> None:
    (port,) = free_ports(1)
    both = msgspec.structs.replace(server, urls=(f"http://127.0.0.1:{port}", *server.urls))
    index = ElasticsearchIndex(both)
    for number in range(4):
        index.apply([article(number)], [])
    index.close()
