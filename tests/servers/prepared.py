"""A place of one's own on servers that others use too: what `wirewatch setup` makes, under a prefix nobody else has."""

from __future__ import annotations

import uuid

from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchServer
from connectors.index.templates import set_up as set_up_index
from connectors.log.kafka import KafkaServer
from connectors.log.kafka_client import open_admin
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


def clear(environment: dict[str, str]) -> None:
    """Take away what `prepared` made: the more there is on a server, the slower is the next set-up."""
    prefix = environment["WIREWATCH_KAFKA_PREFIX"]
    client = connect(ElasticsearchServer(urls=(environment["WIREWATCH_ELASTICSEARCH_URLS"],), prefix=prefix))
    client.indices.delete(index=f"{prefix}-*", allow_no_indices=True)
    client.indices.delete_index_template(name=f"{prefix}-*")
    for name in ("fold", "stems"):
        client.options(ignore_status=404).cluster.delete_component_template(name=f"{prefix}-{name}")
    client.close()
    admin, _ = open_admin(KafkaServer(servers=(environment["WIREWATCH_KAFKA_SERVERS"],), prefix=prefix))
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(f"{prefix}.")])
    admin.close()
