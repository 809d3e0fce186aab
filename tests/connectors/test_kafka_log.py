from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import NewRecord, Record, Topic
from connectors.log.counters import KafkaCounters
from connectors.log.enquiry import Enquiry
from connectors.log.kafka import KafkaLog, KafkaServer
from schemas import codec
from schemas.deadletter import DeadLetter
from schemas.errors import PositionLostError, RecordError, StoreError
from schemas.item import FeedItem
from tests.contracts.log import ConsumerContract, LogContract, read_all, record
from tests.samples import NOON, item
from tests.servers.kafka import Broker
from tests.servers.kafka_topics import fresh_topics

pytestmark = pytest.mark.servers


@pytest.fixture
def server(kafka: Broker) -> Iterator[KafkaServer]:
    with fresh_topics(kafka) as made:
        yield made


@pytest.fixture
def log(server: KafkaServer) -> Iterator[KafkaLog]:
    opened = KafkaLog(server, counters=KafkaCounters())
    yield opened
    opened.close()
    assert [one.name for one in threading.enumerate() if "kafka" in one.name.lower()] == []


@pytest.fixture
def places(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    yield opened
    opened.close()


class TestKafkaLog(LogContract):
    pass


class TestKafkaConsumer(ConsumerContract):
    pass


def one_partition(log: KafkaLog, count: int) -> int:
    """Records 0, 1, … of one key, and so in one partition, which is returned."""
    log.append([record("a", str(number).encode()) for number in range(count)])
    return read_all(log)[0].partition


def drop_before(server: KafkaServer, partition: int, offset: int) -> None:
    """What retention does, at once."""
    enquiry = Enquiry(server)
    enquiry.ask(lambda client: client.delete_records({TopicPartition(server.topic_name("items"), partition): offset}))
    enquiry.close()


def values(records: Sequence[Record]) -> list[int]:
    return [int(one.value) for one in records]


def foreign(server: KafkaServer, **options: Any) -> KafkaProducer:
    return KafkaProducer(**server.options(), **options)


def test_keys_are_spread_over_partitions(log: KafkaLog) -> None:
    log.append([record(f"key {number}", b"%d" % number) for number in range(60)])
    assert {one.partition for one in read_all(log)} == {0, 1, 2}
    assert log.ends("items").keys() == {0, 1, 2}


def test_dropped_records_are_an_error_that_says_how_many(log: KafkaLog, server: KafkaServer) -> None:
    partition = one_partition(log, 10)
    drop_before(server, partition, 6)
    with pytest.raises(PositionLostError, match=r"offset 2 is not kept, the oldest is 6: 4 records are gone") as lost:
        log.read("items", {partition: 2}, 100)
    assert (lost.value.topic, lost.value.partition, lost.value.asked, lost.value.oldest) == ("items", partition, 2, 6)
    assert not lost.value.retryable
    assert (log.counters.positions_lost_total, log.counters.records_lost_total) == (1, 4)
    assert values(log.read("items", {partition: lost.value.oldest}, 100)) == [6, 7, 8, 9]
    assert values(log.read("items", {}, 100)) == [6, 7, 8, 9]


def test_records_dropped_in_front_of_a_reader_are_not_passed_over(log: KafkaLog, server: KafkaServer) -> None:
    partition = one_partition(log, 3)
    log.read("items", {partition: 3}, 10)
    log.append([record("a", str(number).encode()) for number in range(3, 9)])
    drop_before(server, partition, 7)
    with pytest.raises(PositionLostError) as lost:
        log.read("items", {partition: 3}, 10)
    assert (lost.value.asked, lost.value.oldest) == (3, 7)


def test_a_place_behind_the_end_is_an_error(log: KafkaLog) -> None:
    partition = one_partition(log, 3)
    with pytest.raises(PositionLostError, match="it ends before that"):
        log.read("items", {partition: 4}, 10)
    assert values(log.read("items", {partition: 3}, 10)) == []


def test_a_place_in_a_partition_that_is_not_there_is_an_error(log: KafkaLog) -> None:
    with pytest.raises(StoreError, match="has no partition 9") as refused:
        log.read("items", {9: 1}, 10)
    assert not refused.value.retryable


def test_the_beginning_of_a_partition_that_is_not_there_is_read_over(log: KafkaLog) -> None:
    log.append([record("a", b"1")])
    # So a desk begins anew after its topic was made anew with fewer partitions.
    assert [one.value for one in log.read("hits", {9: 0}, 10)] == []
    assert [one.value for one in log.read("items", {9: 0}, 10)] == [b"1"]


def test_a_topic_that_is_not_there_says_what_to_do(kafka: Broker) -> None:
    log = KafkaLog(KafkaServer(servers=(kafka.servers,), prefix="nobody-made-these"))
    for call in (lambda: log.append([record("a")]), lambda: log.read("items", {}, 1), lambda: log.ends("items")):
        with pytest.raises(StoreError, match=r"nobody-made-these\.items: .*run `wirewatch setup`") as refused:
            call()
        assert not refused.value.retryable
    log.close()


def test_places_that_hold_no_record_end_a_read_like_others(log: KafkaLog, server: KafkaServer) -> None:
    # The marks of transactions take offsets of their own, and so does what was taken back: gaps as compaction makes.
    producer = foreign(server, transactional_id=server.prefix)
    producer.init_transactions()
    name = server.topic_name("items")
    for number in range(4):
        producer.begin_transaction()
        producer.send(name, b"%d" % number, partition=1)
        producer.flush()
        producer.commit_transaction()
    producer.close()
    assert log.ends("items")[1] == 8
    assert values(log.read("items", {}, 100)) == [0, 1, 2, 3]
    assert values(log.read("items", {1: 3}, 100)) == [2, 3]
    assert values(log.read("items", {1: 7}, 100)) == []
    assert values(log.read("items", {1: 2}, 1)) == [1]


def test_what_others_wrote_may_lack_key_value_and_headers(log: KafkaLog, server: KafkaServer) -> None:
    producer = foreign(server)
    producer.send(server.topic_name("items"), value=None, key=b"k", partition=0)
    producer.send(server.topic_name("items"), value=b"v", key=None, partition=1)
    producer.send(server.topic_name("items"), value=b"\xff", key=b"\xff", headers=[("h", b"\xff")], partition=2)
    producer.close()
    found = sorted((one.partition, one.key, one.value, one.headers) for one in read_all(log))
    assert found == [(0, "k", b"", {}), (1, "", b"v", {}), (2, "\ufffd", b"\xff", {"h": "\ufffd"})]


def test_readers_at_different_places_do_not_disturb_each_other(log: KafkaLog) -> None:
    partition = one_partition(log, 100)
    failures: list[BaseException] = []

    def follow(start: int) -> None:
        try:
            place = start
            while found := log.read("items", {partition: place}, 7):
                assert values(found) == list(range(place, min(place + 7, 100)))
                place += len(found)
            assert place == 100
        except Exception as error:  # noqa: BLE001 the thread must not die unheard
            failures.append(error)

    threads = [threading.Thread(target=follow, args=(start,)) for start in (0, 13, 26, 39, 52, 65)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_nothing_is_asked_for_without_records(log: KafkaLog) -> None:
    log.append([])
    assert log.read("items", {}, 0) == []


def test_brokers_that_are_away_are_worth_waiting_for() -> None:
    log = KafkaLog(KafkaServer(servers=("127.0.0.1:1",), timeout=1.0))
    for call in (lambda: log.append([record("a")]), lambda: log.read("items", {}, 1), lambda: log.ends("items")):
        with pytest.raises(StoreError, match=r"kafka 127\.0\.0\.1:1: no answer within 1 s: .*ECONNREFUSED") as away:
            call()
        assert away.value.retryable
    log.close()


def test_all_topics_can_be_written(log: KafkaLog) -> None:
    log.append([NewRecord(topic=topic, key="k", value=b"v") for topic in ("hits", "alerts", "actions", "fetches")])
    assert [len(log.read(topic, {}, 10)) for topic in ("hits", "alerts", "actions", "fetches", "items")] == [
        1,
        1,
        1,
        1,
        0,
    ]


def allow(server: KafkaServer, topic: Topic, most: int) -> None:
    """What an operator may have set: records of at most so many bytes, compressed."""
    enquiry = Enquiry(server)
    config = ConfigResource(ConfigResourceType.TOPIC, server.topic_name(topic), {"max.message.bytes": str(most)})
    enquiry.ask(lambda client: client.alter_configs([config]))
    enquiry.close()


def incompressible(length: int) -> str:
    return random.Random(1).randbytes(length).hex()[:length]


def test_an_item_the_brokers_do_not_take_has_its_text_cut(log: KafkaLog, server: KafkaServer) -> None:
    allow(server, "items", 20_000)
    given = [item(native_id=str(number), body=incompressible(number * 60_000), summary="S") for number in range(3)]
    log.append([NewRecord.of("items", one.article_id, one, trace="t") for one in given])
    found = {one.native_id: one for one in (codec.decode(one.value, FeedItem, one.headers) for one in read_all(log))}
    assert found["0"] == given[0]
    assert log.counters.items_cut_total == 2
    for number in ("1", "2"):
        cut, whole = found[number], given[int(number)]
        assert cut.truncated
        assert len(cut.body) > 10_000
        assert whole.body.startswith(cut.body)
        assert msgspec.structs.replace(cut, body=whole.body, truncated=False) == whole


def test_an_item_far_too_long_is_cut_before_it_is_sent(log: KafkaLog) -> None:
    given = item(body="Бањска " * 1_000_000)
    log.append([NewRecord.of("items", given.article_id, given)])
    (found,) = (codec.decode(one.value, FeedItem, one.headers) for one in read_all(log))
    assert found.truncated
    assert 3_900_000 < len(codec.encode(found)) <= 4 << 20


def test_a_dead_letter_too_long_keeps_the_beginning_of_its_record(log: KafkaLog, server: KafkaServer) -> None:
    allow(server, "deadletters", 200_000)
    raw = incompressible(900_000).encode()
    letter = DeadLetter(
        id="a", stage="hits", reason="r" * 9_000, position="items/1/2", raw=raw, length=len(raw), failed_at=NOON
    )
    log.append([NewRecord.of("deadletters", "a", letter)])
    (found,) = (codec.decode(one.value, DeadLetter, one.headers) for one in log.read("deadletters", {}, 10))
    assert not found.whole
    assert raw.startswith(found.raw)
    assert len(found.raw) == 64 * 1024
    assert (found.position, found.length, log.counters.letters_cut_total) == ("items/1/2", 900_000, 1)


@pytest.mark.parametrize("length", [9_000_000, 60_000])
def test_other_records_too_long_are_named(log: KafkaLog, server: KafkaServer, length: int) -> None:
    allow(server, "hits", 20_000)
    long = NewRecord(topic="hits", key="article 7", value=incompressible(length).encode())
    with pytest.raises(RecordError, match=rf"hits article 7: its {length + 9:,} bytes are more than the") as refused:
        log.append([long])
    assert refused.value.stage == "hits"
    log.append([record("a")])
    assert len(read_all(log)) == 1
