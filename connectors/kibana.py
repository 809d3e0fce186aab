"""Brings our saved objects into a Kibana and says what was found or done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from connectors.interfaces import Change
from connectors.kibana_client import Client, Kibana
from connectors.savedobjects import PREFIX, Key, key_of, saved_objects

__all__ = ["Kibana", "import_objects"]

_KINDS = {"index-pattern": "data view", "search": "Discover session", "dashboard": "dashboard"}


def import_objects(
    kibana: Kibana, *, prefix: str = PREFIX, base_url: str = "", only_look: bool = False
) -> tuple[Change, ...]:
    """Bring our saved objects into the space, over those that are there under their ids; one change an object.

    `prefix` is that of the indices, `base_url` the page that links lead to (empty: none). Running it again changes nothing.
    What somebody edited is written over: Kibana shows the objects as managed and offers to duplicate them instead.
    With `only_look` nothing is written, and an object that is there counts as unchanged, whatever its content.

    Raises `StoreError`: `retryable` while Kibana is away, still starting or too busy, else for a login, space or version
    that will not do, or naming each object refused and why. One that conflicts or refers to nothing keeps Kibana from storing
    any; one that it cannot read, only that one.
    """
    objects = saved_objects(prefix, base_url)
    client = Client(kibana)
    try:
        client.check()
        before = client.stored([key_of(saved) for saved in objects])
        if only_look:
            return tuple(_change(key, "unchanged" if key in before else "created") for key in map(key_of, objects))
        results = client.bring(objects)
        after = client.stored([key_of(saved) for saved in objects])
    finally:
        client.close()
    return tuple(_told(key_of(saved), results.get(key_of(saved), {}), before, after) for saved in objects)


def _told(key: Key, result: Mapping[str, Any], before: Mapping[Key, object], after: Mapping[Key, object]) -> Change:
    if moved := result.get("destinationId"):
        where = f"as {moved}, because another space has this id: links from the page do not find it"
        return _change(key, "changed" if result.get("overwrite") else "created", where)
    if key not in before:
        return _change(key, "created")
    return _change(key, "unchanged") if before[key] == after.get(key) else _change(key, "changed", "written anew")


def _change(key: Key, action: Literal["created", "changed", "unchanged"], detail: str = "") -> Change:
    return Change(f"{_KINDS.get(key[0], key[0])} {key[1]}", action, detail)
