"""An item's matches as the hits that travel on: with all an alert needs, so that nobody has to look anything up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipelines.matching.document import document_of_item
from pipelines.matching.match import Matcher, QueryMatch
from schemas.article import Content
from schemas.hit import Hit, ItemHits, Span
from schemas.identity import hit_id
from schemas.item import FeedItem

EXCERPT = 240
"""About how many characters of text go along with a hit."""
_WORD = 24
"""How far a cut moves to fall between words; texts without spaces are cut where they are."""


def item_hits(item: FeedItem, content: Content, matcher: Matcher, matched_at: datetime) -> ItemHits:
    """The hits of `item`, whose language and the like are in `content`."""
    matches = matcher.match(document_of_item(item, content))
    return ItemHits(
        item_id=item.item_id,
        article_id=item.article_id,
        version_id=item.version_id,
        op=item.op,
        history=item.history,
        seen_at=item.seen_at,
        hits=tuple(_hit(item, content, match, matched_at) for match in matches),
        trace_id=item.trace_id,
    )


def _hit(item: FeedItem, content: Content, match: QueryMatch, matched_at: datetime) -> Hit:
    watchlist = match.watchlist
    return Hit(
        hit_id=hit_id(item.article_id, item.content_hash, watchlist.id, match.query),
        article_id=item.article_id,
        version_id=item.version_id,
        content_hash=item.content_hash,
        url=item.url,
        title=item.title,
        excerpt=excerpt(item, match.spans),
        source=item.source.name,
        country=item.source.country,
        feed_url=item.feed_url,
        native_id=item.native_id,
        language=content.language,
        watchlist=watchlist.id,
        watchlist_name=watchlist.name,
        watchlist_hash=watchlist.content_hash,
        query=match.query,
        severity=watchlist.severity,
        recipients=watchlist.recipients,
        spans=match.spans,
        op=item.op,
        history=item.history,
        published_at=item.published_at,
        seen_at=item.seen_at,
        matched_at=matched_at,
    )


def excerpt(item: FeedItem, spans: Iterable[Span]) -> str:
    """The words around the first span outside the title, else the beginning of the text; `…` where it was cut."""
    span = next((span for span in spans if span.field != "title"), None)
    if span is None:
        return _cut(item.summary or item.body, 0, 0)
    return _cut(item.summary if span.field == "summary" else item.body, span.start, span.end)


def _cut(text: str, start: int, end: int) -> str:
    room = max(EXCERPT - (end - start), 0)
    first = max(start - room // 2, 0)
    last = min(first + max(EXCERPT, end - start), len(text))
    first = max(min(first, last - EXCERPT), 0)
    if first:
        space = text.find(" ", first, min(first + _WORD, start))
        first = space + 1 if space >= 0 else first
    if last < len(text):
        space = text.rfind(" ", max(last - _WORD, end), last + 1)
        last = space if space >= 0 else last
    return f"{'…' if first else ''}{text[first:last].strip()}{'…' if last < len(text) else ''}"
