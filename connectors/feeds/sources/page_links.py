"""Addresses of feeds that a web page names: pure, in linear time, whatever the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from schemas.address import absolute

_MOST_READ = 2 * 1024 * 1024
"""Bytes of a page looked at: heads are at the beginning, and lists of feeds on pages made for them."""
_MOST_TAGS = 20_000
# Open to the end when it is never closed, as in browsers; so the whole page is passed over once.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# An attribute with ">" in it cuts the tag short; such a link is missed, and no page can make this slow.
_TAG = re.compile(r"<(base|link|a)\s([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})\s{0,8}=\s{0,8}(?:\"([^\"]{0,3000})\"|'([^']{0,3000})'|([^\s\"'>]{1,3000}))")
_CHARSET = re.compile(rb"charset\s{0,4}=\s{0,4}[\"']?([A-Za-z0-9_-]{1,30})", re.IGNORECASE)
_FEED_TYPES = frozenset(
    {
        "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/rss",
        "application/atom", "application/x-rss+xml", "text/rss+xml", "text/rss", "application/json+feed",
    }
)  # fmt: skip
_MAYBE_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/._=-])(?:rss|rss2|atom|feed|feeds|rdf|jsonfeed|xmlfeed)(?:[/._&-]|\d?$)|\.(?:rss|rdf|atom)$|feedburner",
    re.IGNORECASE,
)


def feed_links(body: bytes, content_type: str, url: str) -> tuple[str, ...]:
    """Absolute addresses on the page at `url` that may be feeds: those it declares, then those that look like one."""
    text = _COMMENT.sub(" ", _text(body[:_MOST_READ], content_type))
    base, declared, likely = url, [], []
    for number, (name, given) in enumerate(_tags(text)):
        if number >= _MOST_TAGS:
            break
        href = given.get("href", "").strip()
        if not href:
            continue
        if name == "base":
            base = _joined(url, href) or url
            continue
        target = _joined(base, href)
        rel = given.get("rel", "").lower().split()
        kind = given.get("type", "").partition(";")[0].strip().lower()
        if "feed" in rel or kind in _FEED_TYPES or ("alternate" in rel and kind in _MAYBE_TYPES and _likely(target)):
            declared.append(target)
        elif name == "a" and _likely(target):
            likely.append(target)
    return tuple(dict.fromkeys(filter(None, (*declared, *likely))))


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for tag in _TAG.finditer(text):
        given = {one[1].lower(): html.unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(tag[2])}
        yield tag[1].lower(), given


def _joined(base: str, href: str) -> str:
    """`href` as an absolute web address without fragment; empty when it is none."""
    url = absolute("".join(href.split()).removeprefix("feed:"), base)
    return url.partition("#")[0] if urlsplit(url).username is None else ""


def _likely(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_LOOKS_LIKE_FEED.search(parts.path.rstrip("/")) or _LOOKS_LIKE_FEED.search(parts.query))


def _text(body: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type.encode("ascii", "replace")) or _CHARSET.search(body[:4096])
    try:
        return body.decode(named[1].decode() if named else "utf-8", "replace")
    except (LookupError, ValueError):
        # Addresses are ASCII nearly always: any superset of it finds them.
        return body.decode("latin-1")
