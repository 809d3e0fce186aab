"""A place of one's own on servers that others use too: what `wirewatch setup` makes, under a prefix nobody else has."""

from __future__ import annotations

import uuid

from connectors.index.elasticsearch import ElasticsearchServer
from connectors.index.templates import set_up as set_up_index
from connectors.log.kafka import KafkaServer
from connectors.log.topics import TopicTerms
from connectors.log.topics import set_up as set_up_log
from schemas.elasticsearch.templates import IndexTerms
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker


def prepared(broker: Broker, node: Node, partitions: int = 4) -> dict[str, str]:
    """The environment of commands that work on `broker` and `node`, which are ready for them."""
    prefix = f"t{uuid.uuid4().hex[:10]}"
    set_up_log(
        KafkaServer(servers=(broker.servers,), prefix=prefix),
        TopicTerms(partitions=partitions, replication=1, retention_days=1),
    )
    set_up_index(ElasticsearchServer(urls=(node.url,), prefix=prefix), IndexTerms(replicas=0))
    return {
        "WIREWATCH_KAFKA_SERVERS": broker.servers,
        "WIREWATCH_KAFKA_PREFIX": prefix,
        "WIREWATCH_ELASTICSEARCH_URLS": node.url,
        "WIREWATCH_ELASTICSEARCH_PREFIX": prefix,
    }
