"""The log at team and cluster size: Kafka, through kafka-python.

Written idempotently and acknowledged by all copies; the key decides the partition. Nothing written here is part of a
transaction, so it is read as soon as it is acknowledged.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from connectors.interfaces import NewRecord, Positions, Record, Topic
from connectors.log.counters import IN_THIS_PROCESS, KafkaCounters
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_server import KafkaServer
from connectors.log.topic_reader import TopicReader
from connectors.log.topic_writer import TopicWriter
from schemas.errors import StoreError

__all__ = ["KafkaLog", "KafkaServer"]

_READERS = 4
"""Readers kept for their place, over all topics: desk, restore and a command or two beside them."""


class KafkaLog:
    """`Log` over topics that `set_up` has made. Connects when first used."""

    def __init__(self, server: KafkaServer, *, counters: KafkaCounters | None = None) -> None:
        self.counters = IN_THIS_PROCESS if counters is None else counters
        self._server = server
        self._enquiry = Enquiry(server)
        self._lock = threading.Lock()
        self._writer = TopicWriter(server, self._enquiry, self.counters)
        self._readers: list[tuple[Topic, TopicReader]] = []

    def append(self, records: Sequence[NewRecord]) -> None:
        """See `Log.append`; returns when all are acknowledged by every copy in step.

        An item that is longer than the brokers take is appended with its text cut, a dead letter with less of its
        record; both are counted. Any other such record is a `RecordError` that names it, before anything of the call
        is appended unless the brokers take less than `set_up` has told them.
        """
        self._writer.append(records)

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
        for _, reader in readers:
            reader.close()
        self._writer.close()
        self._enquiry.close()

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
