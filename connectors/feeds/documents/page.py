"""The text of an article in its web page, read as an entry that has a title and a body.

Runs in the worker process only (`connectors.feeds.documents.worker`): extraction takes a few hundredths of a second for most
pages and seconds for some.
"""

from __future__ import annotations

import re

import trafilatura

from connectors.feeds.documents import shape
from connectors.feeds.documents.document import (
    BODY_BYTES,
    TITLE_BYTES,
    ParsedDocument,
    ParseReply,
    ParseRequest,
    RawEntry,
    Unreadable,
)
from connectors.feeds.documents.encoding import decode
from connectors.feeds.documents.text import limited, one_line, tidy
from schemas.feed import FeedStatus

_META = re.compile(rb"<meta\b[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_HEAD = 8 * 1024
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{16384,}")
_QUOTED = re.compile(r"\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)")
_MOST_ATTRIBUTES = 4_096
# How the extractor writes lists and tables.
_ITEM = re.compile(r"^- ", re.MULTILINE)
_ROW = re.compile(r"^\| (.*?) ?\| ?$", re.MULTILINE)


def read_page(request: ParseRequest) -> ParseReply:
    """What the page in `request` says, without menus, comments and the like. A page without text is an answer too."""
    decoded = decode(request.body, _labelled(request.body, request.content_type), request.language)
    text = decoded.text.replace("\0", "")
    if _has_trap(text):
        reason = f"a start tag of the page has more than {_MOST_ATTRIBUTES:,} attributes"
        return None, Unreadable(status=FeedStatus.MALFORMED, reason=reason)
    # Metadata takes as long again as the text, and title, date and author are the feed's.
    found = trafilatura.extract(text, fast=True, include_comments=False, with_metadata=False) if text.strip() else None
    found = _ROW.sub(lambda row: row[1].replace(" | ", " "), _ITEM.sub("", found or ""))
    body, cut = limited(tidy(found), BODY_BYTES)
    if not body:
        return None, Unreadable(status=FeedStatus.EMPTY, reason="no text can be told from the rest of the page")
    title, _ = limited(one_line(shape.page_title(text) or ""), TITLE_BYTES)
    return ParsedDocument(entries=(RawEntry(title=title, body=body, truncated=cut),)), None


def _labelled(body: bytes, content_type: str) -> str:
    """`content_type` with the encoding that the page itself names, when the server named none."""
    named = _META.search(body[:_HEAD])
    if named is None or "charset" in content_type.lower():
        return content_type
    return f"text/html; charset={named[1].decode()}"


def _has_trap(text: str) -> bool:
    """Whether a tag has so many attributes that the parser, which compares each with all others, would take minutes.

    Long ones are no trap: pages carry whole documents in them.
    """
    return any(len(_QUOTED.sub("", tag[0]).split()) > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(text))
