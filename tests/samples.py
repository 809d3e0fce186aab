"""Values that tests of several parts need: complete, small, and different where it matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.article import Article, Content, of_item
from schemas.hit import Hit, Span
from schemas.identity import article_id_of_address, content_hash, hit_id, item_id, version_id
from schemas.item import FeedItem, Outlet

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEED = "https://outlet.example/rss"


def item(number: int = 1, **changes: Any) -> FeedItem:
    """Item `number` of a feed; ids follow from its fields as the poller derives them."""
    url = changes.pop("url", f"https://outlet.example/{number}")
    feed_url = changes.pop("feed_url", FEED)
    native = changes.pop("native_id", f"native-{number}")
    title = changes.pop("title", f"Title {number}")
    summary = changes.pop("summary", "")
    body = changes.pop("body", f"Body of item {number}.")
    kind = changes.pop("kind", "feed")
    words = content_hash(kind, title, summary, body)
    article = article_id_of_address(url)
    base = FeedItem(
        feed_url=feed_url,
        native_id=native,
        id_policy="guid",
        item_id=item_id(feed_url, "guid", native),
        article_id=article,
        keyed_by="address",
        content_hash=words,
        version_id=version_id(article, words),
        op="new",
        url=url,
        kind=kind,
        title=title,
        summary=summary,
        body=body,
        source=Outlet(name="Outlet", country="XK", language="sr-Latn", kind="portal"),
        published_at=NOON - timedelta(minutes=5),
        published_reason="published",
        seen_at=NOON + timedelta(seconds=number),
        trace_id=f"trace-{number}",
    )
    return msgspec.structs.replace(base, **changes)


def content(of: FeedItem, **changes: Any) -> Content:
    """What the pipeline derives from an item, without asking a detector."""
    derived = Content(
        content_hash=of.content_hash,
        title=of.title,
        summary=of.summary,
        body=of.body,
        pipeline_version=1,
        language="sr-Latn",
        macro="hbs",
        script="Latn",
        language_confidence=0.9,
    )
    return msgspec.structs.replace(derived, **changes)


def article(number: int = 1, **changes: Any) -> Article:
    """The article of `item(number, …)`."""
    one = item(number, **changes)
    return of_item(one, content(one))


def hit(number: int = 1, **changes: Any) -> Hit:
    """A hit of list `kosovo` on `item(number)`, with one span at the beginning of its title."""
    watchlist = changes.get("watchlist", "kosovo")
    query = changes.get("query", "main")
    one = item(number, title=changes.pop("title", f"Kosovo {number}"))
    base = Hit(
        hit_id=hit_id(one.article_id, one.content_hash, watchlist, query),
        article_id=one.article_id,
        version_id=one.version_id,
        content_hash=one.content_hash,
        url=one.url,
        title=one.title,
        excerpt=one.body,
        source=one.source.name,
        country=one.source.country,
        feed_url=one.feed_url,
        native_id=one.native_id,
        language="sr-Latn",
        watchlist=watchlist,
        watchlist_name=watchlist.title(),
        query=query,
        spans=(Span("title", 0, 6, one.title[:6], "kosovo", "Kosovo"),),
        published_at=one.published_at,
        seen_at=one.seen_at,
        matched_at=one.seen_at + timedelta(seconds=1),
    )
    return msgspec.structs.replace(base, **changes)
