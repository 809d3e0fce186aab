"""Where log and index are, by the settings, and the factories that open them wherever the graph runs.

A part of `wirewatch.wiring`, through which everybody else gets at it. The clients of servers are imported only where
there is a server.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from connectors.index.embedded import EmbeddedIndex
from connectors.log.embedded import EmbeddedLog

if TYPE_CHECKING:
    from connectors.index.elasticsearch import ElasticsearchServer  # noqa: TC004 its type is never asked for
    from connectors.interfaces import Index, Log
    from connectors.log.kafka import KafkaServer  # noqa: TC004 its type is never asked for
    from wirewatch.settings import Settings


class LogFactory(msgspec.Struct, frozen=True):
    """Opens the log; picklable, so that a Beam worker opens its own."""

    place: str | KafkaServer
    """The data folder, or the brokers."""

    def __call__(self) -> Log:
        """The log, for writing."""
        if isinstance(self.place, str):
            return EmbeddedLog(Path(self.place) / "log.sqlite3")
        from connectors.log.kafka import KafkaLog

        return KafkaLog(self.place)


class IndexFactory(msgspec.Struct, frozen=True):
    """Opens the index; picklable, so that a Beam worker opens its own."""

    place: str | ElasticsearchServer
    """The data folder, or the nodes."""

    def __call__(self) -> Index:
        """The index, for writing."""
        if isinstance(self.place, str):
            return EmbeddedIndex(Path(self.place) / "index.sqlite3")
        from connectors.index.elasticsearch import ElasticsearchIndex

        return ElasticsearchIndex(self.place)


def kafka_server(settings: Settings) -> KafkaServer | None:
    """How the brokers are reached; None: the log is a file of the data folder."""
    kafka = settings.kafka
    if not kafka.servers:
        return None
    from connectors.log import kafka as client

    return client.KafkaServer(
        servers=kafka.servers,
        prefix=kafka.prefix,
        security=kafka.security,
        mechanism=kafka.mechanism,
        user=kafka.user,
        password=kafka.password.value,
        ca_file=kafka.ca_file,
        cert_file=kafka.cert_file,
        key_file=kafka.key_file,
        timeout=kafka.timeout,
    )


def elasticsearch_server(settings: Settings) -> ElasticsearchServer | None:
    """How the nodes are reached; None: the index is a file of the data folder."""
    elasticsearch = settings.elasticsearch
    if not elasticsearch.urls:
        return None
    from connectors.index import elasticsearch as client

    return client.ElasticsearchServer(
        urls=elasticsearch.urls,
        prefix=elasticsearch.prefix,
        api_key=elasticsearch.api_key.value,
        user=elasticsearch.user,
        password=elasticsearch.password.value,
        ca_file=elasticsearch.ca_file,
        ca_fingerprint=elasticsearch.ca_fingerprint,
        timeout=elasticsearch.timeout,
    )


def log_factory(settings: Settings) -> LogFactory:
    """What opens the log of the settings."""
    return LogFactory(kafka_server(settings) or settings.data)


def index_factory(settings: Settings) -> IndexFactory:
    """What opens the index of the settings."""
    return IndexFactory(elasticsearch_server(settings) or settings.data)


def has_log(settings: Settings) -> bool:
    """Whether there is a log to read: that of the servers, or one in the data folder."""
    return bool(settings.kafka.servers) or (settings.folder / "log.sqlite3").is_file()


def has_ledger(settings: Settings) -> bool:
    """Whether the ledger is in this data folder; where the desk runs on another machine, it is there."""
    return (settings.folder / "ledger.sqlite3").is_file()
