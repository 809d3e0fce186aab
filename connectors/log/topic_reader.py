"""One consumer of kafka-python over all partitions of a topic, without a group, which goes to any place it is told.

It keeps what the brokers sent ahead: a read that begins where the last one ended asks for nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition, errors

from connectors.interfaces import Positions, Record, Topic
from connectors.log.counters import KafkaCounters
from connectors.log.kafka_client import open_consumer, store_error
from connectors.log.kafka_records import record_of
from connectors.log.kafka_server import KafkaServer
from schemas.errors import PositionLostError, StoreError

_SLICE_MS = 100
_FETCH_BYTES = 4 << 20


class TopicReader:
    """Reads one topic for one thread at a time. All calls raise `StoreError`; after one the reader is to be closed."""

    def __init__(self, server: KafkaServer, topic: Topic, partitions: Sequence[int], counters: KafkaCounters) -> None:
        self._server = server
        self._topic = topic
        self._name = server.topic_name(topic)
        self._counters = counters
        self._client, self._connections = open_consumer(
            server,
            max_partition_fetch_bytes=_FETCH_BYTES,
            # Questions about ends would wait behind a fetch that the broker holds back until there is something new.
            fetch_max_wait_ms=0,
        )
        self._next: dict[int, int] = {}
        self._assign(partitions)

    @property
    def next(self) -> Positions:
        """Where it stands: the place after the last record it gave, by partition."""
        return self._next

    def read(self, start: Positions, limit: int) -> Sequence[Record]:
        """See `Log.read`."""
        try:
            self._go_to(start)
            return self._read(limit)
        except errors.OffsetOutOfRangeError as error:
            ((place, asked),) = error.args[0].items()
            raise self._lost(place.partition, asked, self._client.beginning_offsets([place])[place]) from error
        except errors.LogTruncationError as error:
            place, back = next(iter(error.divergent_offsets.items()))
            oldest = self._client.beginning_offsets([place])[place] if back is None else back.offset
            raise self._lost(place.partition, self._next[place.partition], oldest) from error
        except errors.KafkaError as error:
            raise store_error(error, self._server, self._name, trouble=self._connections.trouble) from error

    def close(self) -> None:
        """Release thread and sockets."""
        self._client.close(autocommit=False, timeout_ms=0)

    def _assign(self, partitions: Sequence[int]) -> None:
        self._places = {partition: TopicPartition(self._name, partition) for partition in partitions}
        self._client.assign(list(self._places.values()))

    def _go_to(self, start: Positions) -> None:
        if start.keys() - self._places.keys():
            self._connections.look_at_topics(self._server.timeout_ms)
        if known := self._connections.partitions(self._name) - self._places.keys():
            self._assign(sorted(known | self._places.keys()))
        # The beginning of a partition that is not there leaves nothing out; a place further on does.
        if unknown := {partition for partition, place in start.items() if place} - self._places.keys():
            message = f"has no partition {', '.join(map(str, sorted(unknown)))}: was it made anew?"
            raise StoreError(message, subject=self._name)
        moved = [partition for partition in self._places if self._next.get(partition) != start.get(partition, -1)]
        if not moved:
            return
        places = [self._places[partition] for partition in moved]
        oldest = self._client.beginning_offsets(places, timeout_ms=self._server.timeout_ms)
        ends = self._ends(places)
        for partition in moved:
            place = self._places[partition]
            asked = start.get(partition, oldest[place])
            if not oldest[place] <= asked <= ends[place]:
                raise self._lost(partition, asked, oldest[place])
            if self._next.get(partition) != asked:
                self._client.seek(place, asked)
                self._next[partition] = asked

    def _read(self, limit: int) -> Sequence[Record]:
        records = self._poll(limit, 0)
        if len(records) == limit:
            return records
        # Only what the brokers say from here on tells that nothing more is there.
        ends = self._ends(list(self._places.values()))
        until = time.monotonic() + self._server.timeout
        while len(records) < limit and self._behind(ends):
            found = self._poll(limit - len(records), _SLICE_MS)
            records += found
            if found:
                until = time.monotonic() + self._server.timeout
            elif time.monotonic() > until:
                raise errors.KafkaTimeoutError
        return records

    def _behind(self, ends: Mapping[Any, int]) -> bool:
        # By its own position, not by the last record given: the end of a partition may be a gap.
        return any(self._client.position(place, timeout_ms=0) < end for place, end in ends.items())

    def _poll(self, limit: int, wait_ms: int) -> list[Record]:
        polled = self._client.poll(timeout_ms=wait_ms, max_records=limit)
        records = [record_of(self._topic, one) for found in polled.values() for one in found]
        for record in records:
            self._next[record.partition] = record.offset + 1
        return records

    def _ends(self, places: Sequence[Any]) -> Mapping[Any, int]:
        ends: Mapping[Any, int] = self._client.end_offsets(places, timeout_ms=self._server.timeout_ms)
        return ends

    def _lost(self, partition: int, asked: int, oldest: int) -> PositionLostError:
        self._counters.positions_lost_total += 1
        self._counters.records_lost_total += max(0, oldest - asked)
        return PositionLostError(self._topic, partition, asked=asked, oldest=oldest)
