"""JSON Feed, versions 1 and 1.1 (feedparser reads none of it)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.feeds.documents import hints
from connectors.feeds.documents.dates import Reading
from connectors.feeds.documents.document import ParsedDocument, ParseReply, Unreadable
from connectors.feeds.documents.entry import converted, cut_off
from schemas.feed import FeedStatus

_ITEMS = re.compile(r"\"items\"\s*:\s*\[")
_VERSION = re.compile(r"\"version\"\s*:\s*\"https?://(?:www\.)?jsonfeed\.org/", re.IGNORECASE)
_LONGEST_NUMBER = 4_000
_GAP = re.compile(r"[\s,]*")


def read(text: str, how: Reading) -> ParseReply:
    """The JSON Feed in `text`; a document that ends in the middle gives its complete items."""
    try:
        document: Any = json.loads(text, parse_int=_integer)
    except RecursionError:
        return None, _malformed("the JSON is nested too deeply")
    except ValueError as error:
        return _read_cut(text, how, str(error))
    items = document.get("items") if isinstance(document, dict) else None
    named = "jsonfeed.org" in str(document.get("version", "")) if isinstance(document, dict) else False
    if not isinstance(items, list) or not (named or all(isinstance(item, dict) for item in items)):
        return None, _malformed("JSON, but not a JSON Feed: it has no list of items")
    notes = () if named else ("no JSON Feed version named",)
    return _document(items, document, how, notes=notes), None


def _read_cut(text: str, how: Reading, trouble: str) -> ParseReply:
    start = _ITEMS.search(text)
    if start is None or not _VERSION.search(text):
        return None, _malformed(f"not valid JSON ({trouble})")
    decoder = json.JSONDecoder(parse_int=_integer)
    items: list[Any] = []
    place = start.end()
    while True:
        place = gap.end() if (gap := _GAP.match(text, place)) else place
        try:
            item, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        items.append(item)
    if not items:
        return None, _malformed(f"the document is cut in the middle, before the end of its first item ({trouble})")
    rest = text[place:] if text.startswith("{", place) else ""
    return _document(items, {}, how, cut=True, rest=rest), None


def _document(
    items: list[Any],
    feed: Mapping[str, Any],
    how: Reading,
    *,
    cut: bool = False,
    rest: str = "",
    notes: tuple[str, ...] = (),
) -> ParsedDocument:
    language = feed.get("language")
    language = language[:35] if isinstance(language, str) else ""
    entries, broken = converted(items, "jsonfeed", msgspec.structs.replace(how, language=language or how.language))
    about = hints.of_json(feed)
    return ParsedDocument(
        entries=entries,
        broken=(*broken, *cut_off(rest)),
        language=language,
        cut=cut,
        notes=notes,
        title=about.title,
        site_url=about.site_url,
        hints=about.hints,
    )


def _integer(digits: str) -> int | str:
    # Python refuses to convert numbers of many digits, which take quadratic time; as an id they are a name.
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _malformed(reason: str) -> Unreadable:
    return Unreadable(status=FeedStatus.MALFORMED, reason=reason)
