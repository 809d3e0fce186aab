"""An invented feed as a document: RSS, Atom, RDF, JSON Feed or a news sitemap."""

from __future__ import annotations

import json
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from tests.faults.polling.newsroom import Newsroom, Story, text, title

CONTENT_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
    "sitemap": "application/xml",
}


def document(room: Newsroom, encoding: str = "utf-8", declared: str = "utf-8") -> bytes:
    """What `room` shows now, written in `encoding` and said to be in `declared`; an empty one is not said at all."""
    entries = [_WRITERS[room.form](room.feed, story) for story in room.shown]
    if room.form == "json":
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"Feed {room.feed}", "items": entries}
        return json.dumps(feed, ensure_ascii=False).encode(encoding, "replace")
    head, tail = _FRAMES[room.form]
    said = f" encoding='{declared}'" if declared else ""
    whole = f"<?xml version='1.0'{said}?>{head.format(room.feed)}{''.join(map(str, entries))}{tail}"
    return whole.encode(encoding, "xmlcharrefreplace")


_FRAMES = {
    "rss": (
        "<rss version='2.0'><channel><title>Feed {}</title><link>http://outlet.example/</link>",
        "</channel></rss>",
    ),
    "atom": ("<feed xmlns='http://www.w3.org/2005/Atom'><title>Feed {0}</title><id>urn:feed:{0}</id>", "</feed>"),
    "sitemap": (
        (
            "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
            " xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><!-- {} -->"
        ),
        "</urlset>",
    ),
    "rdf": (
        (
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'"
            " xmlns:dc='http://purl.org/dc/elements/1.1/'><channel rdf:about='http://outlet.example/'><title>Feed {}</title>"
            "<link>http://outlet.example/</link></channel>"
        ),
        "</rdf:RDF>",
    ),
}


def _markup(feed: int, story: Story) -> str:
    return escape(f"<p>{escape(text(feed, 'rss', story))}</p>")


def _rss(feed: int, story: Story) -> str:
    guid = f"<guid isPermaLink='false'>{escape(story.guid)}</guid>" if story.guid else ""
    link = f"<link>{escape(story.link)}</link>" if story.link else ""
    return (
        f"<item>{guid}{link}<title>{escape(title(feed, story))}</title>"
        f"<description>{_markup(feed, story)}</description>"
        f"<pubDate>{format_datetime(story.published)}</pubDate></item>"
    )


def _atom(feed: int, story: Story) -> str:
    guid = f"<id>{escape(story.guid)}</id>" if story.guid else ""
    link = f"<link href={quoteattr(story.link)}/>" if story.link else ""
    return (
        f"<entry>{guid}{link}<title>{escape(title(feed, story))}</title>"
        f"<content type='html'>{_markup(feed, story)}</content>"
        f"<published>{story.published.isoformat()}</published></entry>"
    )


def _rdf(feed: int, story: Story) -> str:
    about = f" rdf:about={quoteattr(story.guid)}" if story.guid else ""
    link = f"<link>{escape(story.link)}</link>" if story.link else ""
    return (
        f"<item{about}>{link}<title>{escape(title(feed, story))}</title>"
        f"<description>{_markup(feed, story)}</description>"
        f"<dc:date>{story.published.isoformat()}</dc:date></item>"
    )


def _sitemap(feed: int, story: Story) -> str:
    return (
        f"<url><loc>{escape(story.link)}</loc><news:news><news:publication><news:name>Feed {feed}</news:name>"
        f"<news:language>en</news:language></news:publication><news:title>{escape(title(feed, story))}</news:title>"
        f"<news:publication_date>{story.published.isoformat()}</news:publication_date></news:news></url>"
    )


def _json(feed: int, story: Story) -> dict[str, str]:
    fields = {
        "id": story.guid,
        "url": story.link,
        "title": title(feed, story),
        "content_text": text(feed, "json", story),
        "date_published": story.published.isoformat(),
    }
    return {name: value for name, value in fields.items() if value}


_WRITERS = {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json, "sitemap": _sitemap}
