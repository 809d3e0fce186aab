"""The folded words of an article as every index keeps them, and which fold they were folded with."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from schemas.article import Article
from schemas.query.fold import folded_readings

_CODE = "2"
"""To be raised when code, not the table, changes what the words of a text are."""


@cache
def stamp() -> str:
    """Which fold this release has."""
    table = resources.files("schemas.query").joinpath("fold_table.json").read_bytes()
    return f"{_CODE} {hashlib.blake2b(table, digest_size=16).hexdigest()}"


def readings(article: Article) -> tuple[str, ...]:
    """The words of each text field by sound, and by look where that differs; no phrase runs from one into the next."""
    return tuple(
        reading for field in (article.title, article.summary, article.body) for reading in folded_readings(field)
    )
