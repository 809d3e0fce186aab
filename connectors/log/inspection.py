"""How a Kafka is doing, for whoever has to look after it. Asks, and changes nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import msgspec

from connectors.interfaces import Positions, Topic
from connectors.log.enquiry import Enquiry
from connectors.log.kafka import KafkaLog
from connectors.log.kafka_server import KafkaServer
from connectors.log.topics import TOPICS


class Group(msgspec.Struct, frozen=True):
    """How far one group of readers has come in one topic."""

    name: str
    """As the brokers call it."""
    topic: Topic
    present: bool
    """Whether a process reads as this group now. An engine that keeps the places itself never shows as present."""
    lag: int
    """Records still to be read."""
    lost: int
    """Records that were dropped by their age before this group read them."""
    waiting_since: datetime | None
    """When the oldest of the records still to be read was appended; None when there is none."""


class Inspection:
    """Questions to one Kafka; a context manager. Every method raises `StoreError`."""

    def __init__(self, server: KafkaServer) -> None:
        self._server = server
        self._enquiry = Enquiry(server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enquiry.close()

    def brokers(self) -> int:
        """How many brokers there are."""
        return len(self._enquiry.ask(lambda client: client.describe_cluster())["brokers"])

    def faulty_partitions(self) -> tuple[str, ...]:
        """What is wrong with partitions of our topics that are there: without a leader, or with fewer copies than meant."""
        names = [self._server.topic_name(topic) for topic in TOPICS]
        found: list[str] = []
        for topic in self._enquiry.ask(lambda client: client.describe_topics(names)):
            for one in topic["partitions"]:
                place = f"{topic['name']}/{one['partition_index']}"
                copies, current = len(one["replica_nodes"]), len(one["isr_nodes"])
                if one["leader_id"] < 0:
                    found.append(f"{place} has no leader: it can neither be read nor written")
                elif current < copies:
                    found.append(f"{place} has {current} of {copies} copies up to date")
        return tuple(found)

    def groups(self) -> tuple[Group, ...]:
        """Every group of ours that has read something, by name and topic."""
        named = {
            one["group_id"]: one["group_state"]
            for one in self._enquiry.ask(lambda client: client.list_groups())
            if one["group_id"].startswith(f"{self._server.prefix}.")
        }
        if not named:
            return ()
        committed: dict[str, Any] = self._enquiry.ask(lambda client: client.list_group_offsets(dict.fromkeys(named)))
        log = KafkaLog(self._server)
        try:
            return tuple(
                self._group(log, name, topic, places, present=named[name] not in {"Empty", "Dead"})
                for name in sorted(named)
                for topic, places in sorted(self._places(committed[name]).items())
            )
        finally:
            log.close()

    def reader(self, name: str, topic: Topic, places: Positions) -> Group:
        """The same of a reader that keeps its `places` itself."""
        log = KafkaLog(self._server)
        try:
            return self._group(log, name, topic, places, present=True)
        finally:
            log.close()

    def _places(self, committed: dict[Any, Any]) -> dict[Topic, dict[int, int]]:
        found: dict[Topic, dict[int, int]] = defaultdict(dict)
        for place, one in committed.items():
            topic = place.topic.removeprefix(f"{self._server.prefix}.")
            if topic in TOPICS and one.offset >= 0:
                found[topic][place.partition] = one.offset
        return found

    def _group(self, log: KafkaLog, name: str, topic: Topic, places: Positions, *, present: bool) -> Group:
        beginnings, ends = self._enquiry.beginnings(topic), self._enquiry.ends(topic)
        lost = sum(max(0, beginnings[part] - place) for part, place in places.items() if part in beginnings)
        following = {part: max(places.get(part, 0), beginnings[part]) for part in ends}
        waiting = {part: place for part, place in following.items() if place < ends[part]}
        oldest = [
            record.appended_at
            for part, place in waiting.items()
            for record in log.read(topic, {**ends, part: place}, 1)
        ]
        lag = sum(ends[part] - place for part, place in waiting.items())
        return Group(name, topic, present, lag, lost, min(oldest, default=None))
