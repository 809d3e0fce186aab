"""The log of the embedded size: one SQLite file, one partition a topic, one commit a call of `append`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec

from connectors.interfaces import NewRecord, Positions, Record, Topic
from connectors.sqlite import Database
from schemas.time import now

_LAYOUTS = (
    """
    CREATE TABLE records (
        topic TEXT NOT NULL, place INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL,
        appended_at INTEGER NOT NULL, PRIMARY KEY (topic, place)
    ) WITHOUT ROWID;
    CREATE TABLE ends (topic TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
    """,
)
_PARTITION = 0


class EmbeddedLog:
    """`Log` over one SQLite file. Offsets have no gaps; each topic has the one partition 0."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._database = Database(path, _LAYOUTS, read_only=read_only)

    def append(self, records: Sequence[NewRecord]) -> None:
        """See `Log.append`. All or nothing: the call is one transaction."""
        if not records:
            return
        moment = int(now().timestamp() * 1000)
        with self._database.transaction() as connection:
            ends = dict(connection.execute("SELECT topic, place FROM ends").fetchall())
            rows = []
            for record in records:
                place = ends.get(record.topic, 0)
                ends[record.topic] = place + 1
                headers = msgspec.json.encode(record.headers).decode()
                rows.append((record.topic, place, record.key, record.value, headers, moment))
            connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)
            connection.executemany("INSERT OR REPLACE INTO ends VALUES (?, ?)", list(ends.items()))

    def read(self, topic: Topic, start: Positions, limit: int) -> Sequence[Record]:
        """See `Log.read`."""
        rows = self._database.rows(
            "SELECT place, key, value, headers, appended_at FROM records WHERE topic = ? AND place >= ?"
            " ORDER BY place LIMIT ?",
            (topic, start.get(_PARTITION, 0), limit),
        )
        return [_record(topic, row) for row in rows]

    def ends(self, topic: Topic) -> Positions:
        """See `Log.ends`."""
        rows = self._database.rows("SELECT place FROM ends WHERE topic = ?", (topic,))
        return {_PARTITION: cast("int", rows[0][0]) if rows else 0}

    def close(self) -> None:
        """See `Log.close`."""
        self._database.close()


def _record(topic: Topic, row: tuple[object, ...]) -> Record:
    place, key, value, headers, appended_at = cast("tuple[int, str, bytes, str, int]", row)
    return Record(
        topic=topic,
        partition=_PARTITION,
        offset=place,
        key=key,
        value=value,
        headers=msgspec.json.decode(headers, type=dict[str, str]),
        appended_at=datetime.fromtimestamp(appended_at / 1000, UTC),
    )
