"""Topics of one test, the graph over them on an engine, and what comes of it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaProducer

from connectors.interfaces import Candidates
from connectors.log.enquiry import Enquiry
from connectors.log.kafka import KafkaLog
from connectors.log.kafka_server import KafkaServer
from schemas import codec
from schemas.hit import ItemHits
from schemas.item import FeedItem
from tests.product import arguments, environment
from tests.samples import item
from tests.servers.flink import Flink
from wirewatch import wiring
from wirewatch.settings import load

PARTITIONS = 4
EMPTY = 3
"""The partition that nothing is ever published to."""
_DEADLINE = 180.0


def article(number: int) -> FeedItem:
    """Every third is about what the shipped lists watch."""
    return item(number, title=f"Kosovo and the talks, part {number}" if number % 3 == 0 else f"Weather, part {number}")


class Clustered:
    """Close it at the end; the job is the test's to cancel."""

    def __init__(self, flink: Flink, data: Path, servers: dict[str, str]) -> None:
        """`servers` is the environment that names them, and everything is set up there."""
        self.published = 0
        self._flink = flink
        self._data = data
        self._environment = servers
        settings = load(environment=servers)
        self._kafka = KafkaServer(servers=settings.kafka.servers, prefix=settings.kafka.prefix)
        self._producer = KafkaProducer(bootstrap_servers=list(self._kafka.servers), acks="all")
        self._index = wiring.open_index(settings)

    def close(self) -> None:
        self._producer.close()
        self._index.close()

    def publish(self, count: int, each: float = 0.0) -> None:
        """The next `count` articles, `each` seconds apart."""
        for number in range(self.published, self.published + count):
            one = article(number)
            self._producer.send(
                f"{self._kafka.prefix}.items",
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
        words = ["pipeline", "--data", str(self._data), "--runner", "PortableRunner", "--detach"]
        words += ["--job_endpoint", self._flink.endpoint, "--environment_type=PROCESS"]
        words += ["--environment_config", json.dumps({"command": str(self._flink.worker)})]
        words += ["--checkpointing_interval=1000", *(f"--{name}={value}" for name, value in options.items())]
        done = subprocess.run(
            arguments(*words),
            capture_output=True,
            text=True,
            timeout=180,
            env=environment(**self._environment),
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"4 partitions of {self._kafka.prefix}.items" in done.stdout
        until(lambda: bool(set(self._flink.states()) - before), "the job is in Flink")
        (job,) = set(self._flink.states()) - before
        return job

    def documents(self) -> dict[str, bytes]:
        """The articles in the index, by id."""
        self._index.settle()
        return {one.article_id: codec.encode(one) for one in self._index.candidates(Candidates())}

    def count(self) -> int:
        """How many articles there are."""
        self._index.settle()
        return self._index.count()

    def wait_for(self, documents: int) -> None:
        until(lambda: self.count() >= documents, f"{documents} documents", lambda: str(self.count()))

    def hits(self) -> list[ItemHits]:
        """The records of the hits topic, doubles included."""
        log = KafkaLog(self._kafka)
        try:
            return [codec.decode(one.value, ItemHits) for one in log.read("hits", {}, 100_000)]
        finally:
            log.close()

    def places(self) -> tuple[dict[int, int], dict[int, int]]:
        """The committed place in each partition of the items, where there is one, and its end."""
        enquiry = Enquiry(self._kafka)
        try:
            return dict(enquiry.committed("pipeline", "items")), dict(enquiry.ends("items"))
        finally:
            enquiry.close()


def until(condition: Callable[[], bool], what: str, said: Callable[[], str] = str) -> None:
    """Wait for `condition`, within minutes."""
    end = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not in time: {what} {said()}"
        time.sleep(0.2)
