from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import msgspec
import pytest

from connectors.log.enquiry import Enquiry
from connectors.log.group import GroupConsumer
from connectors.log.kafka import KafkaLog, KafkaServer
from connectors.log.topics import TopicTerms, set_up
from schemas.errors import StoreError
from tests.contracts.log import read_all, record
from tests.servers.kafka import PASSWORD, USER, Broker
from tests.servers.kafka_topics import fresh_topics

pytestmark = pytest.mark.servers

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.fixture
def topics(kafka: Broker) -> Iterator[KafkaServer]:
    with fresh_topics(kafka) as made:
        yield made


def with_login(topics: KafkaServer, broker: Broker, mechanism: str, password: str) -> KafkaServer:
    return msgspec.structs.replace(
        topics,
        servers=(broker.login,),
        security="sasl_plaintext",
        mechanism=mechanism,
        user=USER,
        password=password,
        timeout=30.0,
    )


def write(server: KafkaServer) -> None:
    log = KafkaLog(server)
    try:
        log.append([record("a")])
    finally:
        log.close()


def read(server: KafkaServer) -> None:
    log = KafkaLog(server)
    try:
        read_all(log)
    finally:
        log.close()


def read_in_group(server: KafkaServer) -> None:
    consumer = GroupConsumer("pipeline", server, "items")
    try:
        consumer.read(1, 0)
    finally:
        consumer.close()


def look(server: KafkaServer) -> None:
    set_up(server, TopicTerms(), only_look=True)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_everything_works_behind_a_login(topics: KafkaServer, kafka: Broker, mechanism: str) -> None:
    server = with_login(topics, kafka, mechanism, PASSWORD)
    for call in (look, write, read):
        call(server)
    consumer = GroupConsumer("pipeline", server, "items")
    (found,) = consumer.read(10, 0)
    consumer.commit({found.partition: found.offset + 1})
    assert consumer.lag() == 0
    consumer.close()


@pytest.mark.parametrize("call", [write, read, read_in_group, look])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_said_in_seconds(
    topics: KafkaServer, kafka: Broker, mechanism: str, call: Callable[[KafkaServer], None]
) -> None:
    server = with_login(topics, kafka, mechanism, "not it")
    began = time.monotonic()
    with pytest.raises(StoreError, match=rf"login refused as {USER} by {mechanism}: .*") as refused:
        call(server)
    assert time.monotonic() - began < 10
    assert not refused.value.retryable
    assert "not it" not in str(refused.value) + repr(server)


def test_a_login_where_none_is_asked_for_is_said(topics: KafkaServer, kafka: Broker) -> None:
    server = msgspec.structs.replace(with_login(topics, kafka, "PLAIN", PASSWORD), servers=(kafka.servers,))
    with pytest.raises(StoreError, match="login refused"):
        write(server)


def test_no_login_where_one_is_asked_for_gets_no_answer(topics: KafkaServer, kafka: Broker) -> None:
    with pytest.raises(StoreError, match="no answer within 2 s") as away:
        write(msgspec.structs.replace(topics, servers=(kafka.login,), timeout=2.0))
    assert away.value.retryable


def test_one_broker_of_the_list_is_enough(topics: KafkaServer, kafka: Broker) -> None:
    enquiry = Enquiry(msgspec.structs.replace(topics, servers=("127.0.0.1:1", kafka.servers)))
    assert list(enquiry.partitions("items")) == [0, 1, 2]
    enquiry.close()
