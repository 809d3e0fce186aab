"""OPML, the list format every feed reader writes: nested outlines to sources, folders kept."""

from __future__ import annotations

from xml.parsers import expat

from schemas.errors import SettingsError
from schemas.feed import FeedSource

_DEEPEST = 64


def read(data: bytes, name: str) -> tuple[FeedSource, ...]:
    """The sources in an OPML document, in its order. An outline without an address is a folder for those inside.

    Raises `SettingsError` naming `name:line` for what is not OPML, and for declared entities: no list needs them, and
    a few lines of them can fill the memory.
    """
    return _Reader(name).read(data)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._folders: list[str] = []
        self._is_folder: list[bool] = []
        self._depth = 0
        self._sources: list[FeedSource] = []
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
        return tuple(self._sources)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"nested more than {_DEEPEST} deep")
        if self._depth == 1 and tag.lower() != "opml":
            kind = "a feed itself; give its address instead" if tag.lower() in {"rss", "feed", "rdf:rdf"} else "no OPML"
            self._fail(f"is {kind} (its first element is <{tag}>)")
        if tag.lower() != "outline":
            return
        given = {key.lower(): " ".join(value.split()) for key, value in attributes.items()}
        title = given.get("title") or given.get("text", "")
        address = given.get("xmlurl", "")
        self._is_folder.append(not address)
        if not address:
            self._folders.append(title)
            return
        if not address.lower().startswith(("http://", "https://")):
            self._fail(f"{address!r} is no http or https address")
        self._sources.append(
            FeedSource(
                feed_url=address,
                name=title,
                site_url=given.get("htmlurl", ""),
                country=given.get("country", ""),
                language=given.get("language", ""),
                kind=given.get("kind", ""),
                folder="/".join(filter(None, self._folders)),
            )
        )

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag.lower() == "outline" and self._is_folder.pop():
            self._folders.pop()

    def _refuse_entity(self, *_declaration: object) -> None:
        self._fail("declares an entity; a list of feeds has none")

    def _fail(self, message: str) -> None:
        raise SettingsError(message, subject=f"{self._name}:{self._parser.CurrentLineNumber}")
