"""A feed document to its entries: RSS, Atom and RDF through feedparser, JSON Feeds and sitemaps through our own readers.

Runs in the worker process only (`connectors.feeds.documents.worker`): feedparser takes seconds over some documents, and a few
hundred bytes can be made to keep it busy for hours.
"""

from __future__ import annotations

import io
from typing import Any
from xml.sax import SAXException

import feedparser
import msgspec

from connectors.feeds.documents import hints, jsonfeed, shape, sitemap
from connectors.feeds.documents.dates import Reading, are_generated, reading
from connectors.feeds.documents.document import ParsedDocument, ParseReply, ParseRequest, Unreadable
from connectors.feeds.documents.encoding import Decoded, decode
from connectors.feeds.documents.entry import converted, cut_off
from schemas.feed import FeedStatus


def parse(request: ParseRequest) -> ParseReply:
    """The document in `request`. Anything that is not a feed is an answer too, never an error."""
    decoded = decode(request.body, request.content_type, request.language)
    text = decoded.text.replace("\0", "").strip()
    if not text:
        return None, Unreadable(status=FeedStatus.EMPTY, reason="the document holds nothing but white space")
    if text.startswith("{"):
        return _trusted(jsonfeed.read(text, _how(request)), request)
    title = shape.page_title(text)
    if title is not None:
        return None, _page(title)
    tame = shape.without_traps(text)
    if tame is None:
        reason = "a start tag is longer than 16 KiB: no feed has that, and it would keep the parser busy for long"
        return None, Unreadable(status=FeedStatus.MALFORMED, reason=reason)
    tame = shape.without_subset(tame)
    if shape.root(tame) in sitemap.ROOTS:
        return _trusted(sitemap.read(tame, _how(request)), request)
    return _trusted(_read(tame, decoded, request), request)


def _how(request: ParseRequest, language: str = "") -> Reading:
    return reading(request.now, request.time_zone, language or request.language)


def _trusted(reply: ParseReply, request: ParseRequest) -> ParseReply:
    """`reply` without dates when they are only the clock of the server."""
    document, why = reply
    if document is None or request.pushed:
        return reply
    if not are_generated([entry.published_at for entry in document.entries], request.now):
        return reply
    undated = (
        msgspec.structs.replace(entry, published_at=None, published_reason="generated") for entry in document.entries
    )
    note = "every entry is dated to the minute of the fetch: those dates are the server's clock and not kept"
    return msgspec.structs.replace(document, entries=tuple(undated), notes=(*document.notes, note)), why


def _page(title: str) -> Unreadable:
    named = f' titled "{title}"' if title else ""
    return Unreadable(status=FeedStatus.HTML, reason=f"the address answers with a web page{named}, not with a feed")


def _read(text: str, decoded: Decoded, request: ParseRequest) -> ParseReply:
    notes: list[str] = []
    remains = shape.cut(text)
    if remains is not None:
        if not remains.text:
            reason = "the document is cut in the middle, before the end of its first entry"
            return None, Unreadable(status=FeedStatus.MALFORMED, reason=reason)
        text = remains.text
    try:
        result = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # noqa: BLE001 feedparser raises a dozen kinds on bad input (its issue 599)
        reason = f"the document breaks the parser ({type(error).__name__}: {error})"
        return None, Unreadable(status=FeedStatus.MALFORMED, reason=reason[:500])
    trouble = _trouble(result)
    if not result.entries and (trouble or not result.version):
        return None, _not_a_feed(text, trouble, version=result.version)
    if trouble:
        notes.append(f"not well-formed XML ({trouble}), read leniently")
    if decoded.bad:
        notes.append(f"{decoded.bad} bytes that are not {decoded.encoding} replaced")
    feed = dict(result.feed)
    language = str(feed.get("language") or "")[:35]
    entries, broken = converted(result.entries, "feedparser", _how(request, language))
    about = hints.of_xml(feed, text)
    document = ParsedDocument(
        entries=entries,
        broken=(*broken, *cut_off(remains.rest)) if remains else broken,
        language=language,
        cut=remains is not None,
        notes=tuple(notes),
        title=about.title,
        site_url=about.site_url,
        hints=about.hints,
    )
    return document, None


def _trouble(result: Any) -> str:
    """What keeps the document from being well-formed, in one line; empty for the harmless rest of feedparser's bozo."""
    error = result.get("bozo_exception")
    if not isinstance(error, SAXException):
        return ""
    line = getattr(error, "getLineNumber", lambda: None)()
    return f"line {line}: {error.getMessage()}" if line else error.getMessage()


def _not_a_feed(text: str, trouble: str, *, version: str) -> Unreadable:
    if "<html" in text[:65536].lower():
        return _page("")
    detail = f" ({trouble})" if trouble else ""
    if version:
        reason = f"the document is no well-formed XML{detail}, and no entry can be read from it"
        return Unreadable(status=FeedStatus.MALFORMED, reason=reason)
    kind = "XML, but no RSS, RDF or Atom document" if text.startswith("<") else "neither XML nor JSON"
    reason = f"the document is {kind}{detail}"
    return Unreadable(status=FeedStatus.MALFORMED, reason=reason)
