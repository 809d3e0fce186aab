"""The folded words of the embedded index in FTS5: written, asked for, and folded anew when the fold has changed.

FTS5 knows the words as they were folded when they were written. An index written by a release with another fold would
miss candidates without a sound, so the file names its fold: whoever opens it for writing brings the words forward, and
a reader that finds another fold than its own reads every article instead.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence

from connectors.index.folded import readings, stamp
from schemas import codec
from schemas.article import Article

TABLE = """
    CREATE VIRTUAL TABLE words USING fts5 (
        text, tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* S* P* C*'"
    )
"""
FOLD_TABLE = "CREATE TABLE fold (stamp TEXT NOT NULL)"

_ALTERNATIVES = 64
"""Of one FTS5 expression; it looks at all of them for each row that one of them has."""
_EXPRESSIONS = 400
"""Of one statement; SQLite takes 500."""
_PHRASES = 64
_TOKENS = 32
_log = logging.getLogger(__name__)


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the words in the file are folded as this release folds."""
    try:
        row = connection.execute("SELECT stamp FROM fold").fetchone()
    except sqlite3.OperationalError:
        # A file of a release that had no such table, opened by a reader.
        return False
    return row is not None and row[0] == stamp()


def fold_anew(connection: sqlite3.Connection) -> None:
    """Fold the words of every article again; inside a transaction of the caller, so that a death leaves the old ones."""
    if is_current(connection):
        return
    count = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    if count:
        _log.info("the fold has changed: the words of the index are folded anew", extra={"articles": count})
    connection.execute("DROP TABLE words")
    connection.execute(TABLE)
    for number, document in connection.execute("SELECT number, document FROM articles"):
        _insert(connection, number, codec.decode(document, Article, subject=f"article {number}"))
    connection.execute("DELETE FROM fold")
    connection.execute("INSERT INTO fold VALUES (?)", (stamp(),))


def replace(connection: sqlite3.Connection, number: int, article: Article) -> None:
    """The words of the article in row `number`, in place of those there were."""
    connection.execute("DELETE FROM words WHERE rowid = ?", (number,))
    _insert(connection, number, article)


def _insert(connection: sqlite3.Connection, number: int, article: Article) -> None:
    # A form feed between the fields keeps a phrase from running from one into the next.
    text = " \x0c ".join(readings(article))
    connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, text))


def condition(any_of: Sequence[tuple[tuple[str, ...], ...]]) -> tuple[str, list[str]]:
    """`any_of` of `Candidates` as a condition on `articles.number`, with its values. Names no fewer articles."""
    matches = _expressions(any_of)
    one = "SELECT rowid FROM words WHERE words MATCH ?"
    return f"number IN ({' UNION ALL '.join([one] * len(matches))})", matches


def _expressions(any_of: Sequence[tuple[tuple[str, ...], ...]]) -> list[str]:
    """`any_of` as expressions of FTS5, with so many alternatives in each that their number costs little."""
    size = max(_ALTERNATIVES, -(-len(any_of) // _EXPRESSIONS))
    parts = [any_of[first : first + size] for first in range(0, len(any_of), size)]
    return [" OR ".join(f"({_conjunction(phrases)})" for phrases in part) for part in parts]


def _conjunction(phrases: Sequence[tuple[str, ...]]) -> str:
    # What is left out of a long one, the matcher checks: the longest phrases are the rarest.
    kept = sorted(phrases, key=len, reverse=True)[:_PHRASES]
    return " AND ".join(_phrase(tokens[:_TOKENS]) for tokens in kept)


def _phrase(tokens: tuple[str, ...]) -> str:
    # FTS5 knows a prefix only at the end of a phrase: cut there. What is lost, adjacency, the matcher checks.
    runs: list[str] = []
    words: list[str] = []
    for token in tokens:
        words.append(token.removesuffix("*"))
        if token.endswith("*"):
            runs.append(f'"{" ".join(words)}" *')
            words = []
    if words:
        runs.append(f'"{" ".join(words)}"')
    return " AND ".join(runs)
