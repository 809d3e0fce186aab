"""Words of an article cut into marked and plain pieces, in the original script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.hit import Hit

# Invisible characters that end a header or reorder what a reader sees: controls, separators, bidi overrides and
# isolates, halves of surrogate pairs. Marks such as U+200E or a joiner, which scripts need, stay.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb]+")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Scripts written without spaces: a word may begin and end anywhere.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class Piece(msgspec.Struct, frozen=True):
    """A run of text, matched or not."""

    text: str
    marked: bool = False


def clean(text: str) -> str:
    """`text` on one line, without controls and bidi overrides: safe in a header and in a line of a text part."""
    return re.sub(r"\s+", " ", _UNSAFE.sub(" ", _BIDI.sub("", text))).strip()


def title_pieces(hits: Iterable[Hit], hit: Hit) -> tuple[Piece, ...]:
    """The title of `hit`, with what any hit on the same words matched in it marked."""
    spans = [
        (span.start, span.end)
        for other in hits
        if other.content_hash == hit.content_hash
        for span in other.spans
        if span.field == "title" and hit.title[span.start : span.end] == span.text
    ]
    return _cut(hit.title, spans)


def excerpt_pieces(hits: Iterable[Hit], excerpt: str) -> tuple[Piece, ...]:
    """`excerpt` with every word that one of `hits` matched marked.

    Spans point into the article's fields, not into the excerpt: the matched forms are looked for by their letters.
    """
    forms = sorted({span.text for hit in hits for span in hit.spans if span.text}, key=len, reverse=True)
    if not forms:
        return _cut(excerpt, ())
    pattern = re.compile("|".join(map(re.escape, forms)))
    return _cut(excerpt, (found.span() for found in pattern.finditer(excerpt) if _whole(excerpt, *found.span())))


def _whole(text: str, start: int, end: int) -> bool:
    return _edge(text[start - 1 : start], text[start]) and _edge(text[end - 1], text[end : end + 1])


def _edge(left: str, right: str) -> bool:
    return not (left.isalnum() and right.isalnum()) or bool(_UNSPACED.match(left) or _UNSPACED.match(right))


def _cut(text: str, spans: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    return tuple(_runs(text, sorted((start, end) for start, end in spans if 0 <= start < end <= len(text))))


def _runs(text: str, spans: list[tuple[int, int]]) -> Iterator[Piece]:
    place = 0
    for start, end in spans:
        if end <= place:
            continue
        begin = max(start, place)
        if begin > place:
            yield Piece(_inner(text[place:begin]))
        yield Piece(_inner(text[begin:end]), marked=True)
        place = end
    if place < len(text):
        yield Piece(_inner(text[place:]))


def _inner(text: str) -> str:
    # Unlike `clean` this keeps the spaces at the ends: the neighbouring piece follows at once.
    return re.sub(r"\s+", " ", _UNSAFE.sub(" ", _BIDI.sub("", text)))
