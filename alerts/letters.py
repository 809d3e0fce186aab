"""Records of `hits` that the desk sets aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.interfaces import NewRecord, Record
from schemas.deadletter import DeadLetter
from schemas.identity import dead_letter_id, raw_hash

if TYPE_CHECKING:
    from datetime import datetime


def dead_letter(record: Record, stage: str, reason: str, now: datetime) -> NewRecord:
    """The dead letter of a record that `stage` could not take, as it is appended."""
    letter = DeadLetter(
        id=dead_letter_id(record.position, stage),
        stage=stage,
        reason=reason,
        position=record.position,
        subject=record.key,
        topic=record.topic,
        key=record.key,
        headers=record.headers,
        raw=record.value,
        length=len(record.value),
        raw_hash=raw_hash(record.value),
        failed_at=now,
    )
    return NewRecord.of("deadletters", letter.id, letter)
