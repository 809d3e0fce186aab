"""expat for feedparser, with the text between two tags in one piece: the standard driver hands it over line by line."""

from __future__ import annotations

from xml.parsers.expat import XMLParserType
from xml.sax.expatreader import ExpatParser

_PIECE = 1 << 16


class _Buffered(ExpatParser):
    def reset(self) -> None:
        super().reset()
        expat: XMLParserType = self.__dict__["_parser"]
        expat.buffer_size = _PIECE
        expat.buffer_text = True


def create_parser() -> ExpatParser:
    """A parser; the name is what `xml.sax.make_parser` looks for."""
    return _Buffered()
