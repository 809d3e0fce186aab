"""The language stage of the graph: the text of an item with its language, as articles and versions store it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.language.detect import Detection, Hints, detect
from pipelines.language.tags import UNKNOWN, macro_tag
from schemas.article import Content

if TYPE_CHECKING:
    from schemas.item import FeedItem

PIPELINE_VERSION: int = 2
"""Raised whenever the same text may come out otherwise: what was derived by the greatest version wins in a merge."""
BODY = 600
"""Characters of the body looked at; with title and summary more than enough."""


def content_of(item: FeedItem, engine: str = "hybrid") -> Content:
    """The text of `item` and its language, from title, summary and the beginning of the body together."""
    text = "\n".join(part for part in (item.title, item.summary, item.body[:BODY]) if part)
    found = detect(
        text, Hints(declared=item.language, source=item.source.language, profile=item.source.learned), engine
    )
    return Content(
        content_hash=item.content_hash,
        title=item.title,
        summary=item.summary,
        body=item.body,
        pipeline_version=PIPELINE_VERSION,
        language=stored_tag(found),
        # A guess that is not accepted must not keep a watchlist limited to other languages from seeing the text.
        macro=found.macro if found.macro_accepted else UNKNOWN,
        script=found.script,
        language_confidence=found.confidence if found.accepted else found.macro_confidence,
    )


def stored_tag(found: Detection) -> str:
    """The accepted tag; else the macro-language where that is sure (`sh-Latn`), else `und`."""
    if found.accepted:
        return found.tag
    return macro_tag(found.macro, found.script) if found.macro_accepted else UNKNOWN
