"""The saved objects for Kibana that come with wirewatch, fitted to one installation. Nothing here asks a server.

In the file every name of ours begins with `wirewatch`, and links lead to the page on its default port. `tools/kibana`
writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.errors import StoreError

FILE = Path(__file__).resolve().parents[1] / "deploy" / "kibana" / "wirewatch.ndjson"
PREFIX = "wirewatch"
PAGE = "http://127.0.0.1:8410"

SavedObject = dict[str, Any]
Key = tuple[str, str]
"""Type and id of a saved object."""

_FORMATS = "fieldFormatMap"
# Values that hold JSON once more, as text.
_NESTED = re.compile(r".+JSON|fieldFormatMap|sourceFilters")
_NAME = re.compile(rf"{PREFIX}(?=[-:]|$)")


def saved_objects(prefix: str, base_url: str, file: Path = FILE) -> tuple[SavedObject, ...]:
    """The objects for indices named `prefix-…`: ids, titles and what refers to them begin with `prefix`.

    Links to articles and stories lead to the page at `base_url`; when that is empty, there are none. Raises `StoreError`
    when the file cannot be read.
    """
    try:
        lines = file.read_text("utf-8").split("\n")
    except OSError as error:
        message = f"the saved objects cannot be read: {error.strerror}"
        raise StoreError(message, subject=str(file)) from error
    return tuple(_linked(_renamed(json.loads(line), prefix), base_url.rstrip("/")) for line in lines if line)


def key_of(saved: Mapping[str, Any]) -> Key:
    """The key of a saved object, or of what Kibana says about one."""
    return (str(saved["type"]), str(saved["id"]))


def ndjson(objects: Sequence[SavedObject]) -> bytes:
    """The objects as a file that Kibana imports."""
    return "".join(f"{_json(saved)}\n" for saved in objects).encode()


def _renamed(saved: SavedObject, prefix: str) -> SavedObject:
    def named(value: str) -> str:
        return _NAME.sub(lambda _: prefix, value, count=1) if _NAME.match(value) else value

    changed: SavedObject = saved if prefix == PREFIX else _each_text(saved, named)
    return changed


def _each_text(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _each_text(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_each_text(inner, change) for inner in value]
    if not isinstance(value, str):
        return value
    return _json(_each_text(json.loads(value), change)) if _NESTED.fullmatch(key) else change(value)


def _linked(saved: SavedObject, base_url: str) -> SavedObject:
    if _FORMATS not in saved["attributes"]:
        return saved
    formats: dict[str, Any] = json.loads(saved["attributes"][_FORMATS])
    fitted = {}
    for field, shown in formats.items():
        link = str(shown.get("params", {}).get("urlTemplate", ""))
        if not link.startswith(PAGE):
            fitted[field] = shown
        elif base_url:
            fitted[field] = {**shown, "params": {**shown["params"], "urlTemplate": base_url + link[len(PAGE) :]}}
    return {**saved, "attributes": {**saved["attributes"], _FORMATS: _json(fitted)}}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
