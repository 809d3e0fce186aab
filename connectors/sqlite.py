"""Opening the embedded size's SQLite files: one way, with the same guarantees for each.

WAL lets readers work beside the writer; `synchronous=FULL` makes a commit survive a power cut. Every file names its
layout in `user_version`: an older one is brought forward, a newer one is refused.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import DataFolderError, RecordError, StoreError

BUSY_SECONDS = 30.0


class Database:
    """One SQLite file, shared by the threads of a process; calls are serialised by a lock.

    `layouts` are the SQL scripts that bring the file from version 0 to 1, 1 to 2, …; the file's version is their
    number. With `read_only` the file must exist and is never written.
    """

    def __init__(self, path: Path, layouts: Sequence[str], *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            address = f"file:{_quoted(path)}?mode={'ro' if read_only else 'rwc'}"
            self._connection = sqlite3.connect(
                address, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
            )
        except (sqlite3.Error, OSError) as error:
            raise _unopened(path, error) from error
        try:
            self._prepare(layouts, read_only=read_only)
        except sqlite3.Error as error:
            self.close()
            raise _unopened(path, error) from error
        except BaseException:
            self.close()
            raise

    def _prepare(self, layouts: Sequence[str], *, read_only: bool) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(layouts):
            message = f"was written by a newer release (layout {version}, this one knows {len(layouts)})"
            raise DataFolderError(message, subject=str(self.path))
        if read_only:
            return
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        for number, script in enumerate(layouts[version:], start=version + 1):
            # Two processes may open a new folder at once: the second finds the work done.
            self._connection.execute("BEGIN IMMEDIATE")
            if self._connection.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in script.split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version={number}")
            self._connection.execute("COMMIT")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: durable when the block ends, undone when it raises."""
        with self._lock, _as_store_error(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself; a second time would hide the reason.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reading only, while no other thread uses it."""
        with self._lock, _as_store_error(self.path):
            yield self._connection

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a query."""
        with self._lock, _as_store_error(self.path):
            return self._connection.execute(sql, values).fetchall()

    def newest(self, table: str, order: str, where: str, values: Sequence[object], size: int = 200) -> Iterator[bytes]:
        """The `document`s of `table` for which `where` holds, greatest (`order`, id) first, streamed.

        Pages go on from the last row seen, so rows added meanwhile neither repeat nor hide one, and the lock is not
        held between pages. The names come from our own code, never from outside.
        """
        last: tuple[object, ...] = ()
        while True:
            beyond = f"AND ({order}, id) < (?, ?)" if last else ""
            page = self.rows(
                f"SELECT {order}, id, document FROM {table} WHERE {where} {beyond}"  # noqa: S608 our own names
                f" ORDER BY {order} DESC, id DESC LIMIT {size}",
                (*values, *last),
            )
            for _, _, document in page:
                yield document  # type: ignore[misc] # a BLOB column by our own layout
            if len(page) < size:
                return
            last = page[-1][:2]

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self._connection.close()


def _unopened(path: Path, error: Exception) -> DataFolderError:
    return DataFolderError(f"cannot be opened: {error}", subject=str(path))


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        # Locked and full pass by themselves or by a person's hand while we wait; nothing has been written.
        waits = any(word in str(error) for word in ("locked", "full", "busy"))
        raise StoreError(str(error), subject=str(path), retryable=waits) from error
    except (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
        if "closed" in str(error):
            raise StoreError(str(error), subject=str(path)) from error
        # One value is at fault, not the file: the caller can find the record it came with.
        raise RecordError(str(error), subject=str(path), stage="store") from error
    except sqlite3.Error as error:
        raise StoreError(str(error), subject=str(path)) from error


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
