from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from connectors.interfaces import Record
from connectors.log.counters import KafkaCounters
from connectors.log.enquiry import Enquiry
from connectors.log.group import GroupConsumer, Pace
from connectors.log.kafka import KafkaLog, KafkaServer
from schemas.errors import StoreError
from tests.contracts.log import record
from tests.servers.kafka import Broker
from tests.servers.kafka_topics import fresh_topics

pytestmark = pytest.mark.servers

QUICK = Pace(heartbeat=0.5, session=6)
"""Members hear of each other soon; the brokers allow no shorter session."""


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
def member(server: KafkaServer, log: KafkaLog) -> Iterator[Callable[..., GroupConsumer]]:
    """Makes members of the group `pipeline` that reads `items`."""
    made: list[GroupConsumer] = []

    def make(pace: Pace = QUICK, stopped: Callable[[], bool] = lambda: False) -> GroupConsumer:
        one = GroupConsumer("pipeline", server, "items", stopped=stopped, counters=KafkaCounters(), pace=pace)
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def enquiry(server: KafkaServer) -> Iterator[Enquiry]:
    opened = Enquiry(server)
    yield opened
    opened.close()


def write(log: KafkaLog, count: int, first: int = 0) -> None:
    """Records 0, 1, …, spread over the partitions."""
    log.append([record(f"key {number}", str(number).encode()) for number in range(first, first + count)])


def values(records: Sequence[Record]) -> list[int]:
    return sorted(int(one.value) for one in records)


def places(records: Sequence[Record]) -> dict[int, int]:
    behind: dict[int, int] = {}
    for one in records:
        behind[one.partition] = max(behind.get(one.partition, 0), one.offset + 1)
    return behind


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.02)


def some(consumer: GroupConsumer, seconds: float = 20) -> Sequence[Record]:
    """The first records it gets."""
    records = consumer.read(1000, seconds)
    assert records
    return records


def test_a_group_without_a_place_begins_at_the_beginning(log: KafkaLog, member: Callable[..., GroupConsumer]) -> None:
    write(log, 30)
    first = member()
    assert values(first.read(1000, 0)) == list(range(30))
    assert first.lag() == 30


def test_a_restart_begins_behind_what_was_committed(log: KafkaLog, member: Callable[..., GroupConsumer]) -> None:
    write(log, 30)
    first = member()
    read = first.read(12, 0)
    assert len(read) == 12
    first.commit(places(read))
    assert first.lag() == 18
    more = first.read(5, 0)
    first.close()
    again = member().read(1000, 0)
    assert values([*read, *again]) == list(range(30))
    assert set(values(more)) <= set(values(again))


def test_nothing_is_given_twice_and_an_empty_read_means_the_end(
    log: KafkaLog, member: Callable[..., GroupConsumer]
) -> None:
    write(log, 100)
    one = member()
    found: list[Record] = []
    while records := one.read(7, 0):
        assert len(records) <= 7
        found += records
    assert values(found) == list(range(100))
    write(log, 5, first=100)
    assert values(one.read(1000, 0)) == list(range(100, 105))


def test_a_read_waits_for_the_first_record(log: KafkaLog, member: Callable[..., GroupConsumer]) -> None:
    one = member()
    assert one.read(10, 0) == ()
    began = time.monotonic()
    assert one.read(10, 0.3) == ()
    assert 0.3 <= time.monotonic() - began < 3
    writer = threading.Timer(0.2, write, args=(log, 1))
    writer.start()
    assert values(one.read(10, 20)) == [0]
    writer.join()


def test_a_record_longer_than_what_is_fetched_at_once_is_read(
    log: KafkaLog, member: Callable[..., GroupConsumer]
) -> None:
    long = random.Random(1).randbytes(3 << 20)
    log.append([record("a", b"1"), record("a", long), record("a", b"2"), record("", b"3")])
    one = member()
    found: list[Record] = []
    while records := one.read(1000, 0):
        found += records
    assert [one.value for one in found if one.key == "a"] == [b"1", long, b"2"]
    assert [one.value for one in found if not one.key] == [b"3"]


def test_a_read_ends_early_once_stopped(log: KafkaLog, member: Callable[..., GroupConsumer]) -> None:
    stopping = threading.Event()
    one = member(stopped=stopping.is_set)
    one.read(10, 0)
    threading.Timer(0.2, stopping.set).start()
    began = time.monotonic()
    assert one.read(10, 60) == ()
    assert time.monotonic() - began < 5


def test_two_members_share_the_partitions_and_lose_nothing(
    log: KafkaLog, member: Callable[..., GroupConsumer], enquiry: Enquiry
) -> None:
    write(log, 300)
    done: dict[str, list[Record]] = {"one": [], "two": []}

    def work(name: str) -> None:
        consumer = member()
        while enquiry.lag("pipeline", "items"):
            read = consumer.read(20, 0.2)
            consumer.commit(places(read))
            done[name] += read

    threads = [threading.Thread(target=work, args=(name,)) for name in done]
    for thread in threads:
        thread.start()
    write(log, 100, first=300)
    for thread in threads:
        thread.join()
    assert set(values([*done["one"], *done["two"]])) == set(range(400))


def test_a_rebalance_in_mid_batch_is_counted_and_harmless(
    log: KafkaLog, member: Callable[..., GroupConsumer], enquiry: Enquiry
) -> None:
    write(log, 90)
    first, second = member(), member()
    batch = first.read(1000, 0)
    assert {one.partition for one in batch} == {0, 1, 2}
    # The batch runs; its keeper lets the second have a share meanwhile.
    taken = some(second)
    moved = {one.partition for one in taken}
    assert 0 < len(moved) < 3
    first.commit(places(batch))
    assert first.counters.commits_refused_total == 1
    kept = {partition: place for partition, place in places(batch).items() if partition not in moved}
    assert dict(enquiry.committed("pipeline", "items")) == kept
    second.commit(places(taken))
    while more := second.read(1000, 0):
        second.commit(places(more))
    assert second.counters.commits_refused_total == 0
    assert enquiry.lag("pipeline", "items") == 0
    assert first.read(1000, 0) == ()


def test_a_group_comes_to_rest_on_a_busy_machine(log: KafkaLog, member: Callable[..., GroupConsumer]) -> None:
    done = threading.Event()

    def burn() -> None:
        while not done.is_set():
            sum(range(1_000))

    busy = [threading.Thread(target=burn) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        write(log, 60)
        first, second = member(), member()
        batch = some(first)
        taken = some(second)
        first.commit(places(batch))
        second.commit(places(taken))
        # Joined alone, and then once with the other, give or take one: kafka-python left to itself goes on for ever.
        assert first.counters.rebalances_total <= 3
        assert second.counters.rebalances_total <= 2
    finally:
        done.set()
        for thread in busy:
            thread.join()


def test_what_was_fetched_ahead_of_a_lost_partition_is_not_given(
    log: KafkaLog, member: Callable[..., GroupConsumer]
) -> None:
    write(log, 300)
    first, second = member(), member()
    # The rest is in hand already when the second comes.
    first.commit(places(first.read(3, 0)))
    moved = {one.partition for one in some(second)}
    found: list[Record] = []
    while records := first.read(1000, 0):
        found += records
    assert found
    assert not moved & {one.partition for one in found}


def test_a_batch_longer_than_the_group_waits_keeps_its_place(
    log: KafkaLog, member: Callable[..., GroupConsumer], enquiry: Enquiry
) -> None:
    write(log, 30)
    one = member(Pace(heartbeat=0.3, session=6, poll=1.0))
    batch = one.read(1000, 0)
    seen = one.counters.rebalances_total
    end = time.monotonic() + 3.0
    until(lambda: time.monotonic() > end)
    one.commit(places(batch))
    assert (one.counters.rebalances_total, one.counters.commits_refused_total) == (seen, 0)
    assert enquiry.lag("pipeline", "items") == 0
    assert one.read(1000, 0) == ()


def test_leaving_gives_the_partitions_to_the_others_at_once(
    log: KafkaLog, member: Callable[..., GroupConsumer]
) -> None:
    write(log, 30)
    slow = Pace(heartbeat=0.5, session=60, poll=120)
    first, second = member(slow), member(slow)
    first.read(1000, 0)
    some(second)
    first.close()
    found: set[int] = set()
    began = time.monotonic()
    while len(found) < 3:
        found |= {one.partition for one in second.read(1000, 1)}
        write(log, 30)
        assert time.monotonic() - began < 20
    assert first.lag() >= 0


def test_a_dropped_place_is_counted_and_said_and_goes_on_at_the_oldest(
    log: KafkaLog,
    member: Callable[..., GroupConsumer],
    enquiry: Enquiry,
    server: KafkaServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    log.append([record("a", str(number).encode()) for number in range(20)])
    first = member()
    read = first.read(5, 0)
    first.commit(places(read))
    first.close()
    place = TopicPartition(server.topic_name("items"), read[0].partition)
    enquiry.ask(lambda client: client.delete_records({place: 12}))
    again = member()
    with caplog.at_level(logging.ERROR, "connectors.log.group"):
        assert values(again.read(1000, 0)) == list(range(12, 20))
    assert (again.counters.positions_lost_total, again.counters.records_lost_total) == (1, 7)
    (said,) = (vars(one) for one in caplog.records if one.name == "connectors.log.group")
    assert (said["subject"], said["position"], said["goes_on_at"]) == (f"{place.topic}/{place.partition}", 5, 12)
    assert again.lag() == 8


def test_a_place_behind_the_end_goes_on_at_the_oldest(
    log: KafkaLog, member: Callable[..., GroupConsumer], enquiry: Enquiry, server: KafkaServer
) -> None:
    write(log, 30)
    # As when the topic was made anew, shorter.
    ahead = {TopicPartition(server.topic_name("items"), 1): OffsetAndMetadata(1_000, "", -1)}
    enquiry.ask(lambda client: client.alter_group_offsets(server.group_name("pipeline"), ahead))
    one = member()
    found: list[Record] = []
    while records := one.read(1000, 0):
        found += records
    assert values(found) == list(range(30))
    assert (one.counters.positions_lost_total, one.counters.records_lost_total) == (1, 0)


def test_lag_without_a_place_counts_what_is_kept(
    log: KafkaLog, member: Callable[..., GroupConsumer], enquiry: Enquiry, server: KafkaServer
) -> None:
    log.append([record("a", str(number).encode()) for number in range(20)])
    partition = log.read("items", {}, 1)[0].partition
    enquiry.ask(lambda client: client.delete_records({TopicPartition(server.topic_name("items"), partition): 15}))
    assert member().lag() == 5


def test_an_attempt_to_reach_brokers_ends_once_stopped() -> None:
    stopping = threading.Event()
    nowhere = KafkaServer(servers=("127.0.0.1:1",), timeout=60.0)
    one = GroupConsumer("pipeline", nowhere, "items", stopped=stopping.is_set, counters=KafkaCounters())
    threading.Timer(0.3, stopping.set).start()
    began = time.monotonic()
    assert one.read(10, 30) == ()
    assert time.monotonic() - began < 10
    one.close()


def test_a_topic_that_is_not_there_says_what_to_do(kafka: Broker) -> None:
    one = GroupConsumer("pipeline", KafkaServer(servers=(kafka.servers,), prefix="nobody-made-these"), "items")
    with pytest.raises(StoreError, match=r"nobody-made-these\.items: .*run `wirewatch setup`"):
        one.read(1, 0)
    one.close()


def test_partitions_added_later_are_read(
    log: KafkaLog, member: Callable[..., GroupConsumer], enquiry: Enquiry, server: KafkaServer
) -> None:
    # A member that joins finds them at once; one that is there finds them when it looks at the topics again.
    write(log, 10)
    one = member()
    one.commit(places(one.read(1000, 0)))
    enquiry.ask(lambda client: client.create_partitions({server.topic_name("items"): 5}))
    enquiry.ask(lambda client: client.wait_for_topics([server.topic_name("items")]))
    one.close()
    log.close()
    again = KafkaLog(server)
    write(again, 60, first=10)
    assert {one.partition for one in again.read("items", {}, 1000)} == {0, 1, 2, 3, 4}
    again.close()
    two = member()
    found: list[Record] = []
    while records := two.read(1000, 0):
        found += records
    assert values(found) == list(range(10, 70))
