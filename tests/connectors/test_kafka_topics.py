from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.interfaces import Change, Topic
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_server import KafkaServer
from connectors.log.topics import TOPICS, TopicTerms, set_up
from schemas.errors import StoreError
from tests.servers.kafka import Broker

pytestmark = pytest.mark.servers

TERMS = TopicTerms(partitions=2, replication=1, retention_days=7)


@pytest.fixture
def server(kafka: Broker) -> KafkaServer:
    return KafkaServer(servers=(kafka.servers,), prefix=f"test-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def enquiry(server: KafkaServer) -> Iterator[Enquiry]:
    opened = Enquiry(server)
    yield opened
    names = [server.topic_name(topic) for topic in TOPICS]
    there = set(opened.ask(lambda client: client.list_topics()))
    if mine := there & set(names):
        opened.ask(lambda client: client.delete_topics(sorted(mine)))
    opened.close()


def config(enquiry: Enquiry, server: KafkaServer, topic: Topic) -> dict[str, str]:
    name = server.topic_name(topic)
    asked = [ConfigResource(ConfigResourceType.TOPIC, name)]
    answer = enquiry.ask(lambda client: client.describe_configs(asked, config_filter="all"))
    return {key: one["value"] for key, one in answer["topic"][name].items()}


def actions(server: KafkaServer, terms: TopicTerms, *, only_look: bool = False) -> list[str]:
    return [one.action for one in set_up(server, terms, only_look=only_look)]


def test_topics_are_made_once_and_then_left_alone(server: KafkaServer, enquiry: Enquiry) -> None:
    made = set_up(server, TERMS)
    assert [(one.subject, one.action) for one in made] == [
        (f"topic {server.prefix}.{topic}", "created") for topic in TOPICS
    ]
    assert set_up(server, TERMS) == [Change(f"topic {server.prefix}.{topic}", "unchanged") for topic in TOPICS]
    assert [list(enquiry.partitions(topic)) for topic in TOPICS] == [[0, 1]] * 6


def test_hits_and_items_are_dropped_by_age_and_alerts_never(server: KafkaServer, enquiry: Enquiry) -> None:
    set_up(server, TERMS)
    for topic in ("items", "hits", "deadletters", "fetches", "actions"):
        found = config(enquiry, server, topic)
        assert (found["cleanup.policy"], found["retention.ms"]) == ("delete", str(7 * 86_400_000))
    assert config(enquiry, server, "alerts")["cleanup.policy"] == "compact"
    assert int(config(enquiry, server, "items")["max.message.bytes"]) >= 4 << 20


def test_partitions_are_added_and_never_taken_away(server: KafkaServer, enquiry: Enquiry) -> None:
    set_up(server, TERMS)
    more = set_up(server, msgspec.structs.replace(TERMS, partitions=3))
    assert {(one.action, one.detail) for one in more} == {("changed", "partitions 2 -> 3")}
    fewer = set_up(server, msgspec.structs.replace(TERMS, partitions=1))
    assert {(one.action, one.detail) for one in fewer} == {
        ("unchanged", "3 partitions where 1 are asked for: they cannot be taken away")
    }
    assert list(enquiry.partitions("items")) == [0, 1, 2]


def test_settings_that_differ_are_put_right_and_others_kept(server: KafkaServer, enquiry: Enquiry) -> None:
    set_up(server, TERMS)
    theirs = {"retention.ms": "1000", "segment.bytes": "20000000"}
    other = [ConfigResource(ConfigResourceType.TOPIC, server.topic_name("hits"), theirs)]
    enquiry.ask(lambda client: client.alter_configs(other))
    changed = [one for one in set_up(server, TERMS) if one.action != "unchanged"]
    assert changed == [Change(f"topic {server.prefix}.hits", "changed", "retention.ms 1000 -> 604800000")]
    found = config(enquiry, server, "hits")
    assert (found["retention.ms"], found["segment.bytes"]) == ("604800000", "20000000")


def test_looking_changes_nothing(server: KafkaServer, enquiry: Enquiry) -> None:
    assert actions(server, TERMS, only_look=True) == ["created"] * 6
    with pytest.raises(StoreError, match="run `wirewatch setup`"):
        enquiry.partitions("items")
    set_up(server, TERMS)
    wanted = msgspec.structs.replace(TERMS, partitions=3, retention_days=8)
    assert actions(server, wanted, only_look=True) == ["changed"] * 6
    assert actions(server, TERMS, only_look=True) == ["unchanged"] * 6


def test_more_copies_than_brokers_are_refused_with_the_topic_named(server: KafkaServer, enquiry: Enquiry) -> None:
    with pytest.raises(StoreError, match=rf"{server.prefix}\.items: .*[Rr]eplication") as refused:
        set_up(server, msgspec.structs.replace(TERMS, replication=3))
    assert not refused.value.retryable


def test_copies_that_differ_are_said(server: KafkaServer, enquiry: Enquiry) -> None:
    set_up(server, TERMS)
    found = set_up(server, msgspec.structs.replace(TERMS, replication=2), only_look=True)
    assert "1 copies where 2 are asked for" in found[0].detail
