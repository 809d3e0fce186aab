"""How an Elasticsearch is doing, for whoever has to look after it. Asks, and changes nothing."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, Self

import elasticsearch
import msgspec

from connectors.index.client import connect, told
from connectors.index.folded import stamp
from connectors.index.server import ElasticsearchServer

_GIB = 1024**3
_DEFAULTS = {"flood_stage": "95%", "flood_stage.max_headroom": "100gb", "high": "90%", "high.max_headroom": "150gb"}
_UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": _GIB, "tb": 1024 * _GIB}
_MOST_CAUSE = 200


class Health(msgspec.Struct, frozen=True):
    """How our indices are."""

    color: str
    """`green`; `yellow` when copies are missing; `red` when documents cannot be reached."""
    nodes: int
    """Nodes that hold data."""
    why: str = ""
    """Why it is not green: the first shard that has no place, and what the server says of it."""


class Disk(msgspec.Struct, frozen=True):
    """The disk of one node, in bytes."""

    node: str
    free: int
    flood: int
    """At this much left the server refuses writes to what lies on the node."""
    high: int
    """At this much left it moves shards away."""


class Inspection:
    """Questions to one Elasticsearch; a context manager. Every method raises `StoreError`."""

    def __init__(self, server: ElasticsearchServer) -> None:
        self._server = server
        self._ours = f"{server.prefix}-*"
        self._client = connect(server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def versions(self) -> tuple[str, ...]:
        """The versions of its nodes."""
        with told(self._server):
            nodes = self._client.nodes.info(filter_path="nodes.*.version").body.get("nodes", {})
        return tuple(sorted({one["version"] for one in nodes.values()}))

    def health(self) -> Health:
        """The health of our indices, and why it is no better."""
        with told(self._server):
            found = self._client.cluster.health(index=self._ours).body
            color, nodes = found["status"], found["number_of_data_nodes"]
            return Health(color, nodes, "" if color == "green" else self._cause(primary=color == "red"))

    def disks(self) -> tuple[Disk, ...]:
        """The disk of each node, and when the server will act on how full it is."""
        with told(self._server):
            nodes = self._client.nodes.stats(metric="fs", filter_path="nodes.*.name,nodes.*.fs.total").body
            settings = self._client.cluster.get_settings(
                include_defaults=True, filter_path="*.cluster.routing.allocation.disk"
            ).body
        marks = watermarks(settings)
        if marks is None:
            return ()
        return tuple(
            Disk(
                one["name"],
                one["fs"]["total"]["available_in_bytes"],
                left_at(marks, "flood_stage", one["fs"]["total"]["total_in_bytes"]),
                left_at(marks, "high", one["fs"]["total"]["total_in_bytes"]),
            )
            for one in nodes.get("nodes", {}).values()
            if "fs" in one
        )

    def blocked(self) -> tuple[str, ...]:
        """Indices of ours that take no writes, each with the name of its block."""
        with told(self._server):
            found = self._client.indices.get_settings(index=self._ours, name="index.blocks.*").body
        blocks = {name: one["settings"].get("index", {}).get("blocks", {}) for name, one in found.items()}
        return tuple(
            f"{name} ({key})"
            for name, held in sorted(blocks.items())
            for key, value in held.items()
            if str(value).lower() == "true"
        )

    def folded_before(self) -> int:
        """Articles whose words another release has folded: found by reading each of them, which is slow."""
        other = {"bool": {"must_not": [{"term": {"fold": stamp()}}]}}
        with told(self._server):
            return int(self._client.count(index=self._server.alias("articles"), query=other)["count"])

    def _cause(self, *, primary: bool) -> str:
        rows: list[Any] = list(self._client.cat.shards(index=self._ours, format="json", h="index,shard,prirep,state"))
        lost = [one for one in rows if one["state"] == "UNASSIGNED" and (one["prirep"] == "p") >= primary]
        if not lost:
            return "shards are just being placed"
        first = lost[0]
        try:
            said = self._client.cluster.allocation_explain(
                index=first["index"], shard=int(first["shard"]), primary=first["prirep"] == "p"
            ).body
        except elasticsearch.ApiError:
            # It got its place meanwhile, or the login may not ask.
            return f"{first['index']} has a shard without a place"
        kind = "its documents" if first["prirep"] == "p" else "a copy of it"
        return f"{kind} has no place: {first['index']}: {_decision(said)}"


def _decision(said: Any) -> str:
    deciders = [one for node in said.get("node_allocation_decisions", ()) for one in node.get("deciders", ())]
    text = deciders[0]["explanation"] if deciders else said.get("allocate_explanation", "")
    # What follows the first bracket are ids of shards and nodes.
    return str(text).partition(" [")[0][:_MOST_CAUSE]


def watermarks(settings: Any) -> dict[str, str] | None:
    """The watermarks in force, from the server's settings of each level; None where the server does not look at disks."""
    marks = dict(_DEFAULTS)
    enabled = "true"
    for level in ("defaults", "persistent", "transient"):
        disk = settings.get(level, {}).get("cluster", {}).get("routing", {}).get("allocation", {}).get("disk", {})
        enabled = str(disk.get("threshold_enabled", enabled)).lower()
        marks |= {path: value for path, value in _leaves(disk.get("watermark", {})) if path in marks}
    return marks if enabled == "true" else None


def _leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(path, str(value))]
    return [leaf for name, inner in value.items() for leaf in _leaves(inner, f"{path}.{name}" if path else name)]


def left_at(marks: dict[str, str], mark: str, total: int) -> int:
    """Bytes left on a disk of `total` when `mark` is reached: a share of the disk, but no more than its headroom."""
    share = re.fullmatch(r"([0-9.]+)%", marks[mark])
    if share is None:
        return _bytes(marks[mark])
    left = int(total * (1 - float(share[1]) / 100))
    most = _bytes(marks[f"{mark}.max_headroom"])
    return left if most <= 0 else min(left, most)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(-?[0-9.]+)([a-z]*)", text.strip().lower())
    return int(float(found[1]) * _UNITS.get(found[2] or "b", 1)) if found else -1
