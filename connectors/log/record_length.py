"""How long a record may be on Kafka, and what becomes of one that is longer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors.interfaces import NewRecord, Topic
from connectors.log.counters import KafkaCounters
from schemas import codec, deadletter, item
from schemas.errors import RecordError

RECORD_BYTES: Mapping[Topic, int] = {
    "items": 4 << 20,
    "hits": 8 << 20,
    "deadletters": 8 << 20,
    "fetches": 1 << 20,
    "actions": 1 << 20,
    "alerts": 1 << 20,
}
"""Most bytes of one record, by topic. An item of a feed takes a tenth of it at most; pushed ones may be longer. A dead
letter carries the record it is about in a form a third longer, and one item may have many hits."""
FRAME_BYTES = 1_024
"""What Kafka and its client add around one record; the brokers are told to take that much more."""


def length_of(record: NewRecord) -> int:
    """Bytes of a record that the limit counts. It is held against what is not compressed, the brokers' against what is."""
    headers = sum(len(name.encode()) + len(value.encode()) for name, value in record.headers.items())
    return len(record.key.encode()) + len(record.value) + headers


def fitting(record: NewRecord, most: int, counters: KafkaCounters) -> NewRecord:
    """`record`, or what is left of an item or dead letter cut to `most` bytes, counted.

    Raises `RecordError`, naming the record, when it cannot be cut, or not that far.
    """
    excess = length_of(record) - most
    if excess <= 0:
        return record
    cut = record
    if record.topic == "items":
        cut = _cut_item(record, len(record.value) - excess)
        counters.items_cut_total += 1
    elif record.topic == "deadletters":
        cut = _cut_letter(record, most)
        counters.letters_cut_total += 1
    if length_of(cut) > most:
        message = f"its {length_of(record):,} bytes are more than the {most:,} that the log takes"
        raise RecordError(message, subject=f"{record.topic} {record.key}", stage=record.topic)
    return cut


def _cut_item(record: NewRecord, most: int) -> NewRecord:
    whole = codec.decode(record.value, item.FeedItem, record.headers, subject=f"{record.topic} {record.key}")
    return msgspec.structs.replace(record, value=codec.encode(item.shortened(whole, most)))


def _cut_letter(record: NewRecord, most: int) -> NewRecord:
    whole = codec.decode(record.value, deadletter.DeadLetter, record.headers, subject=f"{record.topic} {record.key}")
    for raw_limit in (deadletter.RAW_LIMIT, 0):
        cut = msgspec.structs.replace(record, value=codec.encode(deadletter.shortened(whole, raw_limit)))
        if length_of(cut) <= most:
            break
    return cut
