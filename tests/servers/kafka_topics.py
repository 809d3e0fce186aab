"""Topics of a test's own on a broker that others use too. Apart from the broker, as it imports the client."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from connectors.log.enquiry import Enquiry
from connectors.log.kafka_server import KafkaServer
from connectors.log.topics import TOPICS, TopicTerms, set_up
from tests.servers.kafka import Broker


@contextlib.contextmanager
def fresh_topics(broker: Broker, *, partitions: int = 3, timeout: float = 10.0) -> Iterator[KafkaServer]:
    """Topics of the test's own, under a prefix nobody else has; gone afterwards."""
    server = KafkaServer(servers=(broker.servers,), prefix=f"test-{uuid.uuid4().hex[:12]}", timeout=timeout)
    set_up(server, TopicTerms(partitions=partitions))
    yield server
    enquiry = Enquiry(server)
    enquiry.ask(lambda client: client.delete_topics([server.topic_name(topic) for topic in TOPICS]))
    enquiry.close()
