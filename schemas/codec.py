"""The one codec: records on the log and documents in an index are JSON of the types in this package.

Each record names its schema in the header `schema`, as `kind/version`. A reader takes every version up to its own
(a new version only adds fields with defaults) and refuses newer ones by name; golden records in `tests/schemas/golden`
keep old ones readable. Unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from schemas.alert import Alert
from schemas.article import Article, Version
from schemas.deadletter import DeadLetter
from schemas.errors import RecordError
from schemas.feed import FeedState, FetchRecord
from schemas.hit import Hit, ItemHits
from schemas.item import FeedItem

SCHEMAS: dict[type[Any], tuple[str, int]] = {
    FeedItem: ("item", 2),
    ItemHits: ("item-hits", 2),
    DeadLetter: ("deadletter", 1),
    FetchRecord: ("fetch", 2),
    Alert: ("alert", 1),
    Article: ("article", 2),
    Version: ("version", 1),
    Hit: ("hit", 1),
    FeedState: ("feed-state", 3),
}
"""Kind and version of every type that is written down somewhere."""

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


_decoders = {kind: msgspec.json.Decoder(kind) for kind in SCHEMAS}


def encode(value: msgspec.Struct) -> bytes:
    """`value` as UTF-8 JSON."""
    return _encoder.encode(value)


def headers(value: msgspec.Struct, **more: str) -> dict[str, str]:
    """The headers of a record that carries `value`."""
    kind, version = SCHEMAS[type(value)]
    return {"schema": f"{kind}/{version}", **more}


def decode(raw: bytes | str, kind: type[T], record_headers: Mapping[str, str] | None = None, *, subject: str = "") -> T:
    """The value in `raw`.

    Raises `RecordError` (stage `decode`) naming `subject` when the header names another kind or a newer version, or
    when the bytes are not a valid `kind`. Without a `schema` header the present version is assumed.
    """
    named = (record_headers or {}).get("schema", "")
    expected, newest = SCHEMAS[kind]
    if named:
        found, _, version = named.partition("/")
        if found != expected or not version.isdecimal() or int(version) > newest:
            message = f"schema {named!r} where {expected}/{newest} or older is read"
            raise RecordError(message, subject=subject, stage="decode")
    try:
        value: T = _decoders[kind].decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"not a valid {expected} record: {error}"
        raise RecordError(message, subject=subject, stage="decode") from error
    return value
