"""What the poller remembers, in one SQLite file: a state for each feed and the items each has brought.

Losing the file costs bandwidth and nothing else: items sent again carry the same ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from connectors.interfaces import Positions
from connectors.sqlite import Database
from schemas import codec
from schemas.feed import FeedState

_LAYOUTS = (
    """
    CREATE TABLE feeds (number INTEGER PRIMARY KEY, feed_url TEXT NOT NULL UNIQUE, document BLOB);
    CREATE TABLE seen (
        feed INTEGER NOT NULL REFERENCES feeds (number), item_id BLOB NOT NULL, content_hash BLOB NOT NULL,
        last_seen INTEGER NOT NULL, PRIMARY KEY (feed, item_id)
    ) WITHOUT ROWID;
    CREATE TABLE positions (
        consumer TEXT NOT NULL, partition INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (consumer, partition)
    ) WITHOUT ROWID;
    """,
    "CREATE TABLE learned (feed_url TEXT PRIMARY KEY, profile TEXT NOT NULL) WITHOUT ROWID",
)
_PAGE = 500


class SqliteFeedStates:
    """`FeedStates` and `PositionStore` over one file. `last_seen` is kept so that old items can be forgotten by age."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._database = Database(path, _LAYOUTS, read_only=read_only)

    def state(self, feed_url: str) -> FeedState | None:
        """See `FeedStates.state`."""
        rows = self._database.rows("SELECT document FROM feeds WHERE feed_url = ?", (feed_url,))
        return _state(rows[0][0], feed_url) if rows else None

    def states_of(self, feed_urls: Sequence[str]) -> Mapping[str, FeedState]:
        """See `FeedStates.states_of`."""
        found: dict[str, FeedState] = {}
        for start in range(0, len(feed_urls), _PAGE):
            page = feed_urls[start : start + _PAGE]
            rows = self._database.rows(
                "SELECT document, feed_url FROM feeds"  # noqa: S608 only marks are added
                f" WHERE feed_url IN ({','.join('?' * len(page))})",
                tuple(page),
            )
            found |= {str(feed_url): _state(document, str(feed_url)) for document, feed_url in rows}
        return found

    def states(self) -> Iterable[FeedState]:
        """See `FeedStates.states`; read in pages, so that many feeds take little memory."""
        last = ""
        while rows := self._database.rows(
            "SELECT document, feed_url FROM feeds WHERE feed_url > ? ORDER BY feed_url LIMIT ?", (last, _PAGE)
        ):
            yield from (_state(document, str(feed_url)) for document, feed_url in rows)
            last = str(rows[-1][1])

    def seen(self, feed_url: str, item_ids: Sequence[str]) -> Mapping[str, str]:
        """See `FeedStates.seen`."""
        found: dict[str, str] = {}
        for start in range(0, len(item_ids), _PAGE):
            page = [bytes.fromhex(item) for item in item_ids[start : start + _PAGE]]
            rows = self._database.rows(
                "SELECT item_id, content_hash FROM seen JOIN feeds ON feed = number"  # noqa: S608 only marks are added
                f" WHERE feed_url = ? AND item_id IN ({','.join('?' * len(page))})",
                (feed_url, *page),
            )
            found |= {cast("bytes", item).hex(): cast("bytes", content).hex() for item, content in rows}
        return found

    def learned(self, feed_url: str) -> str:
        """See `FeedStates.learned`."""
        rows = self._database.rows("SELECT profile FROM learned WHERE feed_url = ?", (feed_url,))
        return str(rows[0][0]) if rows else ""

    def save_learned(self, profiles: Mapping[str, str]) -> None:
        """See `FeedStates.save_learned`."""
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO learned VALUES (?, ?)", list(profiles.items()))

    def save(self, state: FeedState, seen: Mapping[str, str]) -> None:
        """See `FeedStates.save`."""
        self.save_all([(state, seen)])

    def save_all(self, saved: Sequence[tuple[FeedState, Mapping[str, str]]]) -> None:
        """See `FeedStates.save_all`."""
        # Encoded before the lock is taken: readers wait for it.
        rows = [(state.feed_url, codec.encode(state)) for state, _ in saved]
        with self._database.transaction() as connection:
            for row, (state, seen) in zip(rows, saved, strict=True):
                number = connection.execute(
                    "INSERT INTO feeds (feed_url, document) VALUES (?, ?)"
                    " ON CONFLICT (feed_url) DO UPDATE SET document = excluded.document RETURNING number",
                    row,
                ).fetchone()[0]
                moment = int(state.last_fetch.fetched_at.timestamp() * 1000) if state.last_fetch else 0
                connection.executemany(
                    "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)",
                    [(number, bytes.fromhex(item), bytes.fromhex(content), moment) for item, content in seen.items()],
                )

    def positions(self, consumer: str) -> Positions:
        """See `PositionStore.positions`."""
        rows = self._database.rows("SELECT partition, place FROM positions WHERE consumer = ?", (consumer,))
        return {cast("int", partition): cast("int", place) for partition, place in rows}

    def save_positions(self, consumer: str, positions: Positions) -> None:
        """See `PositionStore.save_positions`."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
                [(consumer, partition, place) for partition, place in positions.items()],
            )

    def close(self) -> None:
        """See `FeedStates.close`."""
        self._database.close()


def _state(document: object, feed_url: str) -> FeedState:
    return codec.decode(cast("bytes", document), FeedState, subject=feed_url)
