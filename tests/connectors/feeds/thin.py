"""Polls of thin entries, for tests of full text."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

from schemas.feed import FetchRecord
from schemas.item import FeedItem
from tests.connectors.feeds.desk import Desk
from tests.connectors.feeds.pages import WORDS
from tests.connectors.feeds.server import item, rss

LONG = WORDS * 7


def entry(at: Desk, number: int, title: str = "Bridge over the river", text: str = "Short.", path: str = "") -> str:
    date = format_datetime(at.time - timedelta(hours=1))
    return item(str(number), title, link=path or f"/{number}.html", date=date, text=text)


async def poll(at: Desk, *entries: str, path: str = "/feed") -> FetchRecord:
    """Polls a feed with `entries`; without any, the document of last time."""
    if entries:
        at.here.documents[path] = rss(*entries)
    return await at.poller.poll(at.source(path, full_text=True))


def shown(items: list[FeedItem]) -> list[tuple[str, str, str]]:
    return [(one.native_id, one.kind, one.op) for one in items]
