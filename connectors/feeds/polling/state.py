"""What the poller remembers, in one SQLite file: a state for each feed and the items each has brought.

Losing the file costs bandwidth and nothing else: items sent again carry the same ids.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from connectors.interfaces import Known, Positions
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
    """
    ALTER TABLE seen ADD COLUMN article_id BLOB;
    ALTER TABLE seen ADD COLUMN title BLOB;
    ALTER TABLE feeds ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;
    UPDATE feeds SET read_at = coalesce((SELECT max(last_seen) FROM seen WHERE feed = number), 0)
    """,
)
_PAGE = 500
_DAY = 86_400_000
KEPT_DAYS = (90, 1_000)
"""For how long at least and at most what left its feed is remembered."""
_OLDEST_TIMES = 3


class SqliteFeedStates:
    """`FeedStates` and `PositionStore` over one file.

    `last_seen` is when a key was last in a document that was read; `read_at`, when a document of the feed was last read.
    Once a day and feed, what left it long ago is forgotten.
    """

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

    def seen(self, feed_url: str, keys: Sequence[str]) -> Mapping[str, Known]:
        """See `FeedStates.seen`."""
        found: dict[str, Known] = {}
        for start in range(0, len(keys), _PAGE):
            page = [bytes.fromhex(key) for key in keys[start : start + _PAGE]]
            rows = self._database.rows(
                "SELECT item_id, content_hash, article_id, title, last_seen"  # noqa: S608 only marks are added
                " FROM seen JOIN feeds ON feed = number"
                f" WHERE feed_url = ? AND item_id IN ({','.join('?' * len(page))})",
                (feed_url, *page),
            )
            found |= {cast("bytes", key).hex(): _known(rest) for key, *rest in rows}
        return found

    def learned(self, feed_url: str) -> str:
        """See `FeedStates.learned`."""
        rows = self._database.rows("SELECT profile FROM learned WHERE feed_url = ?", (feed_url,))
        return str(rows[0][0]) if rows else ""

    def save_learned(self, profiles: Mapping[str, str]) -> None:
        """See `FeedStates.save_learned`."""
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO learned VALUES (?, ?)", list(profiles.items()))

    def save(self, state: FeedState, seen: Mapping[str, Known]) -> None:
        """See `FeedStates.save`."""
        self.save_all(((state, seen),))

    def save_all(self, saved: Sequence[tuple[FeedState, Mapping[str, Known]]]) -> None:
        """See `FeedStates.save_all`."""
        with self._database.transaction() as connection:
            for state, seen in saved:
                _save(connection, state, seen)

    def remember(self, feed_url: str, seen: Mapping[str, Known], at: datetime) -> None:
        """See `FeedStates.remember`."""
        with self._database.transaction() as connection:
            _remember(connection, feed_url, seen, int(at.timestamp() * 1000))

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


def _known(row: Sequence[object]) -> Known:
    content, article, title, last_seen = cast("tuple[bytes, bytes | None, bytes | None, int]", tuple(row))
    return Known(
        content.hex(), (article or b"").hex(), title or b"", last_seen=datetime.fromtimestamp(last_seen / 1000, UTC)
    )


def _save(connection: sqlite3.Connection, state: FeedState, seen: Mapping[str, Known]) -> None:
    moment = _milliseconds(state.last_fetch.fetched_at) if state.last_fetch else 0
    number, read_at = connection.execute(
        "INSERT INTO feeds (feed_url, document) VALUES (?, ?)"
        " ON CONFLICT (feed_url) DO UPDATE SET document = excluded.document RETURNING number, read_at",
        (state.feed_url, codec.encode(state)),
    ).fetchone()
    if not seen:
        return
    # A state restored from the log was never polled: no document was read, and nothing has left its feed.
    if state.last_fetch is not None and moment // _DAY > read_at // _DAY:
        if moment - read_at > _DAY:
            # No other document was read since: what was in that one has been in the feed until just before this one.
            connection.execute(
                "UPDATE seen SET last_seen = ? WHERE feed = ? AND last_seen = ?", (moment - 1, number, read_at)
            )
        forgotten = moment - _kept_for(seen, moment)
        connection.execute("DELETE FROM seen WHERE feed = ? AND last_seen < ?", (number, forgotten))
    _mark(connection, number, seen, moment)
    if state.last_fetch is not None:
        connection.execute("UPDATE feeds SET read_at = ? WHERE number = ?", (moment, number))


def _remember(connection: sqlite3.Connection, feed_url: str, seen: Mapping[str, Known], moment: int) -> None:
    connection.execute(
        "INSERT INTO feeds (feed_url, document) VALUES (?, ?) ON CONFLICT (feed_url) DO NOTHING",
        (feed_url, codec.encode(FeedState(feed_url=feed_url))),
    )
    number, read_at, document = connection.execute(
        "SELECT number, read_at, document FROM feeds WHERE feed_url = ?", (feed_url,)
    ).fetchone()
    if moment // _DAY > read_at // _DAY and _state(document, feed_url).last_fetch is None:
        # No poll forgets anything for this feed: what was last pushed so long ago will not be pushed again.
        connection.execute("DELETE FROM seen WHERE feed = ? AND last_seen < ?", (number, moment - KEPT_DAYS[1] * _DAY))
        connection.execute("UPDATE feeds SET read_at = ? WHERE number = ?", (moment, number))
    _mark(connection, number, seen, moment)


def _mark(connection: sqlite3.Connection, number: int, seen: Mapping[str, Known], moment: int) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                number, bytes.fromhex(key), bytes.fromhex(one.content_hash),
                _milliseconds(one.last_seen) if one.last_seen else moment,
                bytes.fromhex(one.article_id) or None, one.title or None,
            )
            for key, one in seen.items()
        ],
    )  # fmt: skip


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _kept_for(seen: Mapping[str, Known], moment: int) -> int:
    """Milliseconds for which what left a feed is remembered: what shows old items may bring back older ones."""
    oldest = min((_milliseconds(one.published_at) for one in seen.values() if one.published_at), default=moment)
    shortest, longest = (days * _DAY for days in KEPT_DAYS)
    return int(min(max(shortest, _OLDEST_TIMES * (moment - oldest)), longest))
