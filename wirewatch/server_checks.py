"""What `wirewatch doctor` looks at on the servers of a team: Kafka, Elasticsearch, Kibana. Each finding names its server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from alerts.copies import DESK
from connectors.interfaces import Change
from schemas.errors import StoreError
from schemas.time import now, rfc3339
from wirewatch import backends, wiring
from wirewatch.finding import Finding
from wirewatch.provisioning import steps

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.index.inspection import Inspection
    from connectors.log.inspection import Group
    from connectors.log.inspection import Inspection as Brokers
    from wirewatch.settings import Settings

WAITING_SECONDS = 600.0
"""A record that has waited so long for a reader says that the reader is gone, or too slow."""
_GIB = 1024**3
_SET_UP = "run `wirewatch setup`"
_REINDEX = "run `wirewatch setup --reindex`; everything goes on meanwhile"


def kafka(settings: Settings) -> Iterator[Finding]:
    """Brokers, topics, partitions, and how far each group of readers is behind."""
    server = wiring.kafka_server(settings)
    if server is None:
        return
    from connectors.log.inspection import Inspection

    try:
        with Inspection(server) as asked:
            brokers = asked.brokers()
            yield Finding("kafka", "ok", f"{server.subject}: {_many(brokers, 'broker')}")
            yield from _as_set_up("kafka", settings)
            for fault in asked.faulty_partitions():
                yield Finding(
                    "kafka", "wrong", fault, "see to the broker that is away; what it alone holds cannot be read"
                )
            yield from of_groups([*asked.groups(), *_desk(settings, asked)], now())
    except StoreError as error:
        yield _away("kafka", error, "start the brokers, or correct kafka.servers")


def elasticsearch(settings: Settings) -> Iterator[Finding]:
    """Nodes, health, disks, templates and indices."""
    server = wiring.elasticsearch_server(settings)
    if server is None:
        return
    from connectors.index.inspection import Inspection

    try:
        with Inspection(server) as asked:
            versions = ", ".join(asked.versions())
            yield Finding("elasticsearch", "ok", f"{' '.join(server.urls)}: version {versions}")
            yield from _as_set_up("elasticsearch", settings)
            yield from _indices(settings, asked)
    except StoreError as error:
        yield _away("elasticsearch", error, "start it, or correct elasticsearch.urls")


def kibana(settings: Settings) -> Iterator[Finding]:
    """Whether Kibana answers and has our objects."""
    url = settings.kibana.url
    if not url:
        return
    (step,) = [one for one in steps(settings, kibana=url, only_look=True) if one.server.startswith("Kibana")]
    try:
        missing = [change.subject for change in step.run() if change.action == "created"]
    except StoreError as error:
        if error.retryable:
            # The address is the one that people's browsers reach, which may be another network than ours.
            yield Finding("kibana", "note", f"not reached from here: {error}", "look whether your browser reaches it")
        else:
            yield _away("kibana", error, "")
        return
    if missing:
        todo = f"run `wirewatch setup --kibana {url}`"
        yield Finding("kibana", "wrong", f"{url} lacks {', '.join(missing)}", todo)
    else:
        yield Finding("kibana", "ok", f"{url} has our data views, searches and the dashboard")


def _as_set_up(name: str, settings: Settings) -> Iterator[Finding]:
    """Whether what `setup` makes on this server is there and as this release makes it."""
    (step,) = [one for one in steps(settings, only_look=True) if one.server.lower().startswith(name)]
    found: Sequence[Change] = step.run()
    kinds: dict[tuple[str, Literal["note", "wrong"], str], list[Change]] = defaultdict(list)
    for change in found:
        if "setup --reindex" in change.detail:
            kinds["cannot be brought to this release in place", "wrong", _REINDEX].append(
                msgspec.structs.replace(change, detail="")
            )
        elif change.action == "created":
            kinds["missing", "wrong", _SET_UP].append(msgspec.structs.replace(change, detail=""))
        elif change.action == "changed":
            kinds["not as this release and the settings make it", "wrong", _SET_UP].append(change)
        elif change.detail:
            kinds["left as it is by `wirewatch setup`", "note", ""].append(change)
    for (what, state, todo), changes in kinds.items():
        yield Finding(name, state, f"{what}: {_told(changes)}", todo)
    if not any(state == "wrong" for _, state, _ in kinds):
        yield Finding(name, "ok", f"all {len(found)} things that `wirewatch setup` makes are there and current")


def _told(changes: Sequence[Change]) -> str:
    """The things by what is to be said of them."""
    by_detail: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        by_detail[change.detail].append(change.subject)
    said = [f"{', '.join(names)}{f' ({detail})' if detail else ''}" for detail, names in by_detail.items()]
    return "; ".join(said)


def _indices(settings: Settings, asked: Inspection) -> Iterator[Finding]:
    health = asked.health()
    told = f"health {health.color}, {_many(health.nodes, 'node')}"
    if health.color == "green":
        yield Finding("elasticsearch", "ok", told)
    elif health.color == "red":
        todo = "bring the node back, or restore the index: until then searches fail or miss documents"
        yield Finding("elasticsearch", "wrong", f"{told}: {health.why}", todo)
    elif health.nodes == 1 and settings.elasticsearch.replicas:
        todo = (
            "one node alone can keep no copies: set elasticsearch.replicas = 0 and run `wirewatch setup`, or add a node"
        )
        yield Finding("elasticsearch", "wrong", f"{told}: {health.why}", todo)
    else:
        yield Finding(
            "elasticsearch", "note", f"{told}: {health.why}", "all works, but a node less would lose documents"
        )
    for block in asked.blocked():
        todo = "make room on its disks; Elasticsearch then lifts the block itself. One set by hand has to be lifted by hand"
        yield Finding("elasticsearch", "wrong", f"takes no writes: {block}", todo)
    for disk in asked.disks():
        text = f"node {disk.node}: {disk.free / _GIB:.1f} GiB free, writes stop at {disk.flood / _GIB:.1f}"
        if disk.free <= disk.high:
            yield Finding("elasticsearch", "wrong", text, "make room, or lower elasticsearch.retention_days")
        else:
            yield Finding("elasticsearch", "ok", text)
    if others := asked.folded_before():
        text = f"{others:,} articles were folded by another release; each search reads them all"
        yield Finding("elasticsearch", "wrong", text, _REINDEX)


def _desk(settings: Settings, asked: Brokers) -> Iterator[Group]:
    """The desk of this data folder, which keeps its place in the ledger."""
    if backends.has_ledger(settings):
        with wiring.read_ledger(settings) as ledger:
            places = ledger.positions(DESK)
        yield asked.reader("desk", "hits", places)


def of_groups(groups: Sequence[Group], at: datetime) -> Iterator[Finding]:
    """How far readers are behind, and where one has lost something or nobody seems to read."""
    if not any(group.topic == "items" for group in groups):
        yield Finding("kafka", "note", "no pipeline has read yet; start `wirewatch pipeline`")
    for group in groups:
        there = "" if group.present else ", no process reads as it"
        text = f"reader {group.name} of {group.topic}: lag {group.lag:,}{there}"
        if group.lost:
            lost = f"{text}; {group.lost:,} records were dropped by their age before it read them"
            todo = "let it catch up; raise kafka.retention_days and run `wirewatch setup`, so that it does not happen again"
            yield Finding("kafka", "wrong", lost, todo)
        elif group.waiting_since is not None and (at - group.waiting_since).total_seconds() > WAITING_SECONDS:
            todo = (
                "start the service that reads it, or more of them; delete the group if nobody is to read as it any more"
            )
            yield Finding("kafka", "wrong", f"{text}; the oldest waits since {rfc3339(group.waiting_since)}", todo)
        else:
            yield Finding("kafka", "ok", text)


def _away(name: str, error: StoreError, todo: str) -> Finding:
    return Finding(
        name, "wrong", str(error), todo if error.retryable else f"correct what the message names under [{name}]"
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
