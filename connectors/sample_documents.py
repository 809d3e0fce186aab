"""Feed documents and pages of the sample wire: RSS 2.0, Atom, JSON Feed 1.1 and HTML, from the same items.

Pure: bytes from data. Every document is serialised from a tree, so that no text of an item can end up as markup.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Literal
from xml.etree import ElementTree as ET

import msgspec
from selectolax.lexbor import LexborHTMLParser

from schemas.time import rfc3339

Format = Literal["rss", "atom", "json"]

_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_RSS_NAMESPACES = {
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One item as it is served: with its address, native id and time of publication."""

    native_id: str
    url: str
    title: str
    summary: str
    body: str
    """HTML, or plain text without a tag."""
    language: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published_at: datetime

    @property
    def content(self) -> str:
        """The body as HTML."""
        return self.body if self.body.startswith("<") else f"<p>{html.escape(self.body, quote=False)}</p>"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says about itself, and its entries, newest first."""

    title: str
    language: str
    feed_url: str
    site_url: str
    updated_at: datetime
    entries: tuple[Entry, ...]


def rss(channel: Channel) -> bytes:
    """The channel as RSS 2.0 with `dc` and `content`."""
    root = ET.Element("rss", {"version": "2.0", **_RSS_NAMESPACES})
    about = ET.SubElement(root, "channel")
    _add(about, "title", channel.title)
    _add(about, "link", channel.site_url)
    _add(about, "description", channel.title)
    _add(about, "language", channel.language)
    _add(about, "lastBuildDate", format_datetime(channel.updated_at, usegmt=True))
    for entry in channel.entries:
        item = ET.SubElement(about, "item")
        _add(item, "title", entry.title)
        _add(item, "link", entry.url)
        _add(item, "guid", entry.native_id, isPermaLink="false")
        _add(item, "pubDate", format_datetime(entry.published_at, usegmt=True))
        for author in entry.authors:
            _add(item, "dc:creator", author)
        _add(item, "dc:language", entry.language)
        for category in entry.categories:
            _add(item, "category", category)
        _add(item, "description", html.escape(entry.summary, quote=False))
        _add(item, "content:encoded", entry.content)
    return _xml(root)


def atom(channel: Channel) -> bytes:
    """The channel as an Atom feed."""
    root = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", _XML_LANGUAGE: channel.language})
    _add(root, "id", channel.feed_url)
    _add(root, "title", channel.title)
    _add(root, "updated", rfc3339(channel.updated_at))
    _add(root, "link", rel="self", href=channel.feed_url)
    _add(root, "link", rel="alternate", href=channel.site_url)
    for entry in channel.entries:
        item = ET.SubElement(root, "entry", {_XML_LANGUAGE: entry.language})
        _add(item, "id", entry.native_id)
        _add(item, "title", entry.title)
        _add(item, "link", rel="alternate", href=entry.url)
        _add(item, "published", rfc3339(entry.published_at))
        _add(item, "updated", rfc3339(entry.published_at))
        for author in entry.authors:
            _add(ET.SubElement(item, "author"), "name", author)
        for category in entry.categories:
            _add(item, "category", term=category)
        _add(item, "summary", entry.summary)
        _add(item, "content", entry.content, type="html")
    return _xml(root)


def json_feed(channel: Channel) -> bytes:
    """The channel as JSON Feed 1.1."""
    items = [
        {
            "id": entry.native_id,
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "content_html": entry.content,
            "date_published": rfc3339(entry.published_at),
            "authors": [{"name": author} for author in entry.authors],
            "tags": entry.categories,
            "language": entry.language,
        }
        for entry in channel.entries
    ]
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": channel.title,
            "home_page_url": channel.site_url,
            "feed_url": channel.feed_url,
            "language": channel.language,
            "items": items,
        }
    )


FORMATS: dict[Format, tuple[Callable[[Channel], bytes], str]] = {
    "rss": (rss, "application/rss+xml"),
    "atom": (atom, "application/atom+xml"),
    "json": (json_feed, "application/feed+json"),
}
"""How each format is written, and its media type."""


def article_page(entry: Entry, outlet: str) -> bytes:
    """The page a link leads to: the words of the item, its own markup gone."""
    root, body = _page(f"{entry.title} - {outlet}", entry.language)
    _add(body, "p", f"{outlet}, {rfc3339(entry.published_at)}")
    _add(body, "h1", entry.title)
    _add(ET.SubElement(body, "p"), "strong", entry.summary)
    for paragraph in LexborHTMLParser(entry.content).css("p"):
        _add(body, "p", paragraph.text(strip=True))
    _add(body, "p", ", ".join(entry.authors))
    return _html(root)


def front_page(channel: Channel) -> bytes:
    """The outlet's own page: its newest headlines."""
    root, body = _page(channel.title, channel.language)
    _add(body, "h1", channel.title)
    for entry in channel.entries:
        _add(ET.SubElement(body, "p"), "a", entry.title, href=entry.url, lang=entry.language)
    return _html(root)


def _page(title: str, language: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("html", lang=language)
    head = ET.SubElement(root, "head")
    _add(head, "meta", charset="utf-8")
    _add(head, "title", title)
    return root, ET.SubElement(root, "body")


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def _xml(root: ET.Element) -> bytes:
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _html(root: ET.Element) -> bytes:
    document: bytes = ET.tostring(root, encoding="utf-8", method="html")
    return b"<!doctype html>\n" + document
