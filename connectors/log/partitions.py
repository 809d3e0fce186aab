"""A Kafka topic read partition by partition, for an engine that shares out the partitions itself: no group is joined."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.interfaces import Positions, Record, Topic
from connectors.log.kafka import KafkaServer
from schemas.errors import PositionLostError, StoreError

if TYPE_CHECKING:
    from kafka import KafkaConsumer

_MOST_WAIT_MS = 50


class KafkaPartitions(msgspec.Struct, frozen=True):
    """Opens a topic as one consumer reads it; picklable, so that each worker opens its own."""

    server: KafkaServer
    consumer: str
    """The group its places are kept under is `<prefix>.<consumer>`. It has no members."""
    topic: Topic

    def __call__(self) -> KafkaPartitionedTopic:
        """The topic."""
        return KafkaPartitionedTopic(self.server, self.consumer, self.topic)


class KafkaPartitionedTopic:
    """`PartitionedTopic` over one topic."""

    def __init__(self, server: KafkaServer, consumer: str, topic: Topic) -> None:
        self._server = server
        self._topic = topic
        self._group = f"{server.prefix}.{consumer}"
        # Its only connection is made at the first call, and shared under a lock: a client is not safe between threads.
        self._client: KafkaConsumer | None = None
        self._lock = threading.Lock()

    def partitions(self) -> Sequence[int]:
        """See `PartitionedTopic.partitions`; none: the topic is not there."""
        name = _name(self._server, self._topic)
        found: set[int] = self._ask(lambda client: client.partitions_for_topic(name))
        return sorted(found)

    def begin(self, partition: int) -> int:
        """See `PartitionedTopic.begin`."""
        place = _place(self._server, self._topic, partition)
        oldest: int = self._ask(lambda client: client.beginning_offsets([place])[place])
        committed: int | None = self._ask(lambda client: client.committed(place))
        if committed is None:
            return oldest
        end: int = self._ask(lambda client: client.end_offsets([place])[place])
        if not oldest <= committed <= end:
            raise PositionLostError(self._topic, partition, asked=committed, oldest=oldest)
        return committed

    def reader(self, partition: int) -> KafkaPartitionReader:
        """See `PartitionedTopic.reader`."""
        return KafkaPartitionReader(self._server, self._topic, partition)

    def commit(self, positions: Positions) -> None:
        """See `PartitionedTopic.commit`."""
        from kafka.structs import OffsetAndMetadata

        places = {
            _place(self._server, self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in positions.items()
        }
        self._ask(lambda client: client.commit(places, timeout_ms=int(self._server.timeout * 1000)))

    def close(self) -> None:
        """See `PartitionedTopic.close`."""
        with self._lock:
            if self._client is not None:
                self._client.close(autocommit=False)
                self._client = None

    def _ask(self, question: Callable[[KafkaConsumer], Any]) -> Any:
        with self._lock, _as_store_errors(self._server):
            if self._client is None:
                self._client = _consumer(self._server, group_id=self._group)
            return question(self._client)


class KafkaPartitionReader:
    """`PartitionReader` over a connection of its own."""

    def __init__(self, server: KafkaServer, topic: Topic, partition: int) -> None:
        self._server = server
        self._topic = topic
        self._partition = partition
        self._place = _place(server, topic, partition)
        self._next = -1
        with _as_store_errors(server):
            self._client = _consumer(server, group_id=None)
            self._client.assign([self._place])

    def read(self, start: int, limit: int, wait: float) -> Sequence[Record]:
        """See `PartitionReader.read`."""
        from kafka.errors import OffsetOutOfRangeError

        with _as_store_errors(self._server):
            if start != self._next:
                self._client.seek(self._place, start)
                self._next = start
            try:
                found = self._client.poll(timeout_ms=int(wait * 1000), max_records=limit).get(self._place, ())
            except OffsetOutOfRangeError as error:
                self._next = -1
                oldest = self._client.beginning_offsets([self._place])[self._place]
                raise PositionLostError(self._topic, self._partition, asked=start, oldest=oldest) from error
        records = [_record(self._topic, one) for one in found]
        if records:
            self._next = records[-1].offset + 1
        return records

    def close(self) -> None:
        """See `PartitionReader.close`."""
        self._client.close(autocommit=False)


def _consumer(server: KafkaServer, group_id: str | None) -> KafkaConsumer:
    from kafka import KafkaConsumer

    return KafkaConsumer(
        **server.options(),
        group_id=group_id,
        enable_auto_commit=False,
        # A position out of range is an error to be told, never a reason to jump.
        auto_offset_reset="none",
        fetch_max_wait_ms=_MOST_WAIT_MS,
    )


@contextlib.contextmanager
def _as_store_errors(server: KafkaServer) -> Iterator[None]:
    from kafka.errors import KafkaError

    try:
        yield
    except KafkaError as error:
        message = f"{type(error).__name__}: {error}"
        raise StoreError(message, subject=",".join(server.servers), retryable=True) from error


def _name(server: KafkaServer, topic: Topic) -> str:
    return f"{server.prefix}.{topic}"


def _place(server: KafkaServer, topic: Topic, partition: int) -> Any:
    from kafka import TopicPartition

    return TopicPartition(_name(server, topic), partition)


def _record(topic: Topic, one: Any) -> Record:
    return Record(
        topic=topic,
        partition=one.partition,
        offset=one.offset,
        key=(one.key or b"").decode("utf-8", "replace"),
        value=one.value or b"",
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in one.headers},
        appended_at=datetime.fromtimestamp(one.timestamp / 1000, UTC),
    )
