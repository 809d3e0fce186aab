from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from connectors.feeds.state import SqliteFeedStates
from schemas.errors import DataFolderError, StoreError
from tests.contracts.feed_states import FeedStatesContract, state


class TestSqliteFeedStates(FeedStatesContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "feeds.sqlite3"

    def states(self) -> SqliteFeedStates:
        return SqliteFeedStates(self.path)

    def again(self) -> SqliteFeedStates:
        return SqliteFeedStates(self.path)

    def test_a_file_of_a_newer_release_is_refused(self) -> None:
        self.states().close()
        connection = sqlite3.connect(self.path)
        connection.execute("PRAGMA user_version=99")
        connection.close()
        with pytest.raises(DataFolderError, match=r"feeds\.sqlite3: was written by a newer release"):
            self.states()

    def test_a_reader_works_beside_the_writer_and_writes_nothing(self) -> None:
        writer = self.states()
        writer.save(state(), {})
        reader = SqliteFeedStates(self.path, read_only=True)
        assert [one.feed_url for one in reader.states()] == ["https://a.example/rss"]
        with pytest.raises(StoreError):
            reader.save(state(), {})
        reader.close()
        writer.close()
