"""The topics of wirewatch on Kafka: what they should be like, and making them so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
from kafka import errors
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.interfaces import Change, Topic
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_client import store_error
from connectors.log.kafka_server import KafkaServer
from connectors.log.record_length import FRAME_BYTES, RECORD_BYTES
from schemas.errors import StoreError

TOPICS: tuple[Topic, ...] = get_args(Topic)
_DAY_MS = 86_400_000


class TopicTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decides about topics."""

    partitions: int = 4
    replication: int = 1
    retention_days: int = 30


def wanted_config(topic: Topic, terms: TopicTerms) -> dict[str, str]:
    """The settings of a topic that we care about; all others are the brokers'."""
    config = {
        "max.message.bytes": str(RECORD_BYTES[topic] + FRAME_BYTES),
        # Of three copies one may be down; of two, waiting for both would stop everything with either.
        "min.insync.replicas": str(max(1, terms.replication - 1)),
    }
    if topic == "alerts":
        # The ledger's copy, from which it can be rebuilt: of each alert the newest state stays for good.
        return {**config, "cleanup.policy": "compact"}
    return {**config, "cleanup.policy": "delete", "retention.ms": str(terms.retention_days * _DAY_MS)}


def set_up(server: KafkaServer, terms: TopicTerms, *, only_look: bool = False) -> Sequence[Change]:
    """Make every topic as `terms` want it, and say of each what was done; a second call changes nothing.

    Partitions are added when there are too few and never taken away; copies of topics that are there stay as they are,
    as moving them is the operator's work: both are said. `only_look` writes nothing and gives the changes that would
    be made. Raises `StoreError`.
    """
    enquiry = Enquiry(server)
    try:
        return [_set_up(enquiry, server, topic, terms, only_look=only_look) for topic in TOPICS]
    finally:
        enquiry.close()


def _set_up(enquiry: Enquiry, server: KafkaServer, topic: Topic, terms: TopicTerms, *, only_look: bool) -> Change:
    name = server.topic_name(topic)
    (found,) = enquiry.ask(lambda client: client.describe_topics([name]), name)
    if found["error_code"] == errors.UnknownTopicOrPartitionError.errno:
        if not only_look:
            _create(enquiry, name, wanted_config(topic, terms), terms)
        return Change(f"topic {name}", "created", f"{terms.partitions} partitions, {terms.replication} copies")
    if found["error_code"]:
        error = errors.for_code(found["error_code"])()
        raise store_error(error, server, name) from error
    done, notes = _partitions(enquiry, name, len(found["partitions"]), terms, only_look=only_look)
    done += _config(enquiry, name, wanted_config(topic, terms), only_look=only_look)
    copies = min(len(one["replica_nodes"]) for one in found["partitions"])
    if copies != terms.replication:
        notes.append(f"{copies} copies where {terms.replication} are asked for: moving them is up to you")
    return Change(f"topic {name}", "changed" if done else "unchanged", "; ".join(done + notes))


def _create(enquiry: Enquiry, name: str, config: dict[str, str], terms: TopicTerms) -> None:
    wanted = {"num_partitions": terms.partitions, "replication_factor": terms.replication, "configs": config}
    try:
        enquiry.ask(lambda client: client.create_topics({name: wanted}), name)
    except StoreError as error:
        # Another `setup` was faster.
        if not isinstance(error.__cause__, errors.TopicAlreadyExistsError):
            raise
    enquiry.ask(lambda client: client.wait_for_topics([name]), name)


def _partitions(
    enquiry: Enquiry, name: str, there: int, terms: TopicTerms, *, only_look: bool
) -> tuple[list[str], list[str]]:
    if there == terms.partitions:
        return [], []
    if there > terms.partitions:
        return [], [f"{there} partitions where {terms.partitions} are asked for: they cannot be taken away"]
    if not only_look:
        enquiry.ask(lambda client: client.create_partitions({name: terms.partitions}), name)
        enquiry.ask(lambda client: client.wait_for_topics([name]), name)
    return [f"partitions {there} -> {terms.partitions}"], []


def _config(enquiry: Enquiry, name: str, wanted: dict[str, str], *, only_look: bool) -> list[str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(wanted))]
    answer: dict[str, Any] = enquiry.ask(lambda client: client.describe_configs(asked, config_filter="all"), name)
    found = {key: one["value"] for key, one in answer["topic"][name].items()}
    differ = {key: value for key, value in wanted.items() if found.get(key) != value}
    if differ and not only_look:
        made = [ConfigResource(ConfigResourceType.TOPIC, name, differ)]
        answer = enquiry.ask(lambda client: client.alter_configs(made), name)
        if (said := answer["topic"][name]) != "OK":
            raise StoreError(f"its settings cannot be changed: {said}", subject=name)
    return [f"{key} {found.get(key)} -> {value}" for key, value in sorted(differ.items())]
