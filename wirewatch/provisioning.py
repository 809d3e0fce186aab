"""What `wirewatch setup` puts on the servers of the settings, one step a server, each found as it is or brought there.

Every step may be run again at any time, also beside running processes: what is as it should be is left alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from connectors.interfaces import Change
from schemas.errors import StoreError
from wirewatch import wiring

if TYPE_CHECKING:
    from connectors.index.elasticsearch import ElasticsearchServer
    from connectors.kibana import Kibana
    from connectors.log.kafka import KafkaServer
    from schemas.elasticsearch.templates import IndexTerms
    from wirewatch.settings import Settings


class Step(msgspec.Struct, frozen=True):
    """One server and what is done there."""

    server: str
    """Its name and where it is, as it is told to people."""
    run: Callable[[], Sequence[Change]]
    """Does it and returns what was found or done. Raises `StoreError`, `retryable` while the server is away."""


def steps(
    settings: Settings,
    *,
    reindex: bool = False,
    kibana: str = "",
    only_look: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Step]:
    """The steps that `settings` ask for, in the order they are run; none at embedded size.

    `reindex` also makes a new generation of each index that cannot be brought forward in place; `progress` is told how
    far that has come. `kibana` is where Kibana is reached from here. With `only_look` nothing is written: the changes
    are those that would be made.
    """
    if (log := wiring.kafka_server(settings)) is not None:
        yield Step(f"Kafka {' '.join(log.servers)}", lambda: _topics(settings, log, only_look=only_look))
    if (index := wiring.elasticsearch_server(settings)) is not None:
        run = partial(_new_generations, progress=progress) if reindex else partial(_indices, only_look=only_look)
        yield Step(f"Elasticsearch {' '.join(index.urls)}", lambda: run(settings, index))
    if kibana:
        yield Step(f"Kibana {kibana}", lambda: _objects(settings, kibana, only_look=only_look))


def changes(
    asked: Sequence[Step], *, wait: float, say: Callable[[str], None], pause: Callable[[float], None] = time.sleep
) -> Iterator[Change]:
    """Run the steps and yield each change; a server that is away is waited for, `wait` seconds in all.

    `say` is told why it waits, each reason once. Raises the `StoreError` of the step that failed, with what to do.
    """
    end = time.monotonic() + wait
    for step in asked:
        yield from _patiently(step, end, say, pause)


def kibana_at(settings: Settings, url: str) -> Kibana:
    """The Kibana at `url`, with the login of its own or that of Elasticsearch."""
    from connectors.kibana import Kibana

    own, index = settings.kibana, settings.elasticsearch
    return Kibana(
        url=url,
        space=own.space,
        api_key=own.api_key.value or index.api_key.value,
        user=index.user,
        password=index.password.value,
        ca_file=index.ca_file,
        ca_fingerprint=index.ca_fingerprint,
        timeout=index.timeout,
    )


def _topics(settings: Settings, server: KafkaServer, *, only_look: bool) -> Sequence[Change]:
    from connectors.log.topics import TopicTerms, set_up

    kafka = settings.kafka
    terms = TopicTerms(partitions=kafka.partitions, replication=kafka.replication, retention_days=kafka.retention_days)
    return set_up(server, terms, only_look=only_look)


def _indices(settings: Settings, server: ElasticsearchServer, *, only_look: bool) -> Sequence[Change]:
    from connectors.index.templates import set_up

    return set_up(server, _index_terms(settings), only_look=only_look)


def _new_generations(
    settings: Settings, server: ElasticsearchServer, *, progress: Callable[[str], None]
) -> Sequence[Change]:
    from connectors.index.templates import reindex

    def copied(kind: str, count: int) -> None:
        progress(f"{server.prefix}-{kind}: {count:,} documents copied")

    return reindex(server, _index_terms(settings), progress=copied)


def _index_terms(settings: Settings) -> IndexTerms:
    from schemas.elasticsearch.templates import IndexTerms

    return IndexTerms(shards=settings.elasticsearch.shards, replicas=settings.elasticsearch.replicas)


def _objects(settings: Settings, url: str, *, only_look: bool) -> Sequence[Change]:
    from connectors.kibana import import_objects

    return import_objects(
        kibana_at(settings, url),
        prefix=settings.elasticsearch.prefix,
        base_url=settings.alerts.base_url,
        only_look=only_look,
    )


def _patiently(step: Step, end: float, say: Callable[[str], None], pause: Callable[[float], None]) -> Sequence[Change]:
    told = ""
    while True:
        try:
            return step.run()
        except StoreError as error:
            left = end - time.monotonic()
            if not error.retryable:
                raise
            if left <= 0:
                message = f"{error.message}; is it running? `wirewatch setup --wait SECONDS` waits until it is"
                raise StoreError(message, subject=error.subject, retryable=True) from error
            if (reason := str(error)) != told:
                say(f"waiting for {step.server}, {left:.0f} s at most: {reason}")
                told = reason
            pause(min(left, random.uniform(0.5, 1.5)))  # noqa: S311 jitter
