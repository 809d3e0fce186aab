"""Questions to the brokers about topics and groups, outside of reading and writing: ends, lag, what is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kafka import KafkaAdminClient, TopicPartition, errors
from kafka.admin import OffsetSpec

from connectors.interfaces import Positions, Topic
from connectors.log.kafka_client import Connections, open_admin, store_error
from connectors.log.kafka_server import KafkaServer
from connectors.log.shared import Shared

T = TypeVar("T")


class Enquiry:
    """One connection for questions, made with the first. Safe between threads; all calls raise `StoreError`.

    `stopped()` ends an attempt to connect early.
    """

    def __init__(self, server: KafkaServer, *, stopped: Callable[[], bool] = lambda: False) -> None:
        self._server = server
        self._shared: Shared[tuple[KafkaAdminClient, Connections]] = Shared(
            lambda: open_admin(server, stopped=stopped), lambda opened: opened[0].close()
        )

    def ask(self, question: Callable[[KafkaAdminClient], T], subject: str = "") -> T:
        """The answer to any question that kafka-python's client can put; `subject` names what it is about."""
        # One that failed is not asked again: it would go on asking a broker that no longer coordinates a group.
        with self._shared.use() as (client, connections):
            try:
                return question(client)
            except errors.KafkaError as error:
                raise store_error(error, self._server, subject, trouble=connections.trouble) from error

    def partitions(self, topic: Topic) -> Sequence[int]:
        """The partitions there are now. A topic that is not there is a `StoreError` that says what to do."""
        name = self._server.topic_name(topic)
        (found,) = self.ask(lambda client: client.describe_topics([name]), name)
        if error := errors.for_code(found["error_code"])() if found["error_code"] else None:
            raise store_error(error, self._server, name) from error
        return sorted(one["partition_index"] for one in found["partitions"])

    def beginnings(self, topic: Topic) -> Positions:
        """The oldest offset kept of each partition."""
        return self._offsets(topic, OffsetSpec.EARLIEST)

    def ends(self, topic: Topic) -> Positions:
        """The offset the next record of each partition will get."""
        return self._offsets(topic, OffsetSpec.LATEST)

    def committed(self, consumer: str, topic: Topic) -> Positions:
        """The places the group of `consumer` has committed; a partition without one is missing."""
        group, name = self._server.group_name(consumer), self._server.topic_name(topic)
        wanted = {group: [TopicPartition(name, partition) for partition in self.partitions(topic)]}
        found: dict[Any, Any] = self.ask(lambda client: client.list_group_offsets(wanted), group)[group]
        return {place.partition: one.offset for place, one in found.items() if one.offset >= 0}

    def lag(self, consumer: str, topic: Topic) -> int:
        """Records that the group of `consumer` has not committed: all, where it never committed a place."""
        committed, beginnings = self.committed(consumer, topic), self.beginnings(topic)
        return sum(
            max(0, end - max(committed.get(partition, 0), beginnings.get(partition, 0)))
            for partition, end in self.ends(topic).items()
        )

    def close(self) -> None:
        """Release thread and sockets."""
        self._shared.close()

    def _offsets(self, topic: Topic, spec: Any) -> Positions:
        name = self._server.topic_name(topic)
        wanted = {TopicPartition(name, partition): spec for partition in self.partitions(topic)}
        found = self.ask(lambda client: client.list_partition_offsets(wanted), name)
        return {place.partition: one.offset for place, one in found.items()}
