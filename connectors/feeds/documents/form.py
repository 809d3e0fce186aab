"""What kind of feed a document is, in words for a person: from its first bytes."""

from __future__ import annotations

import re

_HEAD = 16 * 1024
_ROOTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<rss\b[^>]{0,2000}?\bversion\s*=\s*[\"']([\d.]{1,5})", re.IGNORECASE), "RSS {0}"),
    (re.compile(r"<rss\b", re.IGNORECASE), "RSS"),
    (re.compile(r"<(?:[\w-]{1,20}:)?RDF\b"), "RDF (RSS 1.0)"),
    (re.compile(r"<(?:[\w-]{1,20}:)?feed\b"), "Atom"),
    (re.compile(r"<(?:[\w-]{1,20}:)?urlset\b"), "news sitemap"),
    (re.compile(r"\A\s*\{"), "JSON Feed"),
)


def form_of(body: bytes) -> str:
    """Such as `RSS 2.0`, `Atom` or `JSON Feed`; `unknown` for what is read leniently."""
    wide = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = body[:_HEAD].decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff")
    for root, name in _ROOTS:
        if found := root.search(head):
            return name.format(*found.groups())
    return "unknown"
