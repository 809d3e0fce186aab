"""The log at team and cluster size: Kafka, through kafka-python.

Written idempotently and acknowledged by all copies; the key decides the partition. Nothing written here is part of a
transaction, so it is read as soon as it is acknowledged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer, errors

from connectors.interfaces import NewRecord, Positions, Record, Topic
from connectors.log.counters import IN_THIS_PROCESS, KafkaCounters
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_client import Connections, open_producer, store_error
from connectors.log.kafka_records import headers_of
from connectors.log.kafka_server import KafkaServer
from connectors.log.topic_reader import TopicReader
from schemas.errors import StoreError

__all__ = ["KafkaLog", "KafkaServer"]

_BATCH_BYTES = 128 * 1024
_READERS = 4
"""Readers kept for their place, over all topics: desk, restore and a command or two beside them."""


class KafkaLog:
    """`Log` over topics that `set_up` has made. Connects when first used."""

    def __init__(self, server: KafkaServer, *, counters: KafkaCounters | None = None) -> None:
        self.counters = IN_THIS_PROCESS if counters is None else counters
        self._server = server
        self._enquiry = Enquiry(server)
        self._lock = threading.Lock()
        self._producer: tuple[KafkaProducer, Connections] | None = None
        self._known: set[Topic] = set()
        self._readers: list[tuple[Topic, TopicReader]] = []

    def append(self, records: Sequence[NewRecord]) -> None:
        """See `Log.append`; returns when all are acknowledged by every copy in step."""
        if not records:
            return
        producer, connections = self._writer({record.topic for record in records})
        try:
            sent = [(record, self._send(producer, record)) for record in records]
            until = time.monotonic() + 2 * self._server.timeout
            for _, future in sent:
                future.get(timeout=max(0.001, until - time.monotonic()))
        except errors.KafkaError as error:
            raise store_error(error, self._server, trouble=connections.trouble) from error

    def read(self, topic: Topic, start: Positions, limit: int) -> Sequence[Record]:
        """See `Log.read`; reads up to `limit` or the ends as they were when it was called."""
        if limit <= 0:
            return []
        reader = self._reader(topic, start)
        try:
            records = reader.read(start, limit)
        except StoreError:
            reader.close()
            raise
        with self._lock:
            self._readers.append((topic, reader))
            surplus = self._readers[:-_READERS]
            del self._readers[:-_READERS]
        for _, one in surplus:
            one.close()
        return records

    def ends(self, topic: Topic) -> Positions:
        """See `Log.ends`."""
        return self._enquiry.ends(topic)

    def close(self) -> None:
        """See `Log.close`."""
        with self._lock:
            readers, self._readers = self._readers, []
            producer, self._producer = self._producer, None
        for _, reader in readers:
            reader.close()
        if producer is not None:
            producer[0].close(timeout=self._server.timeout)
        self._enquiry.close()

    def _writer(self, topics: set[Topic]) -> tuple[KafkaProducer, Connections]:
        # kafka-python waits for a topic that is not there until its time is up.
        for topic in topics - self._known:
            self._enquiry.partitions(topic)
            self._known.add(topic)
        with self._lock:
            if self._producer is None:
                self._producer = open_producer(
                    self._server,
                    acks="all",
                    enable_idempotence=True,
                    compression_type="zstd",
                    batch_size=_BATCH_BYTES,
                    max_block_ms=self._server.timeout_ms,
                    delivery_timeout_ms=2 * self._server.timeout_ms,
                )
            return self._producer

    def _send(self, producer: KafkaProducer, record: NewRecord) -> Any:
        return producer.send(
            self._server.topic_name(record.topic),
            record.value,
            key=record.key.encode(),
            headers=headers_of(record),
        )

    def _reader(self, topic: Topic, start: Positions) -> TopicReader:
        """One that stands at `start`, else any of the topic, else a new one; nobody else has it meanwhile."""
        with self._lock:
            of_topic = [one for one in self._readers if one[0] == topic]
            # Most often there is one reader of a topic, and it stands where it is wanted.
            of_topic.sort(key=lambda one: sum(one[1].next.get(place) != asked for place, asked in start.items()))
            if of_topic:
                self._readers.remove(of_topic[0])
                return of_topic[0][1]
        return TopicReader(self._server, topic, self._enquiry.partitions(topic), self.counters)
