"""feedparser without work whose result is not used, or comes cheaper.

Text in pieces of a line, deep copies of flat mappings, long ways to plain keys, and dates, which `connectors.feeds.documents.dates`
reads from their words. The results are the same, which tests/conformance holds it to. It changes feedparser for the
whole process: only the parse worker may call it.
"""

from __future__ import annotations

from typing import Any

import feedparser

from connectors.feeds.documents import saxdriver

_DATE = (1970, 1, 1, 0, 0, 0, 3, 1, 0)
_Mapping: Any = feedparser.FeedParserDict
_RENAMED = frozenset({"category", "enclosures", "license", "updated", "updated_parsed", *_Mapping.keymap})
"""Keys that stand for others, or for parts of others; any other is a plain key of the mapping."""
_get, _getitem, _contains = _Mapping.get, _Mapping.__getitem__, _Mapping.__contains__


def tune() -> None:
    """Change feedparser as said; once is enough, more often does no harm."""
    # Drivers are tried by name.
    feedparser.api.PREFERRED_XML_PARSERS[:] = [saxdriver.__name__]
    feedparser.registerDateHandler(_any_date)
    _Mapping.get = _quick_get
    _Mapping.__getitem__ = _quick_getitem
    _Mapping.__contains__ = _quick_contains
    _Mapping.__deepcopy__ = _copied


def _any_date(_written: str) -> tuple[int, ...]:
    return _DATE


def _quick_get(self: Any, key: str, default: Any = None) -> Any:
    return _get(self, key, default) if key in _RENAMED else dict.get(self, key, default)


def _quick_getitem(self: Any, key: str) -> Any:
    return _getitem(self, key) if key in _RENAMED else dict.__getitem__(self, key)


def _quick_contains(self: Any, key: str) -> bool:
    return bool(_contains(self, key)) if key in _RENAMED else dict.__contains__(self, key)


def _copied(self: Any, _seen: dict[int, Any]) -> Any:
    return _Mapping(self)
