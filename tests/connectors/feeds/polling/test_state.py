from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

import pytest

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import Known
from schemas import codec
from schemas.errors import DataFolderError, StoreError
from tests.contracts.feed_states import AT, FIRST, SECOND, THIRD, FeedStatesContract, at, state

# As the release before made it; never to be changed.
LAYOUT_2 = """
    CREATE TABLE feeds (number INTEGER PRIMARY KEY, feed_url TEXT NOT NULL UNIQUE, document BLOB);
    CREATE TABLE seen (
        feed INTEGER NOT NULL REFERENCES feeds (number), item_id BLOB NOT NULL, content_hash BLOB NOT NULL,
        last_seen INTEGER NOT NULL, PRIMARY KEY (feed, item_id)
    ) WITHOUT ROWID;
    CREATE TABLE positions (
        consumer TEXT NOT NULL, partition INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (consumer, partition)
    ) WITHOUT ROWID;
    CREATE TABLE learned (feed_url TEXT PRIMARY KEY, profile TEXT NOT NULL) WITHOUT ROWID;
    PRAGMA user_version=2;
"""


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

    def test_a_file_of_the_release_before_is_continued(self) -> None:
        connection = sqlite3.connect(self.path)
        connection.executescript(LAYOUT_2)
        kept = state(etag='"1"', keyed_by="item")
        connection.execute("INSERT INTO feeds VALUES (1, ?, ?)", (kept.feed_url, codec.encode(kept)))
        moment = int(AT.timestamp() * 1000)
        connection.execute(
            "INSERT INTO seen VALUES (1, ?, ?, ?)", (bytes.fromhex(FIRST), bytes.fromhex(SECOND), moment)
        )
        connection.execute("INSERT INTO positions VALUES ('poller', 0, 7)")
        connection.execute("INSERT INTO learned VALUES (?, 'sr-Latn')", (kept.feed_url,))
        connection.commit()
        connection.close()
        states = self.states()
        assert states.state(kept.feed_url) == kept
        assert states.seen(kept.feed_url, (FIRST,)) == {FIRST: Known(SECOND, last_seen=AT)}
        assert (states.positions("poller"), states.learned(kept.feed_url)) == ({0: 7}, "sr-Latn")
        # Its feed had it until then: nothing was read between.
        states.save(at(200), {THIRD: Known(THIRD)})
        assert set(states.seen(kept.feed_url, (FIRST, THIRD))) == {FIRST, THIRD}
        states.save(at(201), {FIRST: Known(THIRD, FIRST, b"title")})
        assert states.seen(kept.feed_url, (FIRST,))[FIRST].article_id == FIRST
        states.close()

    def test_the_file_stays_as_large_as_a_quarter_of_news(self) -> None:
        states = self.states()
        pages: dict[int, int] = {}
        for day in range(400):
            shown = {f"{number:032x}": Known(SECOND, THIRD, b"t" * 16) for number in range(day * 10, day * 10 + 50)}
            states.save(at(day), shown)
            pages[day] = cast("int", states._database.rows("PRAGMA page_count")[0][0])
        states.close()
        assert pages[99] > pages[9]
        assert pages[399] <= pages[120]

    def test_a_reader_works_beside_the_writer_and_writes_nothing(self) -> None:
        writer = self.states()
        writer.save(state(), {})
        reader = SqliteFeedStates(self.path, read_only=True)
        assert [one.feed_url for one in reader.states()] == ["https://a.example/rss"]
        with pytest.raises(StoreError):
            reader.save(state(), {})
        reader.close()
        writer.close()
