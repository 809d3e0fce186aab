"""Records as kafka-python has them, and as we do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.interfaces import NewRecord, Record, Topic


def record_of(topic: Topic, one: Any) -> Record:
    """A `ConsumerRecord` of kafka-python as a record. What others wrote may lack key, value or header values."""
    return Record(
        topic=topic,
        partition=one.partition,
        offset=one.offset,
        key=(one.key or b"").decode("utf-8", "replace"),
        value=one.value if one.value is not None else b"",
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in one.headers},
        appended_at=datetime.fromtimestamp(one.timestamp / 1000, UTC),
    )


def headers_of(record: NewRecord) -> list[tuple[str, bytes]]:
    """The headers of a new record as kafka-python wants them."""
    return [(name, value.encode()) for name, value in record.headers.items()]
