"""OPML, the list format every feed reader reads and writes: nested outlines to sources and back, folders kept.

What OPML 2.0 has no attribute for stands in attributes of a namespace of our own, which other readers pass over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime
from itertools import takewhile
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from connectors.feeds.sources.source_keys import KEYS, Value, as_text, said, told
from schemas.errors import SettingsError
from schemas.feed import FeedSource

NAMESPACE = "urn:wirewatch:feeds"
"""Names our attributes."""
_PREFIX = "wirewatch"
_STANDARD = {"url": "xmlUrl", "site": "htmlUrl", "language": "language"}
_OWN = tuple(key for key in KEYS if key not in {*_STANDARD, "name", "folder"})
_BARE = frozenset({"country", "kind"})
"""Read without the namespace too, as lists written by hand have them. Other words could mean something else there."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 64


def read(data: bytes, name: str) -> tuple[FeedSource, ...]:
    """The sources in an OPML document, in its order. An outline without an address is a folder for those inside.

    Raises `SettingsError` naming `name:line`, with one line for each value that does not fit; at once for what is not
    OPML, and for declared entities: no list needs them, and a few lines of them can fill the memory.
    """
    return _Reader(name).read(data)


def written(sources: Iterable[FeedSource], made_at: datetime) -> str:
    """An OPML 2.0 document with `sources` in their order; those of one folder must stand together, as `read_sources` gives them."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:{_PREFIX}="{NAMESPACE}">',
        "  <head>",
        "    <title>Sources of wirewatch</title>",
        f"    <dateCreated>{format_datetime(made_at, usegmt=True)}</dateCreated>",
        "  </head>",
        "  <body>",
        *_outlines(sources),
        "  </body>",
        "</opml>",
        "",
    ]
    return "\n".join(lines)


def _outlines(sources: Iterable[FeedSource]) -> Iterator[str]:
    open_folders: list[str] = []
    for source in sources:
        folders = source.folder.split("/") if source.folder else []
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(open_folders, folders, strict=False)))
        while len(open_folders) > shared:
            open_folders.pop()
            yield f"{_indent(open_folders)}</outline>"
        for folder in folders[shared:]:
            yield f"{_indent(open_folders)}<outline{_attributes(text=folder, title=folder)}>"
            open_folders.append(folder)
        yield f"{_indent(open_folders)}<outline{_attributes(**_facts(source))}/>"
    while open_folders:
        open_folders.pop()
        yield f"{_indent(open_folders)}</outline>"


def _facts(source: FeedSource) -> dict[str, str]:
    given = {key: as_text(value) for key, value in said(source).items()}
    title = source.name or source.feed_url
    facts = {"type": "rss", "text": title, **({"title": title} if source.name else {})}
    facts |= {attribute: given[key] for key, attribute in _STANDARD.items() if key in given}
    return facts | {f"{_PREFIX}:{key}": given[key] for key in _OWN if key in given}


def _indent(folders: list[str]) -> str:
    return "  " * (2 + len(folders))


def _attributes(**values: str) -> str:
    return "".join(f" {name}={quoteattr(_NO_XML.sub('', value))}" for name, value in values.items())


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._folders: list[str] = []
        self._is_folder: list[bool] = []
        self._depth = 0
        self._sources: list[FeedSource] = []
        self._faults: list[str] = []
        self._prefixes = {_PREFIX}
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._refuse_entity

    def read(self, data: bytes) -> tuple[FeedSource, ...]:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages[error.code]
            message = f"is not well-formed XML: {reason}"
            raise SettingsError(message, subject=f"{self._name}:{error.lineno}") from error
        except (LookupError, ValueError) as error:
            message = f"cannot be read: {error}"
            raise SettingsError(message, subject=self._name) from error
        if self._faults:
            line, _, first = self._faults[0].partition(": ")
            message = told((first, *self._faults[1:]), f"{self._name}:")
            raise SettingsError(message, subject=f"{self._name}:{line}")
        return tuple(self._sources)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"nested more than {_DEEPEST} deep")
        if self._depth == 1 and tag.lower() != "opml":
            kind = "a feed itself; give its address instead" if tag.lower() in {"rss", "feed", "rdf:rdf"} else "no OPML"
            self._fail(f"is {kind} (its first element is <{tag}>)")
        given = {key.lower(): " ".join(value.split()) for key, value in attributes.items()}
        self._prefixes |= {key[6:] for key, value in given.items() if key.startswith("xmlns:") and value == NAMESPACE}
        if tag.lower() != "outline":
            return
        title = given.get("title") or given.get("text", "")
        address = given.get("xmlurl", "")
        self._is_folder.append(not address)
        if not address:
            self._folders.append(title)
            return
        self._sources.append(self._source(title, given))

    def _source(self, title: str, given: dict[str, str]) -> FeedSource:
        fields: dict[str, Value] = {
            "feed_url": "",
            "name": "" if title == given["xmlurl"] else title,
            "folder": "/".join(filter(None, self._folders)),
        }
        for name in (*_STANDARD, *_OWN):
            spellings = [f"{prefix}:{name}" for prefix in self._prefixes]
            if name in _STANDARD or name in _BARE:
                spellings.append(_STANDARD.get(name, name).lower())
            text = next((given[spelling] for spelling in spellings if given.get(spelling)), "")
            try:
                if text:
                    fields[KEYS[name].field] = KEYS[name].from_text(text)
            except ValueError as error:
                self._faults.append(f"{self._parser.CurrentLineNumber}: {_STANDARD.get(name, name)}: {error}")
        return FeedSource(**fields)  # type: ignore[arg-type] # each key reads what its field holds

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag.lower() == "outline" and self._is_folder.pop():
            self._folders.pop()

    def _refuse_entity(self, *_declaration: object) -> None:
        self._fail("declares an entity; a list of feeds has none")

    def _fail(self, message: str) -> None:
        raise SettingsError(message, subject=f"{self._name}:{self._parser.CurrentLineNumber}")
