"""Topics of one test, the graph over them on an engine, and what comes of it."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Candidates
from schemas import codec
from schemas.hit import ItemHits
from schemas.item import FeedItem
from tests.product import arguments, environment
from tests.samples import item
from tests.servers.flink import Flink
from tests.servers.kafka import Broker

PARTITIONS = 4
EMPTY = 3
"""The partition that nothing is ever published to."""
_TOPICS = {"items": PARTITIONS, "hits": 1, "deadletters": 1}
_DEADLINE = 180.0


def article(number: int) -> FeedItem:
    """Every third is about what the shipped lists watch."""
    return item(number, title=f"Kosovo and the talks, part {number}" if number % 3 == 0 else f"Weather, part {number}")


class Clustered:
    """Close it at the end; the job is the test's to cancel."""

    def __init__(self, broker: Broker, flink: Flink, data: Path) -> None:
        self.prefix = f"cluster-{uuid.uuid4().hex[:8]}"
        self.data = data
        self.published = 0
        self._flink = flink
        self._servers = broker.servers
        self._producer = KafkaProducer(bootstrap_servers=broker.servers, acks="all")
        self._admin = KafkaAdminClient(bootstrap_servers=broker.servers)
        self._admin.create_topics([NewTopic(f"{self.prefix}.{name}", count, 1) for name, count in _TOPICS.items()])

    def close(self) -> None:
        self._producer.close()
        self._admin.delete_topics([f"{self.prefix}.{name}" for name in _TOPICS])
        self._admin.close()

    def publish(self, count: int, each: float = 0.0) -> None:
        """The next `count` articles, `each` seconds apart."""
        for number in range(self.published, self.published + count):
            one = article(number)
            self._producer.send(
                f"{self.prefix}.items",
                codec.encode(one),
                key=one.article_id.encode(),
                headers=[(name, value.encode()) for name, value in codec.headers(one, trace=one.trace_id).items()],
                partition=number % EMPTY,
            )
            time.sleep(each)
        self._producer.flush()
        self.published += count

    def submit(self, **options: str) -> str:
        """Hand the graph to Flink as a user does; returns Flink's id of the job."""
        before = set(self._flink.states())
        words = ["pipeline", "--data", str(self.data), "--runner", "PortableRunner", "--detach"]
        words += ["--job_endpoint", self._flink.endpoint, "--environment_type=PROCESS"]
        words += ["--environment_config", json.dumps({"command": str(self._flink.worker)})]
        words += ["--checkpointing_interval=1000", *(f"--{name}={value}" for name, value in options.items())]
        settings = {"WIREWATCH_KAFKA_SERVERS": self._servers, "WIREWATCH_KAFKA_PREFIX": self.prefix}
        done = subprocess.run(
            arguments(*words), capture_output=True, text=True, timeout=180, env=environment(**settings), check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"4 partitions of {self.prefix}.items" in done.stdout
        until(lambda: bool(set(self._flink.states()) - before), "the job is in Flink")
        (job,) = set(self._flink.states()) - before
        return job

    def documents(self) -> dict[str, bytes]:
        """The articles in the index, by id."""
        if not (self.data / "index.sqlite3").is_file():
            return {}
        index = EmbeddedIndex(self.data / "index.sqlite3", read_only=True)
        try:
            return {one.article_id: codec.encode(one) for one in index.candidates(Candidates())}
        finally:
            index.close()

    def count(self) -> int:
        """How many articles there are."""
        return len(self.documents())

    def wait_for(self, documents: int) -> None:
        until(lambda: self.count() >= documents, f"{documents} documents", lambda: str(self.count()))

    def hits(self) -> list[ItemHits]:
        """The records of the hits topic, doubles included."""
        place = TopicPartition(f"{self.prefix}.hits", 0)
        consumer = KafkaConsumer(bootstrap_servers=self._servers, auto_offset_reset="earliest")
        try:
            consumer.assign([place])
            end = consumer.end_offsets([place])[place]
            found: list[ItemHits] = []
            while consumer.position(place) < end:
                found += [codec.decode(one.value, ItemHits) for one in consumer.poll(500).get(place, ())]
            return found
        finally:
            consumer.close()

    def lag(self) -> int:
        """Records whose place is not committed yet."""
        committed, ends = self.places()
        return sum(end - (committed[partition] or 0) for partition, end in ends.items())

    def places(self) -> tuple[dict[int, int | None], dict[int, int]]:
        """The committed place in each partition of the items, and its end."""
        places = [TopicPartition(f"{self.prefix}.items", partition) for partition in range(PARTITIONS)]
        consumer = KafkaConsumer(bootstrap_servers=self._servers, group_id=f"{self.prefix}.pipeline")
        try:
            ends = consumer.end_offsets(places)
            return (
                {place.partition: consumer.committed(place) for place in places},
                {place.partition: ends[place] for place in places},
            )
        finally:
            consumer.close()


def until(condition: Callable[[], bool], what: str, said: Callable[[], str] = str) -> None:
    """Wait for `condition`, within minutes."""
    end = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not in time: {what} {said()}"
        time.sleep(0.2)
