"""Setting up an Elasticsearch, and a new generation of an index while it is written to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NoReturn

import msgspec
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError, ConnectionTimeout, Elasticsearch

from connectors.index import documents
from connectors.index.bulk import Bulk, Write
from connectors.index.client import connect
from connectors.index.copying import renew
from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from connectors.index.retention import drop_older
from connectors.index.templates import reindex, set_up
from connectors.interfaces import Candidates, HitFilter
from pipelines.patience import patiently
from schemas.article import Article, version_of_item
from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import IndexTerms, components
from schemas.errors import StoreError
from schemas.hit import Hit
from tests.connectors.elasticsearch_index import ONE_NODE, prefix_of_its_own
from tests.samples import NOON, article, content, hit, item
from tests.servers.elasticsearch import Node

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture
def server(elasticsearch: Node) -> Iterator[ElasticsearchServer]:
    with prefix_of_its_own(elasticsearch) as one:
        yield one


def test_the_second_time_changes_nothing(server: ElasticsearchServer) -> None:
    looked, first = set_up(server, ONE_NODE, only_look=True), set_up(server, ONE_NODE)
    second = set_up(server, ONE_NODE)
    assert list(looked) == list(first)
    assert {change.action for change in first} == {"created"}
    assert {(change.action, change.detail) for change in second} == {("unchanged", "")}
    assert [change.subject for change in first] == [change.subject for change in second]


def test_what_differs_is_changed_or_said(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    client = connect(server)
    fold = client.cluster.get_component_template(name=f"{server.prefix}-fold").body["component_templates"][0]
    template = fold["component_template"]["template"]
    template["settings"]["index"]["analysis"]["filter"]["wirewatch_cut"]["length"] = "5"
    client.cluster.put_component_template(name=f"{server.prefix}-fold", template=template)
    client.indices.put_settings(index=server.alias("hits"), settings={"refresh_interval": "7s"})
    changes = {one.subject: one for one in set_up(server, IndexTerms(shards=2, replicas=0))}
    changed = {subject for subject, one in changes.items() if one.action == "changed"}
    assert changed == {
        f"component template {server.prefix}-fold",
        f"template {server.prefix}-articles",
        f"template {server.prefix}-versions",
        f"index {server.prefix}-hits-000001",
    }
    assert changes[f"index {server.prefix}-hits-000001"].detail == "refresh_interval from 7s to 1s"
    said = changes[f"index {server.prefix}-articles-000001"]
    assert "wirewatch setup --reindex" in said.detail
    assert "1 primary shards instead of 2" in said.detail
    assert components(server.prefix).keys() == {f"{server.prefix}-fold", f"{server.prefix}-stems"}
    reindex(server, IndexTerms(shards=2, replicas=0))
    settings = client.indices.get_settings(index=server.alias("articles")).body
    assert list(settings) == [f"{server.prefix}-articles-000002"]
    assert settings[f"{server.prefix}-articles-000002"]["settings"]["index"]["number_of_shards"] == "2"
    assert list(client.indices.get_alias(name=server.alias("hits")).body) == [f"{server.prefix}-hits-000001"]
    client.close()


def test_an_index_of_a_release_before_gets_its_new_fields(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    client = connect(server)
    name = f"{server.prefix}-alerts-000001"
    mapping = client.indices.get_mapping(index=name).body[name]["mappings"]
    del mapping["properties"]["reason"]
    aliases = client.indices.get_alias(index=name).body[name]["aliases"]
    client.indices.delete(index=name)
    client.indices.delete_index_template(name=server.alias("alerts"))
    client.indices.create(
        index=name,
        mappings=mapping,
        aliases=aliases,
        settings=components(server.prefix)[f"{server.prefix}-fold"]["template"]["settings"],
    )
    looked = set_up(server, ONE_NODE, only_look=True)
    assert "reason" not in client.indices.get_mapping(index=name).body[name]["mappings"]["properties"]
    changes = {one.subject: one for one in set_up(server, ONE_NODE)}
    assert {one.subject: one for one in looked} == changes
    assert changes[f"template {server.alias('alerts')}"].action == "created"
    assert changes[f"index {name}"].action == "changed"
    assert changes[f"index {name}"].detail.startswith("fields added or changed")
    assert "reason" in client.indices.get_mapping(index=name).body[name]["mappings"]["properties"]
    client.close()


def test_two_setups_at_once_make_one_of_everything(server: ElasticsearchServer) -> None:
    with ThreadPoolExecutor() as pool:
        both = [*pool.map(lambda _: set_up(server, ONE_NODE), range(2))]
    assert [change.subject for change in both[0]] == [change.subject for change in both[1]]
    assert {change.action for change in set_up(server, ONE_NODE)} == {"unchanged"}


def test_a_restored_index_gets_the_alias_it_lost(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    index.apply([article(1)], [])
    client = connect(server)
    client.indices.delete_alias(index=f"{server.prefix}-articles-000001", name=f"{server.prefix}-articles-000001-own")
    client.close()
    changes = [change for change in set_up(server, ONE_NODE) if change.action == "changed"]
    assert [change.detail for change in changes] == [f"alias {server.prefix}-articles-000001-own added"]
    index.apply([article(1, feed_url="https://b.example/")], [])
    stored = index.article(article(1).article_id)
    assert stored is not None
    assert len(stored.sightings) == 2
    index.close()


def test_an_index_where_the_alias_is_to_be_is_said(server: ElasticsearchServer) -> None:
    client = connect(server)
    client.indices.create(index=server.alias("articles"))
    client.close()
    with pytest.raises(StoreError, match="an index has this name") as caught:
        set_up(server, ONE_NODE)
    assert caught.value.subject == server.alias("articles")
    assert not caught.value.retryable


def test_nothing_is_written_before_setup(server: ElasticsearchServer) -> None:
    index = ElasticsearchIndex(server)
    for call in (
        lambda: index.apply([article(1)], []),
        lambda: index.put([hit(1)], []),
        index.count,
        lambda: list(index.candidates(Candidates())),
        index.settle,
    ):
        with pytest.raises(StoreError, match="run `wirewatch setup`") as caught:
            call()
        assert not caught.value.retryable
    index.close()
    client = connect(server)
    assert client.indices.get(index=f"{server.prefix}*").body == {}
    client.close()


class Writer(threading.Thread):
    """Writes articles and hits of its own feed, all of one set of articles, until it is stopped."""

    def __init__(self, server: ElasticsearchServer, number: int) -> None:
        super().__init__()
        self.index = ElasticsearchIndex(server)
        self.feed = f"https://feed-{number}.example/rss"
        self.applied: list[Article] = []
        self.put: list[Hit] = []
        self.stopped = threading.Event()
        self.rounds = 0
        self.number = number

    def run(self) -> None:
        while not self.stopped.is_set():
            first = self.rounds * 5 % 200
            seen = [
                article(one, feed_url=self.feed, seen_at=NOON + timedelta(seconds=one, minutes=self.rounds))
                for one in range(first, first + 20)
            ]
            patiently(lambda seen=seen: self.index.apply(seen, []), lambda: False)  # type: ignore[misc]
            self.applied += seen
            if self.number == 0:
                hits = [hit(self.rounds * 3 + one) for one in range(4)]
                patiently(lambda hits=hits: self.index.put(hits, []), lambda: False)  # type: ignore[misc]
                self.put += hits
            self.rounds += 1
        self.index.close()


def test_a_new_generation_loses_nothing_that_is_written_meanwhile(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    before = [article(number) for number in range(600)]
    index = ElasticsearchIndex(server)
    versions = [version_of_item(item(number), content(item(number))) for number in range(50)]
    index.apply(before, versions)
    writers = [Writer(server, number) for number in range(3)]
    for writer in writers:
        writer.start()
    copied: dict[Kind, int] = {}
    rounds = [writer.rounds for writer in writers]
    changes = reindex(server, ONE_NODE, every=True, progress=copied.__setitem__)
    assert all(writer.rounds > round_ for writer, round_ in zip(writers, rounds, strict=True))
    for writer in writers:
        writer.stopped.set()
        writer.join()
    assert copied["articles"] >= 600
    assert copied["versions"] == 50
    assert sum(change.subject.endswith("-000002") for change in changes) == 6
    expected = {one.article_id: one for one in before}
    for one in (one for writer in writers for one in writer.applied):
        expected[one.article_id] = expected[one.article_id].merge(one)
    index.settle()
    stored = list(index.candidates(Candidates(any_of=((("title",),),))))
    assert {one.article_id: one for one in stored} == expected
    assert len(stored) == len(expected)
    assert all(index.version(version.version_id) == version for version in versions)
    hits = index.after(0, 10_000)
    assert [cursor for cursor, _ in hits] == list(range(1, len(hits) + 1))
    assert {one.hit_id for _, one in hits} == {one.hit_id for one in writers[0].put}
    index.close()


def test_what_was_read_before_the_swap_is_not_written_over_what_came_after(server: ElasticsearchServer) -> None:
    """The new generation numbers its writes anew: here the very number that was read stands for other content."""
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    key = article(1).article_id
    index.apply([article(1)], [])
    before = index._stored("articles", [key])[key]
    index.apply([article(1, feed_url="https://b.example/")], [])
    reindex(server, ONE_NODE, every=True)
    after = index._stored("articles", [key])[key]
    assert after.seen == before.seen
    assert after.alias != before.alias
    late = Write(alias=before.alias, id=key, document=documents.of_article(article(1)), seen=before.seen)
    client = connect(server)
    assert Bulk(client, server).write([late]) == [late]
    client.close()
    stored = index.article(key)
    assert stored is not None
    assert len(stored.sightings) == 2
    index.close()


def test_a_copying_that_fails_leaves_everything_as_it_was(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    index.apply([article(number) for number in range(10)], [])

    def fail(kind: Kind, copied: int) -> None:
        message = f"{copied} {kind}"
        raise KeyboardInterrupt(message)

    with pytest.raises(KeyboardInterrupt, match="10 articles"):
        reindex(server, ONE_NODE, every=True, progress=fail)
    index.apply([article(11)], [])
    index.settle()
    assert index.count() == 11
    client = connect(server)
    assert list(client.indices.get(index=f"{server.alias('articles')}-*").body) == [
        f"{server.alias('articles')}-000001"
    ]
    # Killed at the worst moment: another generation half made, the old one blocked.
    client.indices.create(index=f"{server.alias('articles')}-000002")
    client.indices.add_block(index=f"{server.alias('articles')}-000001", block="write")
    said = {one.subject: one.detail for one in set_up(server, ONE_NODE)}
    assert "takes no writes" in said[f"index {server.alias('articles')}-000001"]
    with pytest.raises(StoreError, match="blocked") as caught:
        index.apply([article(12)], [])
    assert caught.value.retryable
    reindex(server, ONE_NODE)
    assert list(client.indices.get(index=f"{server.alias('articles')}-*").body) == [
        f"{server.alias('articles')}-000003"
    ]
    index.apply([article(12)], [])
    index.settle()
    assert index.count() == 12
    client.close()
    index.close()


class Unanswered:
    """The part of a client that is asked about indices; a swap is done or refused, but its answer does not come through."""

    def __init__(self, client: Elasticsearch, answer: Exception, *, done: bool) -> None:
        self._indices = client.indices
        self._answer = answer
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._indices, name)

    def update_aliases(self, **asked: Any) -> NoReturn:
        if self._done:
            self._indices.update_aliases(**asked)
        raise self._answer


def answered(status: int) -> ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "localhost", 9200))
    return ApiError("refused", meta, {})


@pytest.mark.parametrize(
    ("answer", "done", "in_use"),
    [(ConnectionTimeout("late"), True, 2), (answered(503), True, 2), (answered(400), False, 1)],
)
def test_a_swap_without_an_answer_costs_no_document(
    server: ElasticsearchServer, answer: Exception, *, done: bool, in_use: int
) -> None:
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    index.apply([article(1)], [])
    client = connect(server)
    client.indices = Unanswered(client, answer, done=done)  # type: ignore[assignment] # as far as it is used
    with pytest.raises(type(answer)):
        renew(client, server, "articles", lambda _: None)
    assert list(client.indices.get(index=server.alias("articles")).body) == [
        f"{server.alias('articles')}-00000{in_use}"
    ]
    client.close()
    index.apply([article(2)], [])
    index.settle()
    assert index.count() == 2
    index.close()


def test_words_of_another_fold_are_candidates_and_are_brought_forward(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    index.apply([article(1, title="Бањска"), article(2, title="Else")], [])
    client = connect(server)
    source = client.get(index=server.alias("articles"), id=article(1).article_id)["_source"]
    client.index(
        index=server.alias("articles"), id=article(1).article_id, document={**source, "fold": "0", "folded": ["other"]}
    )
    client.close()
    index.settle()
    wanted = Candidates(any_of=((("banjska",),),))
    assert [one.title for one in index.candidates(wanted)] == ["Бањска"]
    assert [one.title for one in index.candidates(Candidates(any_of=((("nowhere",),),)))] == ["Бањска"]
    reindex(server, ONE_NODE)
    assert [one.title for one in index.candidates(wanted)] == ["Бањска"]
    assert [one.title for one in index.candidates(Candidates(any_of=((("nowhere",),),)))] == []
    index.close()


def test_retention_deletes_what_is_older(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    days = [article(number, seen_at=NOON + timedelta(days=number)) for number in range(10)]
    versions = [msgspec.structs.replace(version_of_item(item(1), content(item(1))), seen_at=NOON)]
    index.apply(days, versions)
    index.put([hit(1, seen_at=NOON), hit(2, seen_at=NOON + timedelta(days=9))], [])
    index.settle()
    assert drop_older(server, 0, NOON + timedelta(days=365)) == {}
    dropped = drop_older(server, 5, NOON + timedelta(days=10))
    assert {kind: number for kind, number in dropped.items() if number} == {"articles": 5, "versions": 1, "hits": 1}
    assert {one.seen_at for one in index.candidates(Candidates())} == {one.seen_at for one in days[5:]}
    assert len(list(index.newest(HitFilter(), 0))) == 1
    index.close()


def test_retention_gives_no_number_of_a_hit_a_second_time(server: ElasticsearchServer) -> None:
    set_up(server, ONE_NODE)
    index = ElasticsearchIndex(server)
    # As a rematch does: hits of old articles are the last to be stored.
    index.put([hit(1, seen_at=NOON + timedelta(days=9)), hit(2, seen_at=NOON), hit(3, seen_at=NOON)], [])
    index.settle()
    last = index.last_cursor()
    first = drop_older(server, 5, NOON + timedelta(days=10))
    index.put([hit(4, seen_at=NOON + timedelta(days=10))], [])
    index.settle()
    assert [one.hit_id for _, one in index.after(last, 10)] == [hit(4).hit_id]
    second = drop_older(server, 5, NOON + timedelta(days=10))
    assert (first["hits"], second["hits"]) == (1, 1)
    index.close()
