"""The index of the embedded size: articles, versions, hits and alerts in one SQLite file, searched with FTS5.

FTS5 only finds candidates: it holds the folded text (`connectors.index.words`), and the matcher decides. The pipeline's
reading position lies in the same file and is saved in the same transaction as the documents before it.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from connectors.index import words
from connectors.interfaces import Candidates, HitFilter, Mark, Positions
from connectors.sqlite import Database
from schemas import codec
from schemas.alert import Alert
from schemas.article import Article, Version
from schemas.hit import Hit

_LAYOUTS = (
    f"""
    CREATE TABLE articles (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seen_at INTEGER NOT NULL, document BLOB NOT NULL
    );
    CREATE INDEX articles_newest ON articles (seen_at DESC, id);
    {words.TABLE};
    CREATE TABLE versions (id TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE hits (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, seen_at INTEGER NOT NULL,
        article TEXT NOT NULL, watchlist TEXT NOT NULL, language TEXT NOT NULL, document BLOB NOT NULL
    );
    CREATE INDEX hits_of_article ON hits (article);
    CREATE INDEX hits_newest ON hits (seen_at DESC, id);
    CREATE TABLE alerts (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, document BLOB NOT NULL);
    CREATE INDEX alerts_newest ON alerts (created_at DESC, id);
    CREATE TABLE positions (
        consumer TEXT, part INTEGER, place INTEGER NOT NULL, PRIMARY KEY (consumer, part)
    ) WITHOUT ROWID;
    """,
    words.FOLD_TABLE,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 200
_LONGEST_PAGE = 100_000


class EmbeddedIndex:
    """`ArticleStore`, `Search`, `HitStore` and `PositionStore` over one SQLite file."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._database = Database(path, _LAYOUTS, read_only=read_only)
        try:
            self._folded = self._bring_forward(read_only=read_only)
        except BaseException:
            self.close()
            raise

    def _bring_forward(self, *, read_only: bool) -> bool:
        """Fold the words anew where another release wrote them; whether they are as this one folds."""
        with self._database.reading() as connection:
            current = words.is_current(connection)
        if not current and not read_only:
            with self._database.transaction() as connection:
                words.fold_anew(connection)
            return True
        return current

    def apply(self, articles: Sequence[Article], versions: Sequence[Version], mark: Mark | None = None) -> None:
        """See `ArticleStore.apply`: one transaction, the mark included."""
        with self._database.transaction() as connection:
            for article in articles:
                _merge_article(connection, article)
            connection.executemany(
                "INSERT OR IGNORE INTO versions VALUES (?, ?)",
                [(version.version_id, codec.encode(version)) for version in versions],
            )
            if mark is not None:
                _save_positions(connection, mark.consumer, mark.positions)

    def article(self, article_id: str) -> Article | None:
        """See `ArticleStore.article`."""
        rows = self._database.rows("SELECT document FROM articles WHERE id = ?", (article_id,))
        return codec.decode(cast("bytes", rows[0][0]), Article, subject=article_id) if rows else None

    def version(self, version_id: str) -> Version | None:
        """See `ArticleStore.version`."""
        rows = self._database.rows("SELECT document FROM versions WHERE id = ?", (version_id,))
        return codec.decode(cast("bytes", rows[0][0]), Version, subject=version_id) if rows else None

    def candidates(self, wanted: Candidates) -> Iterator[Article]:
        """See `Search.candidates`."""
        where, values = "1", cast("list[object]", [])
        if wanted.since is not None:
            where += " AND seen_at >= ?"
            # Up to the next whole millisecond: what was seen within the one before `since` was seen before it.
            values.append(_milliseconds(wanted.since + timedelta(microseconds=999)))
        if wanted.beyond is not None:
            where += " AND (seen_at, id) < (?, ?)"
            values += [_milliseconds(wanted.beyond[0]), wanted.beyond[1]]
        if self._folded and wanted.any_of and all(wanted.any_of):
            matched, matches = words.condition(wanted.any_of)
            documents = self._matched(f"{where} AND {matched}", [*values, *matches])
        else:
            documents = self._database.newest("articles", "seen_at", where, values)
        for document in documents:
            yield codec.decode(document, Article)

    def _matched(self, where: str, values: Sequence[object]) -> Iterator[bytes]:
        """The documents of a condition that costs something to work out: so it is asked seldom, and for numbers only.

        The first page is what a person looks at; each further one is ten times as long, up to `_LONGEST_PAGE`.
        """
        size, last = _PAGE, cast("tuple[object, ...]", ())
        while True:
            beyond = "AND (seen_at, id) < (?, ?)" if last else ""
            page = self._database.rows(
                f"SELECT seen_at, id, number FROM articles WHERE {where} {beyond}"  # noqa: S608 our own names
                f" ORDER BY seen_at DESC, id DESC LIMIT {size}",
                (*values, *last),
            )
            for _, _, number in page:
                found = self._database.rows("SELECT document FROM articles WHERE number = ?", (number,))
                yield from (cast("bytes", document) for (document,) in found)
            if len(page) < size:
                return
            size, last = min(size * 10, _LONGEST_PAGE), page[-1][:2]

    def count(self) -> int:
        """See `Search.count`."""
        return cast("int", self._database.rows("SELECT count(*) FROM articles")[0][0])

    def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
        """See `HitStore.put`: one transaction."""
        with self._database.transaction() as connection:
            for hit in hits:
                _merge_hit(connection, hit)
            connection.executemany(
                "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?)",
                [(alert.alert_key, _milliseconds(alert.created_at), codec.encode(alert)) for alert in alerts],
            )

    def newest(self, wanted: HitFilter, limit: int) -> Iterator[Hit]:
        """See `HitStore.newest`."""
        where, values = "1", cast("list[object]", [])
        if wanted.article_id:
            where += " AND article = ?"
            values.append(wanted.article_id)
        if wanted.watchlist:
            where += " AND watchlist = ?"
            values.append(wanted.watchlist)
        if wanted.language:
            where += " AND (language = ? OR substr(language, 1, ?) = ?)"
            values += [wanted.language, len(wanted.language) + 1, wanted.language + "-"]
        if wanted.since is not None:
            where += " AND seen_at >= ?"
            values.append(_milliseconds(wanted.since))
        documents = self._database.newest("hits", "seen_at", where, values)
        for document in itertools.islice(documents, limit or None):
            yield codec.decode(document, Hit)

    def after(self, cursor: int, limit: int) -> Sequence[tuple[int, Hit]]:
        """See `HitStore.after`."""
        rows = self._database.rows(
            "SELECT number, document FROM hits WHERE number > ? ORDER BY number LIMIT ?", (cursor, limit)
        )
        return [(cast("int", number), codec.decode(cast("bytes", document), Hit)) for number, document in rows]

    def last_cursor(self) -> int:
        """See `HitStore.last_cursor`."""
        return cast("int", self._database.rows("SELECT coalesce(max(number), 0) FROM hits")[0][0])

    def alerts(self, limit: int) -> Iterator[Alert]:
        """See `HitStore.alerts`."""
        documents = self._database.newest("alerts", "created_at", "1", ())
        for document in itertools.islice(documents, limit or None):
            yield codec.decode(document, Alert)

    def positions(self, consumer: str) -> Positions:
        """See `PositionStore.positions`."""
        rows = self._database.rows("SELECT part, place FROM positions WHERE consumer = ?", (consumer,))
        return dict(cast("list[tuple[int, int]]", rows))

    def save_positions(self, consumer: str, positions: Positions) -> None:
        """See `PositionStore.save_positions`."""
        with self._database.transaction() as connection:
            _save_positions(connection, consumer, positions)

    def settle(self) -> None:
        """See `Index.settle`: what is stored is found at once."""

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _merge_article(connection: sqlite3.Connection, article: Article) -> None:
    row = connection.execute("SELECT number, document FROM articles WHERE id = ?", (article.article_id,)).fetchone()
    stored = codec.decode(row[1], Article, subject=article.article_id) if row else None
    merged = stored.merge(article) if stored else article
    if merged == stored:
        return
    document = codec.encode(merged)
    seen_at = _milliseconds(merged.seen_at)
    if row is None:
        number = connection.execute(
            "INSERT INTO articles (id, seen_at, document) VALUES (?, ?, ?)", (merged.article_id, seen_at, document)
        ).lastrowid
    else:
        number = row[0]
        connection.execute(
            "UPDATE articles SET seen_at = ?, document = ? WHERE number = ?", (seen_at, document, number)
        )
    if stored is None or stored.content_hash != merged.content_hash:
        words.replace(connection, cast("int", number), merged)


def _merge_hit(connection: sqlite3.Connection, hit: Hit) -> None:
    row = connection.execute("SELECT document FROM hits WHERE id = ?", (hit.hit_id,)).fetchone()
    stored = codec.decode(row[0], Hit, subject=hit.hit_id) if row else None
    merged = stored.merge(hit) if stored else hit
    if merged == stored:
        return
    connection.execute(
        "INSERT INTO hits (id, seen_at, article, watchlist, language, document) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, language = excluded.language,"
        " document = excluded.document",
        (
            merged.hit_id,
            _milliseconds(merged.seen_at),
            merged.article_id,
            merged.watchlist,
            merged.language,
            codec.encode(merged),
        ),
    )


def _save_positions(connection: sqlite3.Connection, consumer: str, positions: Positions) -> None:
    rows = [(consumer, partition, place) for partition, place in positions.items()]
    connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", rows)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
