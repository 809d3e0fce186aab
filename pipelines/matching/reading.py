"""One document as its tokens, with what the matcher found in it: everything one evaluation shares."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

from pipelines.matching.document import Document
from pipelines.matching.terms import Places, Terms
from schemas.item import FIELDS
from schemas.query.fold import Tokens, clean, folded_text, tokens

IN_FIELD = {"title": frozenset({0}), "body": frozenset({1, 2})}
"""Indexes into `schemas.item.FIELDS` that `title:` and `body:` look at."""
ANYWHERE = frozenset(range(len(FIELDS)))


class Reading:
    """A document with the places of all patterns of `terms` in each of its text fields."""

    def __init__(self, document: Document, terms: Terms) -> None:
        self.document = document
        self.texts: tuple[Tokens, ...] = tuple(tokens(getattr(document, field)) for field in FIELDS)
        self.places: tuple[Places, ...] = tuple(terms.find(text) for text in self.texts)
        self.patterns: frozenset[str] = frozenset().union(*self.places)

    def span(self, field: int, first: int, end: int) -> tuple[int, int]:
        """Code-point offsets of tokens in their text field."""
        return self.texts[field].span(first, end)

    def surface(self, field: int, first: int, end: int) -> str:
        """What the document says there."""
        return self.texts[field].surface(first, end)

    def says_exactly(self, field: int, first: int, end: int, exact: str) -> bool:
        """Whether the tokens, with what stands directly around them, are written `exact` (cleaned) to the letter."""
        text = self.texts[field].text
        start, stop = self.span(field, first, end)
        lead, core, trail = _exact_parts(exact)
        return (
            clean(text[start:stop]) == core
            and text[max(start - len(lead), 0) : start] == lead
            and text[stop : stop + len(trail)] == trail
        )

    @cached_property
    def source_names(self) -> frozenset[str]:
        """The outlet's name, and the hosts of feed and article with their parent domains, folded."""
        names = {folded_text(self.document.source), folded_text(self.document.feed_url)}
        for address in (self.document.feed_url, self.document.url):
            labels = _host(address).split(".")
            names.update(folded_text(".".join(labels[index:])) for index in range(max(len(labels) - 1, 1)))
        return frozenset(names - {""})

    @cached_property
    def author_texts(self) -> tuple[str, ...]:
        """The authors, folded, with a space around for whole-word search."""
        return tuple(f" {folded_text(author)} " for author in self.document.authors)


def _exact_parts(exact: str) -> tuple[str, str, str]:
    words = tokens(exact)
    start, stop = words.span(0, len(words))
    return exact[:start], exact[start:stop], exact[stop:]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
