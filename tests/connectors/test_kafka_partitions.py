"""A Kafka topic read by partitions."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from connectors.interfaces import Record
from connectors.log.kafka_server import KafkaServer
from connectors.log.partitions import KafkaPartitionedTopic, KafkaPartitionReader, KafkaPartitions
from pipelines.patience import patiently
from schemas.errors import PositionLostError
from tests.servers.kafka import Broker

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def server(kafka: Broker) -> KafkaServer:
    return KafkaServer(servers=(kafka.servers,), prefix=f"test{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def admin(server: KafkaServer) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=list(server.servers))
    yield admin
    admin.delete_topics([topic for topic in admin.list_topics() if topic.startswith(server.prefix)])
    admin.close()


@pytest.fixture
def topic(server: KafkaServer, admin: KafkaAdminClient) -> Iterator[KafkaPartitionedTopic]:
    name = f"{server.prefix}.items"
    if name in admin.list_topics():
        admin.delete_topics([name])
    admin.create_topics([NewTopic(name, 3, 1)])
    opened = KafkaPartitions(server, f"c{uuid.uuid4().hex[:8]}", "items")()
    yield opened
    opened.close()


@pytest.fixture
def reader(topic: KafkaPartitionedTopic) -> Iterator[KafkaPartitionReader]:
    opened = topic.reader(1)
    yield opened
    opened.close()


def produce(server: KafkaServer, count: int, partition: int = 1) -> None:
    producer = KafkaProducer(bootstrap_servers=list(server.servers))
    for number in range(count):
        producer.send(
            f"{server.prefix}.items",
            str(number).encode(),
            key=f"key {number}".encode(),
            headers=[("schema", b"item/2")],
            partition=partition,
        )
    producer.flush()
    producer.close()


def read(reader: KafkaPartitionReader, start: int, limit: int = 100) -> list[Record]:
    end = time.monotonic() + 30
    while not (records := reader.read(start, limit, 0.1)):
        assert time.monotonic() < end
    return list(records)


def test_a_partition_is_read_from_wherever_one_says(
    server: KafkaServer, topic: KafkaPartitionedTopic, reader: KafkaPartitionReader
) -> None:
    assert list(topic.partitions()) == [0, 1, 2]
    assert list(reader.read(0, 10, 0.05)) == []
    produce(server, 10)
    first = read(reader, 0, 4)
    assert [(one.offset, one.key, one.value) for one in first] == [
        (number, f"key {number}", str(number).encode()) for number in range(4)
    ]
    assert first[0].headers == {"schema": "item/2"}
    assert first[0].position == "items/1/0"
    assert [one.offset for one in read(reader, 4)] == [4, 5, 6, 7, 8, 9]
    assert [one.offset for one in read(reader, 2, 3)] == [2, 3, 4]


def never() -> bool:
    return False


def begin(topic: KafkaPartitionedTopic, partition: int) -> int:
    """A busy broker is not always ready to answer for a new group."""
    return patiently(lambda: topic.begin(partition), never)


def test_a_run_begins_at_the_committed_place_else_at_the_oldest_record(
    server: KafkaServer, topic: KafkaPartitionedTopic, admin: KafkaAdminClient
) -> None:
    produce(server, 10)
    assert begin(topic, 1) == 0
    admin.delete_records({TopicPartition(f"{server.prefix}.items", 1): 3})
    assert begin(topic, 1) == 3
    patiently(lambda: topic.commit({1: 7, 2: 0}), never)
    assert [begin(topic, partition) for partition in (0, 1, 2)] == [0, 7, 0]
    patiently(lambda: topic.commit({1: 9}), never)
    assert [begin(topic, partition) for partition in (0, 1, 2)] == [0, 9, 0]


def test_a_place_that_is_no_longer_kept_is_an_error_and_never_skipped(
    server: KafkaServer, topic: KafkaPartitionedTopic, reader: KafkaPartitionReader, admin: KafkaAdminClient
) -> None:
    produce(server, 10)
    patiently(lambda: topic.commit({1: 2}), never)
    admin.delete_records({TopicPartition(f"{server.prefix}.items", 1): 6})
    with pytest.raises(PositionLostError) as begun:
        begin(topic, 1)
    assert (begun.value.asked, begun.value.oldest) == (2, 6)
    with pytest.raises(PositionLostError) as found:
        read(reader, 2)
    assert (found.value.asked, found.value.oldest) == (2, 6)
    assert [one.offset for one in read(reader, 6)] == [6, 7, 8, 9]
    with pytest.raises(PositionLostError):
        read(reader, 99)
