"""News sitemaps, and plain ones: a list of addresses that many outlets keep fresher than their feed.

Elements are known by the namespace their prefix stands for; a document that declares none is read by the customary
prefixes. An index of sitemaps is no feed: the answer names the sitemaps to add instead.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from itertools import islice
from xml.parsers import expat

from connectors.feeds.documents import dates
from connectors.feeds.documents.dates import Reading
from connectors.feeds.documents.document import MAX_ENTRIES, ParsedDocument, ParseReply, Unreadable
from connectors.feeds.documents.entry import converted, cut_off
from schemas.feed import FeedStatus

ROOTS = frozenset({"urlset", "sitemapindex"})
_DEEPEST = 64
_NAMED = 5
_NAMED_LENGTH = 200
_TEXT_LIMIT = 64 * 1024
_URL_START = re.compile(r"<(?:[\w-]+:)?url[\s>]", re.IGNORECASE)
_URL_END = re.compile(r"</(?:[\w-]+:)?url\s*>", re.IGNORECASE)
# Addresses are written with bare ampersands more often than not.
_REFERENCE = re.compile(r"&(?!#\d+;|#x[0-9a-fA-F]+;|(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")

_KINDS = ("news", "image", "video")
_FIELDS = {
    ("", "loc"): "loc", ("", "lastmod"): "lastmod",
    ("news", "title"): "title", ("news", "publication_date"): "published", ("news", "name"): "outlet",
    ("news", "language"): "language", ("news", "keywords"): "keywords", ("news", "genres"): "genres",
    ("video", "title"): "video_title", ("video", "description"): "video_description",
    ("video", "publication_date"): "video_published",
    ("image", "title"): "image_title", ("image", "caption"): "image_caption",
}  # fmt: skip


def read(text: str, how: Reading) -> ParseReply:
    """The sitemap in `text`, which has no XML declaration and no internal subset but of plain entities.

    One that ends in the middle, or is no XML from some line on, gives its addresses up to there.
    """
    reader = _Reader()
    trouble = reader.read(_REFERENCE.sub(_reference, text))
    if reader.is_index:
        return None, _index(reader.entries)
    if not reader.entries and trouble:
        return None, _malformed(f"the sitemap is no well-formed XML ({trouble}), and no address can be read from it")
    entries = reader.entries
    notes = []
    if len(entries) > MAX_ENTRIES:
        # Not set aside one by one: what a sitemap lists beyond is an archive of addresses without words.
        entries = sorted(entries, key=_age, reverse=True)[:MAX_ENTRIES]
        notes.append(f"a sitemap of {len(reader.entries)} addresses, the newest {MAX_ENTRIES} read")
    cut = reader.ended_early
    if trouble and not cut:
        notes.append(f"not well-formed XML ({trouble}), read up to there")
    whole, broken = converted(entries, "sitemap", how)
    if cut:
        ends = [end.end() for end in _URL_END.finditer(text)]
        begun = _URL_START.search(text, ends[-1] if ends else 0)
        broken = (*broken, *cut_off(text[begun.start() :] if begun else ""))
    outlets = {entry.get("outlet", "") for entry in entries}
    languages = {entry.get("language", "") for entry in entries}
    document = ParsedDocument(
        entries=whole,
        broken=broken,
        cut=cut,
        notes=tuple(notes),
        title=outlets.pop()[:200] if len(outlets) == 1 else "",
        language=languages.pop()[:35] if len(languages) == 1 else "",
    )
    return document, None


class _Reader:
    """One pass over a sitemap; `entries` are its complete addresses, or sitemaps of an index."""

    def __init__(self) -> None:
        self.entries: list[Mapping[str, str]] = []
        self.is_index = False
        self.ended_early = False
        self._prefixes: list[dict[str, str]] = [{}]
        self._path: list[tuple[str, str]] = []
        self._own = ""
        self._fields: dict[str, str] | None = None
        self._words: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._collect

    def read(self, text: str) -> str:
        """What keeps `text` from being well-formed; empty when nothing does."""
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            ends = (expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
                    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
                    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION])  # fmt: skip
            self.ended_early = error.code in ends and bool(self.entries)
            return f"line {error.lineno}: {expat.errors.messages[error.code]}"
        except _TooDeepError:
            return f"nested more than {_DEEPEST} deep"
        return ""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _DEEPEST:
            raise _TooDeepError
        declared = {key[6:]: uri for key, uri in attributes.items() if key == "xmlns" or key.startswith("xmlns:")}
        self._prefixes.append({**self._prefixes[-1], **declared} if declared else self._prefixes[-1])
        prefix, _, name = tag.rpartition(":")
        namespace = self._prefixes[-1].get(prefix)
        if not self._path:
            self._own = namespace or ""
            self.is_index = name.lower() == "sitemapindex"
        kind = _kind(prefix, namespace, self._own)
        self._path.append((kind, name.lower()))
        self._words = []
        if len(self._path) == 2 and (kind, name.lower()) in {("", "url"), ("", "sitemap")}:  # noqa: PLR2004 below the root
            self._fields = {}

    def _end(self, _tag: str) -> None:
        element = self._path.pop()
        self._prefixes.pop()
        field = _FIELDS.get(element)
        if self._fields is not None:
            words = "".join(self._words).strip()
            if field and words:
                self._fields.setdefault(field, words)
            if len(self._path) == 1:
                self.entries.append(self._fields)
                self._fields = None
        self._words = []

    def _collect(self, words: str) -> None:
        if self._fields is not None and sum(map(len, self._words)) < _TEXT_LIMIT:
            self._words.append(words)


class _TooDeepError(Exception):
    """Nested deeper than any sitemap."""


def _kind(prefix: str, namespace: str | None, own: str) -> str:
    """Which vocabulary an element is of: "" the sitemap's own, one of `_KINDS`, or "other"."""
    if namespace is None:
        return prefix if prefix in _KINDS else "" if not prefix else "other"
    if namespace == own:
        return ""
    return next((kind for kind in _KINDS if f"sitemap-{kind}" in namespace), "other")


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    meant = html.unescape(f"&{name};")
    return f"&amp;{name};" if meant.startswith("&") else html.escape(meant)


def _age(entry: Mapping[str, str]) -> str:
    moment = dates.read(entry.get("published") or entry.get("lastmod") or "")
    return moment.isoformat() if moment else ""


def _index(sitemaps: list[Mapping[str, str]]) -> Unreadable:
    named = [entry for entry in sitemaps if entry.get("loc")]
    named.sort(key=_age, reverse=True)
    newest = [
        entry["loc"][:_NAMED_LENGTH] + (f" ({entry['lastmod'][:40]})" if entry.get("lastmod") else "")
        for entry in islice(named, _NAMED)
    ]
    count = f"a sitemap index of {len(named)} sitemaps, no feed"
    return _malformed(f"{count}; add those that carry the news instead, newest first: {', '.join(newest)}")


def _malformed(reason: str) -> Unreadable:
    return Unreadable(status=FeedStatus.MALFORMED, reason=reason)
