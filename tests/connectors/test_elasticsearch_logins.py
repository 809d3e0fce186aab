"""Logins, privileges and encryption, on a node that asks for them."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from elasticsearch import Elasticsearch

from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from connectors.index.inspection import Health, Inspection
from connectors.index.retention import drop_older
from connectors.index.templates import reindex, set_up
from connectors.interfaces import Candidates
from schemas.errors import StoreError
from tests.connectors.elasticsearch_index import ONE_NODE
from tests.samples import NOON, article, hit
from tests.servers.certificates import Authority
from tests.servers.elasticsearch import Node, start_elasticsearch

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

ROLES = Path(__file__).resolve().parents[2] / "deploy" / "elasticsearch" / "roles"
SECRET = "a-password-of-the-tests"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Node]:
    # No `action.auto_create_index: false` here: that nothing is made by writing is our doing.
    folder = tmp_path_factory.mktemp("guarded")
    one = start_elasticsearch(folder, "512m", SECRET, authority, {"action.auto_create_index": "true"})
    yield one
    assert one.process is not None
    one.process.stop()


@pytest.fixture(scope="module")
def superuser(node: Node, authority: Authority) -> ElasticsearchServer:
    return ElasticsearchServer(urls=(node.url,), user="elastic", password=SECRET, ca_file=str(authority.file))


@pytest.fixture(scope="module")
def admin(superuser: ElasticsearchServer) -> Iterator[Elasticsearch]:
    """The superuser's client, with the roles that are shipped put, and a user for each."""
    client = connect(superuser)
    for file in sorted(ROLES.glob("*.json")):
        body: dict[str, Any] = json.loads(file.read_text("utf-8"))
        client.security.put_role(name=file.stem, **body)
        client.security.put_user(username=file.stem, password=SECRET, roles=[file.stem])
    yield client
    client.close()


@pytest.fixture(scope="module")
def ready(admin: Elasticsearch, superuser: ElasticsearchServer) -> ElasticsearchServer:
    """Set up by the user whose role is for that."""
    one = as_user(superuser, "wirewatch-setup")
    assert {change.action for change in set_up(one, ONE_NODE)} == {"created"}
    return superuser


def as_user(server: ElasticsearchServer, name: str) -> ElasticsearchServer:
    return msgspec.structs.replace(server, user=name, password=SECRET)


def test_the_writer_does_all_that_services_do(ready: ElasticsearchServer) -> None:
    server = as_user(ready, "wirewatch-writer")
    index = ElasticsearchIndex(server)
    index.apply([article(1, title="Banjska"), article(2, seen_at=NOON - timedelta(days=400))], [])
    index.apply([article(1, title="Banjska", feed_url="https://b.example/")], [])
    index.put([hit(1)], [])
    index.settle()
    assert index.count() == 2
    assert [one.title for one in index.candidates(Candidates(any_of=((("banjska",),),)))] == ["Banjska"]
    assert drop_older(server, 365, NOON)["articles"] == 1
    assert {change.action for change in set_up(server, ONE_NODE, only_look=True)} == {"unchanged"}
    with pytest.raises(StoreError, match=r"lacks a privilege.*deploy/elasticsearch"):
        reindex(server, ONE_NODE, every=True)
    index.close()


def test_the_writer_may_ask_how_it_is(ready: ElasticsearchServer, admin: Elasticsearch) -> None:
    alias = f"{ready.prefix}-fetches"
    with Inspection(as_user(ready, "wirewatch-writer")) as asked:
        assert asked.versions()[0].startswith("9.")
        assert asked.health() == Health("green", 1)
        assert asked.disks() == ()
        assert asked.folded_before() == 0
        admin.indices.put_settings(index=alias, settings={"number_of_replicas": 1, "blocks.write": True})
        health = asked.health()
        assert (health.color, health.nodes) == ("yellow", 1)
        assert f"a copy of it has no place: {alias}-00000" in health.why
        assert "a copy of this shard is already allocated to this node" in health.why
        assert [one.partition(" ")[2] for one in asked.blocked()] == ["(write)"]
        admin.indices.put_settings(index=alias, settings={"number_of_replicas": 0, "blocks.write": False})
        assert asked.blocked() == ()


def test_the_reader_reads_and_no_more(ready: ElasticsearchServer) -> None:
    writer = ElasticsearchIndex(as_user(ready, "wirewatch-writer"))
    writer.apply([article(5, title="Reading")], [])
    writer.settle()
    reader = ElasticsearchIndex(as_user(ready, "wirewatch-reader"))
    assert [one.title for one in reader.candidates(Candidates(any_of=((("reading",),),)))] == ["Reading"]
    assert reader.article(article(5).article_id) is not None
    with pytest.raises(StoreError, match="lacks a privilege") as caught:
        reader.apply([article(6)], [])
    assert not caught.value.retryable
    for index in (writer, reader):
        index.close()


def test_setup_makes_a_new_generation_with_its_role(ready: ElasticsearchServer) -> None:
    writer = ElasticsearchIndex(as_user(ready, "wirewatch-writer"))
    writer.apply([article(7)], [])
    changes = reindex(as_user(ready, "wirewatch-setup"), ONE_NODE, every=True)
    assert sum(change.action == "created" for change in changes) == 6
    assert writer.article(article(7).article_id) is not None
    writer.close()


def test_an_api_key_is_a_login(ready: ElasticsearchServer, admin: Elasticsearch) -> None:
    body = json.loads((ROLES / "wirewatch-writer.json").read_text("utf-8"))
    del body["metadata"]
    key = admin.security.create_api_key(name="services", role_descriptors={"writer": body})["encoded"]
    server = msgspec.structs.replace(ready, user="", password="", api_key=key)
    index = ElasticsearchIndex(server)
    index.apply([article(8)], [])
    assert index.article(article(8).article_id) == article(8)
    index.close()
    assert SECRET not in repr(ready)
    assert key not in repr(server)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"user": "", "password": "", "api_key": "d3Jvbmc6a2V5"}])
def test_a_wrong_login_is_said_at_once(ready: ElasticsearchServer, wrong: dict[str, str]) -> None:
    index = ElasticsearchIndex(msgspec.structs.replace(ready, **wrong))
    with pytest.raises(StoreError, match=r"the login was refused: see elasticsearch\.api_key") as caught:
        index.apply([article(1)], [])
    assert not caught.value.retryable
    assert caught.value.subject == ready.urls[0]
    index.close()


def test_nothing_is_made_by_writing(ready: ElasticsearchServer, admin: Elasticsearch) -> None:
    index = ElasticsearchIndex(msgspec.structs.replace(ready, prefix="wirewatch-other"))
    with pytest.raises(StoreError, match="run `wirewatch setup`"):
        index.apply([article(1)], [])
    with pytest.raises(StoreError, match="run `wirewatch setup`"):
        index.put([hit(1)], [])
    assert admin.indices.get(index="wirewatch-other*").body == {}
    index.close()


class TestEncryption:
    def _count(self, server: ElasticsearchServer) -> int:
        index = ElasticsearchIndex(server)
        try:
            return index.count()
        finally:
            index.close()

    def test_an_authority_known_by_its_fingerprint(self, ready: ElasticsearchServer, authority: Authority) -> None:
        for fingerprint in (authority.fingerprint, ":".join(re.findall("..", authority.fingerprint.upper()))):
            server = msgspec.structs.replace(ready, ca_file="", ca_fingerprint=fingerprint)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert self._count(server) >= 0

    @pytest.mark.parametrize("changes", [{"ca_file": ""}, {"ca_file": "", "ca_fingerprint": "ab" * 32}])
    def test_a_certificate_nobody_vouches_for_is_said(
        self, ready: ElasticsearchServer, changes: dict[str, str]
    ) -> None:
        with pytest.raises(StoreError, match=r"certificate is not trusted.*elasticsearch\.ca_file") as caught:
            self._count(msgspec.structs.replace(ready, **changes))
        assert not caught.value.retryable

    def test_an_authority_that_is_no_file_is_said(self, ready: ElasticsearchServer) -> None:
        with pytest.raises(StoreError, match="No such file") as caught:
            self._count(msgspec.structs.replace(ready, ca_file="/nowhere/ca.pem"))
        assert not caught.value.retryable
