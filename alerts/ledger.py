"""The ledger: what was decided and what became of it, with the reading position, in one SQLite file.

Decisions and the position they follow from are saved in one transaction, so a death at any moment loses none and
decides none twice. One process writes: the desk, holding an exclusive lock on `<file>.lock`. Readers (`alerts list`)
open the file read-only, without the lock, also while a desk is at work.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import msgspec

from alerts.row import Attempt, Row
from schemas.alert import Alert, AlertState
from schemas.errors import DataFolderError, StoreError
from schemas.hit import Hit
from schemas.time import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

_VERSION = 1
_SCHEMA = """
CREATE TABLE alerts (
    alert_key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    next_attempt_at TEXT,
    change INTEGER NOT NULL,
    alert TEXT NOT NULL,
    hits TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX alerts_by_state ON alerts (state, created_at);
CREATE INDEX alerts_by_change ON alerts (change);
CREATE INDEX alerts_by_age ON alerts (created_at, alert_key);
CREATE TABLE attempts (
    alert_key TEXT NOT NULL,
    number INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT NOT NULL DEFAULT '',
    answer TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (alert_key, number)
) WITHOUT ROWID;
CREATE TABLE positions (
    consumer TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (consumer, partition)
) WITHOUT ROWID;
"""
_PUT = """
INSERT INTO alerts (alert_key, state, created_at, next_attempt_at, change, alert, hits)
VALUES (?, ?, ?, ?, (SELECT coalesce(max(change), 0) + 1 FROM alerts), ?, ?)
ON CONFLICT (alert_key) DO UPDATE SET
    state = excluded.state, next_attempt_at = excluded.next_attempt_at, change = excluded.change,
    alert = excluded.alert, hits = excluded.hits
"""
# A wait longer than any backoff can only come from a clock that has jumped back; such a row is due too.
_DUE = """
SELECT alert, hits FROM alerts WHERE state = 'sending'
UNION ALL
SELECT * FROM (
    SELECT alert, hits FROM alerts
    WHERE state = 'pending' AND (next_attempt_at IS NULL OR next_attempt_at <= ? OR next_attempt_at > ?)
    ORDER BY created_at, alert_key LIMIT ?
)
"""
_NEWEST = """
SELECT created_at, alert_key, alert FROM alerts
WHERE created_at >= ? AND (created_at, alert_key) < (?, ?)
ORDER BY created_at DESC, alert_key DESC LIMIT ?
"""
_PAGE = 200
_alert = msgspec.json.Decoder(Alert)
_hits = msgspec.json.Decoder(tuple[Hit, ...])


class LedgerReader:
    """What anyone may ask of a ledger. Safe from several threads."""

    def __init__(self, path: Path) -> None:
        """Open an existing ledger read-only. Raises `DataFolderError` when there is none or a newer release wrote it."""
        if not path.is_file():
            message = "no alerts here yet; start with `wirewatch run`, or name the data folder with --data"
            raise DataFolderError(message, subject=str(path))
        self._path = path
        self._lock = threading.RLock()
        self._db, version = _connect(path, f"file:{quote(str(path.absolute()))}?mode=ro")
        if version == 0:
            self._db.close()
            message = "is being created just now; try again"
            raise DataFolderError(message, subject=str(path))

    def alerts(self, limit: int = 0, since: datetime | None = None) -> Iterator[Alert]:
        """Alerts newest `created_at` first, at most `limit` (0 = all), created at `since` or later.

        Streamed in pages, so that rows written meanwhile neither repeat nor hide one.
        """
        oldest = "" if since is None else rfc3339(since)
        last = ("~", "")
        left = limit or -1
        while left:
            size = min(_PAGE, left) if left > 0 else _PAGE
            with self._guarded():
                page = self._db.execute(_NEWEST, (oldest, *last, size)).fetchall()
            for _, _, alert in page:
                yield _alert.decode(alert)
            if len(page) < size:
                return
            last = page[-1][:2]
            left -= size if left > 0 else 0

    def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """The rows that exist among `keys`, by key."""
        with self._guarded():
            marks = ",".join("?" * len(keys))
            found = self._db.execute(f"SELECT alert, hits FROM alerts WHERE alert_key IN ({marks})", keys)  # noqa: S608 only question marks
            return {row.alert.alert_key: row for row in map(_row, found)}

    def attempts(self, key: str) -> tuple[Attempt, ...]:
        """Every try to deliver the alert, oldest first."""
        with self._guarded():
            found = self._db.execute(
                "SELECT number, started_at, ended_at, outcome, answer FROM attempts WHERE alert_key = ? ORDER BY number",
                (key,),
            )
            names = Attempt.__struct_fields__
            return tuple(msgspec.convert(dict(zip(names, values, strict=True)), Attempt) for values in found)

    def positions(self, consumer: str) -> dict[int, int]:
        """The saved place of `consumer`; empty when it never saved one."""
        with self._guarded():
            found = self._db.execute("SELECT partition, offset FROM positions WHERE consumer = ?", (consumer,))
            return dict(found.fetchall())

    def counts(self) -> dict[AlertState, int]:
        """Alerts by state."""
        with self._guarded():
            return dict(self._db.execute("SELECT state, count(*) FROM alerts GROUP BY state").fetchall())

    def due(self, now: datetime, horizon: datetime, limit: int) -> tuple[Row, ...]:
        """What to hand over now, oldest first.

        Rows found `sending` (a process died with them), then at most `limit` pending ones whose time has come, or is
        set beyond `horizon`.
        """
        with self._guarded():
            return tuple(map(_row, self._db.execute(_DUE, (rfc3339(now), rfc3339(horizon), limit))))

    def changed(self, after: int, limit: int) -> tuple[tuple[int, Alert], ...]:
        """Alerts written after change number `after`, with their own, in that order: each in its latest state only."""
        with self._guarded():
            found = self._db.execute(
                "SELECT change, alert FROM alerts WHERE change > ? ORDER BY change LIMIT ?", (after, limit)
            )
            return tuple((change, _alert.decode(alert)) for change, alert in found)

    def close(self) -> None:
        """Release the file (and the lock)."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                message = f"ledger: {error}"
                # Locked and full pass by themselves or by a person's hand; a damaged file does not.
                waits = any(word in str(error) for word in ("locked", "busy", "full"))
                raise StoreError(message, subject=str(self._path), retryable=waits) from error


class Ledger(LedgerReader):
    """The desk's own ledger. Safe from several threads; every method is one durable transaction."""

    def __init__(self, path: Path) -> None:
        """Open or create, and lock. Raises `DataFolderError` when another desk holds it or a newer release wrote it."""
        self._held = _lock(path)
        self._path = path
        self._lock = threading.RLock()
        try:
            self._db, version = _connect(path, str(path.absolute()))
        except BaseException:
            os.close(self._held)
            raise
        try:
            with self._guarded():
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                if version == 0:
                    self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        except BaseException:
            self.close()
            raise

    def save(self, rows: Sequence[Row], consumer: str, positions: Mapping[int, int]) -> None:
        """Insert or replace `rows` and move `consumer` to `positions`, together."""
        with self._transaction():
            for row in rows:
                self._put(row)
            self._move(consumer, positions)

    def save_positions(self, consumer: str, positions: Mapping[int, int]) -> None:
        """Move `consumer`; partitions not named keep theirs."""
        with self._transaction():
            self._move(consumer, positions)

    def make_due(self) -> None:
        """Let no pending row wait any longer for its next attempt."""
        with self._transaction():
            self._db.execute("UPDATE alerts SET next_attempt_at = NULL WHERE state = 'pending'")

    def begin_attempt(self, row: Row, now: datetime) -> None:
        """Write `row` (now `sending`) and that its attempt has begun, before anything is handed over."""
        with self._transaction():
            self._put(row)
            self._db.execute(
                "INSERT INTO attempts (alert_key, number, started_at) VALUES (?, ?, ?)",
                (row.alert.alert_key, row.alert.attempts, rfc3339(now)),
            )

    def end_attempt(self, row: Row, outcome: str, now: datetime) -> None:
        """Write what became of the attempt begun last; `row.alert.reason` is the server's answer."""
        with self._transaction():
            self._put(row)
            self._db.execute(
                "UPDATE attempts SET ended_at = ?, outcome = ?, answer = ? WHERE alert_key = ? AND number = ?",
                (rfc3339(now), outcome, row.alert.reason, row.alert.alert_key, row.alert.attempts),
            )

    def close(self) -> None:
        """Release the file and the lock."""
        super().close()
        os.close(self._held)

    def _put(self, row: Row) -> None:
        alert = row.alert
        next_attempt_at = None if alert.next_attempt_at is None else rfc3339(alert.next_attempt_at)
        values = (alert.alert_key, alert.state, rfc3339(alert.created_at), next_attempt_at)
        self._db.execute(_PUT, (*values, msgspec.json.encode(alert).decode(), msgspec.json.encode(row.hits).decode()))

    def _move(self, consumer: str, positions: Mapping[int, int]) -> None:
        self._db.executemany(
            "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset",
            [(consumer, partition, offset) for partition, offset in positions.items()],
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _connect(path: Path, address: str) -> tuple[sqlite3.Connection, int]:
    """The opened file and its layout (0: none yet). Raises `DataFolderError`, and leaves nothing open then."""
    db = None
    try:
        db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=30)
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        if db is not None:
            db.close()
        message = f"cannot be read as a ledger: {error}"
        raise DataFolderError(message, subject=str(path)) from error
    if version > _VERSION:
        db.close()
        message = f"was written by a newer release (layout {version}, this one knows {_VERSION})"
        raise DataFolderError(message, subject=str(path))
    return db, version


def _lock(path: Path) -> int:
    name = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise DataFolderError(message, subject=str(name)) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        message = "is held by another desk"
        raise DataFolderError(message, subject=str(path)) from error
    return held


def _row(found: tuple[str, str]) -> Row:
    alert, hits = found
    return Row(alert=_alert.decode(alert), hits=_hits.decode(hits))
