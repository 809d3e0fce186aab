"""What a document is before any parser sees it: a page, a feed, cut off, or built to hurt."""

from __future__ import annotations

import html
import itertools
import re

import msgspec

_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{16384}")
_EMBEDDED = re.compile(r"(data:[a-z0-9.+-]+/[a-z0-9.+-]+[^\"'<>\s]{0,40},)[A-Za-z0-9+/=%_-]{1000,}", re.IGNORECASE)
# A name beyond this is cut off later anyway; feedparser looks for an e-mail address in it in quadratic time.
_LONG_NAME = re.compile(
    r"(<(?:[\w-]+:)?(?:author|name|creator|contributor|publisher|owner|managingeditor|webmaster|email)\b[^<>]*>"
    r"(?:<!\[CDATA\[)?[^<&]{600})[^<&\]]+",
    re.IGNORECASE,
)
# Halves of a character, and what is beyond the last one: feedparser ends in an error over them.
_NO_CHARACTER = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]{4,8})|0*(\d{5,10}));")
_LAST_CHARACTER = 0x10FFFF
_LEADING = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_PAGE = re.compile(r"<!doctype\s+html\b|<(?:html|head|body|title|meta|script)\b", re.IGNORECASE)
_PAGE_TITLE = re.compile(r"<title[^>]*>(.{0,400}?)</title", re.IGNORECASE | re.DOTALL)
_FEED_ROOT = re.compile(r"<(?:[\w-]+:)?(?:rss|rdf|feed|channel)\b", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_ENTRY = re.compile(r"<(?:[\w-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_LAST_ENTRY = re.compile(r"</(?:[\w-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|\]\s*>", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[>]*", re.IGNORECASE)
_PLAIN_ENTITY = re.compile(
    r"^\s*<!ENTITY\s+([A-Za-z_][\w.-]{0,60})\s+(?:\"[^\"&%<]{0,300}\"|'[^'&%<]{0,300}')\s*>", re.MULTILINE
)
_ENTITIES = 100
_ENTITY_GROWTH = 1024 * 1024
_HEAD = 16 * 1024


class Cut(msgspec.Struct, frozen=True):
    """A document without its end: its complete entries, closed properly, or nothing when none is complete."""

    text: str
    rest: str = ""
    """The entry it was cut in."""


def page_title(text: str) -> str | None:
    """The title of `text` when it is a web page and no feed ("" when the page has none), else None."""
    start = _content_start(text)
    if not _PAGE.match(text, start) or _FEED_ROOT.search(text, start, start + _HEAD):
        return None
    title = _PAGE_TITLE.search(text, start, start + 8 * _HEAD)
    return " ".join(html.unescape(title[1]).split())[:200] if title else ""


def root(text: str) -> str:
    """The name of the first element in lower case, without its prefix; empty when there is none."""
    found = _ROOT.match(text, _content_start(text))
    if found is None and (doctype := _DOCTYPE.match(text, _content_start(text))):
        found = _ROOT.search(text, doctype.end())
    return found[1].rpartition(":")[2].lower() if found else ""


def without_traps(text: str) -> str | None:
    """`text` with embedded images emptied, endless names cut and impossible characters replaced; None when it has a start tag no feed has.

    Parsers take quadratic time in the number of attributes, and in the length of a name.
    """
    if _LONG_TAG.search(text):
        text = _EMBEDDED.sub(r"\1", text)
    return None if _LONG_TAG.search(text) else _NO_CHARACTER.sub(_character, _LONG_NAME.sub(r"\1", text))


def _character(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return "\ufffd" if 0xD800 <= number <= 0xDFFF or number > _LAST_CHARACTER else reference[0]  # noqa: PLR2004 Unicode


def without_subset(text: str) -> str:
    """`text` with nothing in the internal subset of its DOCTYPE but plain entities.

    Plain: a name for a short text without references or markup. All their uses together may add 1 MiB; else none stay.
    """
    found = _DOCTYPE.search(text, 0, _HEAD)
    if found is None or text[found.end() : found.end() + 1] != "[":
        return text
    for part in _QUOTED.finditer(text, found.end()):
        if part[0].startswith("]"):
            subset = text[found.end() : part.start()]
            rest = text[part.end() :]
            return f"{text[: found.start()]}{_plain_entities(subset, rest)}{rest}"
    return text[: found.start()]


def _plain_entities(subset: str, rest: str) -> str:
    plain = {entity[1]: entity[0].strip() for entity in itertools.islice(_PLAIN_ENTITY.finditer(subset), _ENTITIES)}
    grown = sum(rest.count(f"&{name};") * len(whole) for name, whole in plain.items())
    return f"<!DOCTYPE feed [\n{chr(10).join(plain.values())}\n]>" if plain and grown <= _ENTITY_GROWTH else ""


def cut(text: str) -> Cut | None:
    """What is left of a document that ends in the middle; None when its root element is closed."""
    root = _ROOT.search(text, _content_start(text))
    if root is None or not _FEED_ROOT.match(root[0]):
        return None
    name = root[1]
    # Loose documents misspell the case of the end tag; what follows it is of no matter.
    if re.search(rf"</{re.escape(name)}\s*(?:>|\Z)", text, re.IGNORECASE):
        return None
    if re.match(r"[^<>]*/>", text[root.end() : root.end() + _HEAD]):
        return None
    end = max((entry.end() for entry in _LAST_ENTRY.finditer(text)), default=0)
    if not end:
        return Cut("")
    channel = name.lower().endswith("rss") and "</channel" not in text[:end].lower()
    begun = _ENTRY.search(text, end)
    return Cut(f"{text[:end]}{'</channel>' if channel else ''}</{name}>", text[begun.start() :] if begun else "")


def _content_start(text: str) -> int:
    place = 0
    while found := _LEADING.match(text, place):
        place = found.end()
    return place
