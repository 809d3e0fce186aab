from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.index.embedded import EmbeddedIndex
from connectors.log.embedded import EmbeddedLog
from schemas.errors import DataFolderError, WirewatchError
from tests.contracts.log import ConsumerContract, LogContract, record


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(tmp_path / "log.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def places(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    yield opened
    opened.close()


class TestEmbeddedLog(LogContract):
    pass


class TestEmbeddedConsumer(ConsumerContract):
    pass


def test_survives_reopening_and_is_read_beside_the_writer(tmp_path: Path, log: EmbeddedLog) -> None:
    log.append([record("a")])
    reader = EmbeddedLog(tmp_path / "log.sqlite3", read_only=True)
    log.append([record("b")])
    assert [one.key for one in reader.read("items", {}, 10)] == ["a", "b"]
    reader.close()


def test_a_failed_append_leaves_nothing(log: EmbeddedLog) -> None:
    broken = msgspec.structs.replace(record("x"), value=object())
    with pytest.raises(WirewatchError, match=r"log\.sqlite3"):
        log.append([record("a"), broken])
    assert list(log.read("items", {}, 10)) == []


def test_a_newer_file_is_refused(tmp_path: Path, log: EmbeddedLog) -> None:
    log.close()
    connection = sqlite3.connect(tmp_path / "log.sqlite3")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(DataFolderError, match="newer release"):
        EmbeddedLog(tmp_path / "log.sqlite3")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite3").write_bytes(b"not a database at all, but long enough to be read as one" * 30)
    with pytest.raises(DataFolderError, match=r"log\.sqlite3"):
        EmbeddedLog(tmp_path / "log.sqlite3")
