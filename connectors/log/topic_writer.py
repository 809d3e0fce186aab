"""Appending to topics: one producer of kafka-python for all threads, made anew when it is of no more use.

kafka-python 3.0.12 gives a producer up for good with the first record that brokers refuse, and everything else it has
in hand with it; and one whose records got no answer in time may never send again. So a producer that failed is not used
any more, and what was refused as too long is sent again one by one, by a producer for that alone: there the record in
hand is the one that is too long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer, errors
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.interfaces import NewRecord, Topic
from connectors.log.counters import KafkaCounters
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_client import Connections, open_producer, store_error
from connectors.log.kafka_records import headers_of
from connectors.log.kafka_server import KafkaServer
from connectors.log.record_length import FRAME_BYTES, RECORD_BYTES, fitting, length_of
from schemas.errors import StoreError

_BATCH_BYTES = 128 * 1024
_REQUEST_BYTES = 16 << 20
"""What kafka-python sends at once, and so takes of one record: more than any record of ours."""
_CLOSE_SECONDS = 1.0
"""What is in hand at the end is of an append that has given up: there is little to wait for."""
_TOO_LONG = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)


class TopicWriter:
    """Appends for any number of threads. Does not own `enquiry`."""

    def __init__(self, server: KafkaServer, enquiry: Enquiry, counters: KafkaCounters) -> None:
        self._server = server
        self._enquiry = enquiry
        self._counters = counters
        self._lock = threading.Lock()
        self._producer: _Producer | None = None
        self._known: frozenset[Topic] = frozenset()

    def append(self, records: Sequence[NewRecord]) -> None:
        """See `KafkaLog.append`."""
        fitted = [fitting(record, RECORD_BYTES[record.topic], self._counters) for record in records]
        if not fitted:
            return
        self._look_for({record.topic for record in fitted})
        with self._shared() as producer:
            refused = self._send(producer, fitted)
        if refused:
            self._append_one_by_one(refused)

    def close(self) -> None:
        """Release thread and sockets."""
        with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()

    def _look_for(self, topics: set[Topic]) -> None:
        # kafka-python waits for a topic that is not there until its time is up.
        for topic in topics - self._known:
            self._enquiry.partitions(topic)
        self._known |= topics

    @contextmanager
    def _shared(self) -> Iterator[_Producer]:
        with self._lock:
            if self._producer is None:
                self._producer = _Producer(self._server)
            producer = self._producer
            producer.users += 1
        try:
            yield producer
        finally:
            with self._lock:
                producer.users -= 1
                if producer.spent and self._producer is producer:
                    self._producer = None
                last = producer.spent and not producer.users
            if last:
                producer.close()

    def _send(self, producer: _Producer, records: Sequence[NewRecord]) -> Sequence[NewRecord]:
        """Append what the brokers take, and return what they found too long, and what was in hand with it."""
        refused = []
        try:
            sent = [(record, producer.send(record)) for record in records]
            until = time.monotonic() + 2 * self._server.timeout
            for record, future in sent:
                try:
                    future.get(timeout=max(0.001, until - time.monotonic()))
                except _TOO_LONG:
                    producer.spent = True
                    refused.append(record)
        except errors.KafkaError as error:
            failure = store_error(error, self._server, trouble=producer.connections.trouble)
            producer.spent = True
            # It may be a topic that is gone: the next call looks.
            self._known = frozenset()
            raise failure from error
        return refused

    def _append_one_by_one(self, records: Sequence[NewRecord]) -> None:
        producer = _Producer(self._server)
        try:
            for record in records:
                left = [record]
                while left := list(self._send(producer, left)):
                    producer.close()
                    producer = _Producer(self._server)
                    left = [fitting(left[0], self._fewer(left[0]), self._counters)]
        finally:
            producer.close()

    def _fewer(self, record: NewRecord) -> int:
        """How long a record may be that the brokers refused: what they say, or half when it is no longer than that."""
        name = self._server.topic_name(record.topic)
        asked = [ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": None})]
        half = length_of(record) // 2
        try:
            answer = self._enquiry.ask(lambda client: client.describe_configs(asked, config_filter="all"), name)
            most = int(answer["topic"][name]["max.message.bytes"]["value"]) - FRAME_BYTES
        except (StoreError, KeyError):
            # Not everybody may ask.
            return half
        return most if most < length_of(record) else half


class _Producer:
    """A producer that is idempotent and waits for all copies. `spent`: it is of no more use, for a fault it had."""

    def __init__(self, server: KafkaServer) -> None:
        self.users = 0
        self.spent = False
        self._server = server
        opened: tuple[KafkaProducer, Connections] = open_producer(
            server,
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            max_block_ms=server.timeout_ms,
            delivery_timeout_ms=2 * server.timeout_ms,
        )
        self._producer, self.connections = opened

    def send(self, record: NewRecord) -> Any:
        """Hand over; what is returned knows what became of it."""
        return self._producer.send(
            self._server.topic_name(record.topic),
            record.value,
            key=record.key.encode(),
            headers=headers_of(record),
        )

    def close(self) -> None:
        """Release thread and sockets, giving up what nobody waits for any more."""
        try:
            self._producer.close(timeout=_CLOSE_SECONDS)
        except errors.KafkaTimeoutError:
            # kafka-python leaves its thread running when something in hand did not arrive in time.
            sender = self._producer._sender  # noqa: SLF001 there is no other way to end it
            sender.force_close()
            sender.join()
