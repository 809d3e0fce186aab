"""A Kafka topic read partition by partition, for an engine that shares out the partitions itself: no group is joined."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from kafka import TopicPartition, errors
from kafka.structs import OffsetAndMetadata

from connectors.interfaces import Positions, Record, Topic
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_client import open_consumer, store_error
from connectors.log.kafka_records import record_of
from connectors.log.kafka_server import KafkaServer
from schemas.errors import PositionLostError, StoreError

_LONG_POLL_MS = 50
"""How long the brokers hold back an answer while there is nothing new."""


class KafkaPartitions(msgspec.Struct, frozen=True):
    """Opens a topic as one consumer reads it; picklable, so that each worker opens its own."""

    server: KafkaServer
    consumer: str
    """Its places are kept under the group `<prefix>.<consumer>`, which has no members."""
    topic: Topic

    def __call__(self) -> KafkaPartitionedTopic:
        """The topic."""
        return KafkaPartitionedTopic(self.server, self.consumer, self.topic)


class KafkaPartitionedTopic:
    """`PartitionedTopic` over one topic."""

    def __init__(self, server: KafkaServer, consumer: str, topic: Topic) -> None:
        self._server = server
        self._consumer = consumer
        self._topic = topic
        self._enquiry = Enquiry(server)

    def partitions(self) -> Sequence[int]:
        """See `PartitionedTopic.partitions`. A topic that is not there is a `StoreError` that says what to do."""
        return self._enquiry.partitions(self._topic)

    def begin(self, partition: int) -> int:
        """See `PartitionedTopic.begin`."""
        oldest = self._enquiry.beginnings(self._topic)[partition]
        committed = self._enquiry.committed(self._consumer, self._topic).get(partition)
        if committed is None:
            return oldest
        if not oldest <= committed <= self._enquiry.ends(self._topic)[partition]:
            raise PositionLostError(self._topic, partition, asked=committed, oldest=oldest)
        return committed

    def reader(self, partition: int) -> KafkaPartitionReader:
        """See `PartitionedTopic.reader`."""
        return KafkaPartitionReader(self._server, self._topic, partition)

    def commit(self, positions: Positions) -> None:
        """See `PartitionedTopic.commit`. Raises `StoreError` also when the group has members, who keep the places."""
        name, group = self._server.topic_name(self._topic), self._server.group_name(self._consumer)
        places = {
            TopicPartition(name, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in positions.items()
        }
        answers = self._enquiry.ask(lambda client: client.alter_group_offsets(group, places), group)
        for refused in answers.values():
            if issubclass(refused, errors.UnknownMemberIdError):
                message = "the group has members: micro-batch processes read under the same name"
                raise StoreError(message, subject=group)
            if refused is not errors.NoError:
                raise store_error(refused(), self._server, group)

    def close(self) -> None:
        """See `PartitionedTopic.close`."""
        self._enquiry.close()


class KafkaPartitionReader:
    """`PartitionReader` over a connection of its own, made here: raises `StoreError` when the brokers are away."""

    def __init__(self, server: KafkaServer, topic: Topic, partition: int) -> None:
        self._server = server
        self._topic = topic
        self._partition = partition
        self._place = TopicPartition(server.topic_name(topic), partition)
        self._next = -1
        self._client, self._connections = open_consumer(server, group_id=None, fetch_max_wait_ms=_LONG_POLL_MS)
        self._client.assign([self._place])

    def read(self, start: int, limit: int, wait: float) -> Sequence[Record]:
        """See `PartitionReader.read`."""
        try:
            if start != self._next:
                self._client.seek(self._place, start)
                self._next = start
            found = self._client.poll(timeout_ms=int(wait * 1000), max_records=limit).get(self._place, ())
            records = [record_of(self._topic, one) for one in found]
            if records:
                self._next = records[-1].offset + 1
        except errors.OffsetOutOfRangeError as error:
            raise self._lost(start) from error
        except errors.KafkaError as error:
            raise store_error(error, self._server, str(self._place.topic), trouble=self._connections.trouble) from error
        return records

    def close(self) -> None:
        """See `PartitionReader.close`."""
        self._client.close(autocommit=False)

    def _lost(self, start: int) -> StoreError:
        self._next = -1
        try:
            oldest = self._client.beginning_offsets([self._place])[self._place]
        except errors.KafkaError as error:
            return store_error(error, self._server, str(self._place.topic), trouble=self._connections.trouble)
        return PositionLostError(self._topic, self._partition, asked=start, oldest=oldest)
