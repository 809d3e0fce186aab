"""Appending to Kafka and reading it in a group through our log, against bare kafka-python with the same records.

    python -m benchmarks.kafka_log [--items N] [--rounds N] [--servers HOST:PORT]

Ours: `KafkaLog.append` in batches, each returning when all is acknowledged; `GroupConsumer.read` and `commit` of batches
of the same size. Rival: `KafkaProducer` with the same options, the futures of a batch waited for; `KafkaConsumer.poll` and
`commit`, its records left as they come. All take turns on one broker, which shares the cores: the ratios say more than
the rates. Reading is timed from the first batch on, joining the group left out. Without `--servers` a broker of its own
is started, as for tests.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from kafka import KafkaConsumer, KafkaProducer

from benchmarks.corpus import items, record_of
from benchmarks.results import Result, options, record
from connectors.interfaces import NewRecord
from connectors.log.group import GroupConsumer
from connectors.log.kafka import KafkaLog, KafkaServer
from connectors.log.kafka_records import headers_of
from connectors.log.topic_writer import PRODUCING
from tests.servers.kafka import Broker, start_kafka
from tests.servers.kafka_topics import fresh_topics

_BATCH = 500


class Spent(msgspec.Struct):
    """Seconds of one way, round by round."""

    wall: list[float] = []
    cpu: list[float] = []


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--servers", default="", help="a broker without logins, instead of one of its own")
    chosen = parser.parse_args()
    records = [record_of(one) for one in items(chosen.items)]
    ways: dict[str, Callable[[KafkaServer, Sequence[NewRecord]], tuple[float, float]]] = {
        "append": _append,
        "append bare": _append_bare,
        "read": _read,
        "read bare": _read_bare,
    }
    spent = {name: Spent([], []) for name in ways}
    with _broker(chosen.servers) as broker:
        for _ in range(chosen.rounds + 1):
            with fresh_topics(broker, partitions=4) as server:
                # What is appended first is what both read, twice as much of it.
                for name, way in ways.items():
                    wall, cpu = way(server, records)
                    spent[name].wall.append(wall)
                    spent[name].cpu.append(cpu)
    length = statistics.fmean(len(one.value) for one in records)
    record(
        _result("Kafka: append against bare kafka-python", spent["append"], spent["append bare"], len(records), length),
        _result(
            "Kafka: read in a group against bare kafka-python",
            spent["read"],
            spent["read bare"],
            2 * len(records),
            length,
        ),
    )


def _result(what: str, ours: Spent, bare: Spent, count: int, length: float) -> Result:
    # In the first round the broker compiles.
    rate, rival = (count / statistics.median(one.wall[1:]) for one in (ours, bare))
    wall = [other / one for one, other in zip(ours.wall[1:], bare.wall[1:], strict=True)]
    cpu = [one / other for one, other in zip(ours.cpu[1:], bare.cpu[1:], strict=True)]
    return Result(
        what,
        f"{statistics.median(wall):.2f} x the rate ({min(wall):.2f} to {max(wall):.2f}),"
        f" {statistics.median(cpu):.2f} x the CPU time of the client",
        f"{count:,} records of {length:,.0f} bytes, batches of {_BATCH}, {len(wall)} alternating rounds;"
        f" {rate:,.0f} and {rival:,.0f} records a second beside the broker",
    )


@contextmanager
def _broker(servers: str) -> Iterator[Broker]:
    if servers:
        yield Broker(servers, "")
        return
    with tempfile.TemporaryDirectory() as folder:
        broker = start_kafka(Path(folder))
        yield broker
        assert broker.process is not None
        broker.process.stop()


def _batches(records: Sequence[NewRecord]) -> Iterator[Sequence[NewRecord]]:
    for first in range(0, len(records), _BATCH):
        yield records[first : first + _BATCH]


class _Clock:
    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def _append(server: KafkaServer, records: Sequence[NewRecord]) -> tuple[float, float]:
    log = KafkaLog(server)
    log.append(records[:1])
    clock = _Clock()
    for batch in _batches(records[1:]):
        log.append(batch)
    took = clock.read()
    log.close()
    return took


def _append_bare(server: KafkaServer, records: Sequence[NewRecord]) -> tuple[float, float]:
    name = server.topic_name("items")
    producer = KafkaProducer(**server.options(), **PRODUCING)
    made = [(one.value, one.key.encode(), headers_of(one)) for one in records]
    producer.send(name, *made[0]).get(30)
    clock = _Clock()
    for first in range(1, len(made), _BATCH):
        sent = [producer.send(name, value, key, headers) for value, key, headers in made[first : first + _BATCH]]
        for future in sent:
            future.get(30)
    took = clock.read()
    producer.close()
    return took


def _read(server: KafkaServer, records: Sequence[NewRecord]) -> tuple[float, float]:
    consumer = GroupConsumer(f"ours-{uuid.uuid4().hex[:6]}", server, "items")
    left = 2 * len(records)
    clock: _Clock | None = None
    while left:
        batch = consumer.read(_BATCH, 30)
        clock = clock or _Clock()
        left -= len(batch)
        consumer.commit({one.partition: one.offset + 1 for one in batch})
    assert clock is not None
    took = clock.read()
    consumer.close()
    return took


def _read_bare(server: KafkaServer, records: Sequence[NewRecord]) -> tuple[float, float]:
    consumer = KafkaConsumer(
        server.topic_name("items"),
        **server.options(),
        group_id=f"{server.prefix}.bare-{uuid.uuid4().hex[:6]}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        metrics_enabled=False,
    )
    left = 2 * len(records)
    clock: _Clock | None = None
    while left:
        polled = consumer.poll(timeout_ms=30_000, max_records=_BATCH)
        clock = clock or _Clock()
        left -= sum(map(len, polled.values()))
        consumer.commit()
    assert clock is not None
    took = clock.read()
    consumer.close()
    return took


if __name__ == "__main__":
    main()
