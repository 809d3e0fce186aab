"""What every Log must do. A test module binds it: `class TestEmbeddedLog(LogContract)` with a `log` fixture."""

from __future__ import annotations

import threading

from connectors.interfaces import Log, NewRecord, PositionStore, Record
from connectors.log.consumer import StoredPositionConsumer


def record(key: str, value: bytes = b"{}", **headers: str) -> NewRecord:
    return NewRecord(topic="items", key=key, value=value, headers=headers)


def read_all(log: Log, limit: int = 1000) -> list[Record]:
    return list(log.read("items", {}, limit))


class LogContract:
    def test_empty_topic_has_nothing(self, log: Log) -> None:
        assert list(log.read("items", {}, 10)) == []
        assert sum(log.ends("items").values()) == 0

    def test_bytes_keys_and_headers_come_back_as_given(self, log: Log) -> None:
        given = [
            record("ключ", b"\x00\xff\n", schema="item/1", trace="т"),
            record("", b""),
            record("k" * 1000, b"x" * 300_000),
        ]
        log.append(given)
        assert sorted((one.key, one.value, one.headers) for one in read_all(log)) == sorted(
            (one.key, one.value, one.headers) for one in given
        )

    def test_records_of_one_key_stay_in_order(self, log: Log) -> None:
        log.append([record("a", str(number).encode()) for number in range(50)])
        log.append([record("a", str(number).encode()) for number in range(50, 60)])
        assert [int(one.value) for one in read_all(log)] == list(range(60))

    def test_offsets_grow_and_reading_goes_on_from_a_position(self, log: Log) -> None:
        log.append([record("a", str(number).encode()) for number in range(10)])
        first = log.read("items", {}, 4)
        assert [int(one.value) for one in first] == [0, 1, 2, 3]
        rest = log.read("items", {first[-1].partition: first[-1].offset + 1}, 100)
        assert [int(one.value) for one in rest] == [4, 5, 6, 7, 8, 9]
        assert log.ends("items")[rest[-1].partition] == rest[-1].offset + 1

    def test_a_limit_is_kept_and_pages_give_all_once(self, log: Log) -> None:
        log.append([record(f"key {number % 17}", str(number).encode()) for number in range(100)])
        place: dict[int, int] = {}
        found: list[Record] = []
        while page := log.read("items", place, 7):
            assert len(page) == min(7, 100 - len(found))
            for one in page:
                assert one.offset >= place.get(one.partition, 0)
                place[one.partition] = one.offset + 1
            found += page
        assert sorted(int(one.value) for one in found) == list(range(100))
        assert place.items() <= dict(log.ends("items")).items()
        by_key: dict[str, list[int]] = {}
        for one in found:
            by_key.setdefault(one.key, []).append(int(one.value))
        assert all(numbers == sorted(numbers) for numbers in by_key.values())

    def test_a_place_read_before_is_read_again(self, log: Log) -> None:
        log.append([record("a", str(number).encode()) for number in range(10)])
        partition = read_all(log)[0].partition
        for start in (10, 0, 7, 3, 10):
            assert [int(one.value) for one in log.read("items", {partition: start}, 2)] == [
                number for number in (start, start + 1) if number < 10
            ]

    def test_topics_are_apart(self, log: Log) -> None:
        log.append([record("a"), NewRecord(topic="hits", key="h", value=b"1")])
        assert [one.key for one in read_all(log)] == ["a"]
        assert [one.key for one in log.read("hits", {}, 10)] == ["h"]

    def test_position_names_topic_partition_and_offset(self, log: Log) -> None:
        log.append([record("a")])
        one = read_all(log)[0]
        assert one.position == f"items/{one.partition}/{one.offset}"

    def test_writers_in_several_threads_lose_nothing(self, log: Log) -> None:
        def write(name: str) -> None:
            for number in range(20):
                log.append([record(name, str(number).encode())])

        threads = [threading.Thread(target=write, args=(f"thread {number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        by_key: dict[str, list[int]] = {}
        for one in read_all(log):
            by_key.setdefault(one.key, []).append(int(one.value))
        assert by_key == {f"thread {number}": list(range(20)) for number in range(4)}


class ConsumerContract:
    """A Consumer whose place is kept in a store of ours."""

    def test_goes_on_after_the_committed_place_only(self, log: Log, places: PositionStore) -> None:
        log.append([record("a", str(number).encode()) for number in range(6)])
        first = StoredPositionConsumer("pipeline", log, "items", places)
        read = first.read(4, 0)
        assert first.lag() == 6
        first.commit({read[1].partition: read[1].offset + 1})
        again = StoredPositionConsumer("pipeline", log, "items", places)
        assert [int(one.value) for one in again.read(100, 0)] == [2, 3, 4, 5]
        assert again.lag() == 4

    def test_consumers_have_places_of_their_own(self, log: Log, places: PositionStore) -> None:
        log.append([record("a")])
        one = StoredPositionConsumer("one", log, "items", places)
        one.commit({read.partition: read.offset + 1 for read in one.read(10, 0)})
        assert len(StoredPositionConsumer("two", log, "items", places).read(10, 0)) == 1

    def test_waits_for_the_first_record(self, log: Log, places: PositionStore) -> None:
        consumer = StoredPositionConsumer("pipeline", log, "items", places)
        assert consumer.read(10, 0.05) == ()
        writer = threading.Timer(0.1, log.append, args=([record("late")],))
        writer.start()
        assert [one.key for one in consumer.read(10, 20)] == ["late"]
        writer.join()
