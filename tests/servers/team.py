"""Settings of a team of a test's own on the shared servers, and their removal."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaAdminClient

from connectors.index.client import connect
from connectors.index.server import ElasticsearchServer
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker


def settings_file(folder: Path, kafka: str, elasticsearch: str, prefix: str, more: str = "") -> Path:
    """A settings file in `folder` that names both servers."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "wirewatch.toml"
    file.write_text(
        f"""
[kafka]
servers = ["{kafka}"]
prefix = "{prefix}"
partitions = 3
timeout = 5.0
[elasticsearch]
urls = ["{elasticsearch}"]
prefix = "{prefix}"
replicas = 0
{more}
""",
        "utf-8",
    )
    return file


@contextmanager
def prefix_of_its_own(kafka: Broker, elasticsearch: Node) -> Iterator[str]:
    """A prefix nobody else has; what is on the servers under it in the end is removed."""
    prefix = f"team-{uuid.uuid4().hex[:10]}"
    yield prefix
    admin = KafkaAdminClient(bootstrap_servers=kafka.servers)
    try:
        if topics := [name for name in admin.list_topics() if name.startswith(f"{prefix}.")]:
            admin.delete_topics(topics)
        groups = [one["group_id"] for one in admin.list_groups()]
        if ours := [group for group in groups if group.startswith(f"{prefix}.")]:
            admin.delete_groups(ours)
    finally:
        admin.close()
    client = connect(ElasticsearchServer(urls=(elasticsearch.url,), prefix=prefix))
    client.indices.delete(index=f"{prefix}-*", allow_no_indices=True)
    client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}-*")
    for name in ("fold", "stems"):
        client.options(ignore_status=404).cluster.delete_component_template(name=f"{prefix}-{name}")
    client.close()
