from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from connectors.inflight import InFlightFile
from connectors.interfaces import InHand
from connectors.sqlite import Database
from schemas.errors import StoreError

LAYOUTS = ("CREATE TABLE things (document BLOB)",)


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO things VALUES (zeroblob(1000000))")


def test_a_full_disk_is_named_waited_for_and_forgotten_when_there_is_room(tmp_path: Path) -> None:
    database = Database(tmp_path / "things.sqlite3", LAYOUTS)
    with database.transaction() as connection:
        before = connection.execute("PRAGMA max_page_count").fetchone()[0]
        connection.execute("PRAGMA max_page_count = 10")
    for _ in range(2):
        with pytest.raises(StoreError, match="full") as raised, database.transaction() as connection:
            fill(connection)
        assert raised.value.retryable
    assert database.rows("SELECT count(*) FROM things") == [(0,)]
    with database.transaction() as connection:
        connection.execute(f"PRAGMA max_page_count = {before}")
        fill(connection)
    assert database.rows("SELECT count(*) FROM things") == [(1,)]
    database.close()


def test_a_batch_begins_where_there_is_no_room_for_its_note(tmp_path: Path) -> None:
    note = InFlightFile(tmp_path / "note.inflight")
    before, after = InHand({0: (1, 4)}, 3), InHand({0: (4, 5), 3: (0, 1)}, 2)
    note.begin(before)
    (tmp_path / "note.new").symlink_to("/dev/full")
    note.begin(after)
    assert note.previous() is None
    note.begin(after)
    assert note.previous() == after
    note.end()
