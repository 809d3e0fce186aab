"""Words to mark: a text and spans in it become pieces, marked or not. Pure; offsets are code points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from schemas.hit import Span

Range = tuple[int, int]


class Piece(msgspec.Struct, frozen=True):
    """A run of text that is marked as a whole, or not at all."""

    text: str
    marked: bool


def pieces(text: str, ranges: Iterable[Range]) -> tuple[Piece, ...]:
    """`text` cut at the borders of `ranges`: joined again it is `text`, no piece is empty, neighbours differ.

    Ranges may overlap, touch, nest and come in any order; what lies outside the text is cut off.
    """
    made: list[Piece] = []
    done = 0
    for start, end in _united(ranges, len(text)):
        if done < start:
            made.append(Piece(text[done:start], marked=False))
        made.append(Piece(text[start:end], marked=True))
        done = end
    if done < len(text):
        made.append(Piece(text[done:], marked=False))
    return tuple(made)


def ranges_in(field: str, spans: Iterable[Span]) -> tuple[Range, ...]:
    """The ranges of the spans that point into `field`."""
    return tuple((span.start, span.end) for span in spans if span.field == field)


def ranges_in_excerpt(excerpt: str, spans: Sequence[Span]) -> tuple[Range, ...]:
    """Where `spans`, which point into fields of a version, lie in an excerpt cut from one of those fields.

    A hit does not say where its excerpt was cut, but the cut shifts all spans of the field by one distance: the one
    that puts the most of them on their own words is taken, and only the spans it fits are marked.
    """
    best: tuple[Range, ...] = ()
    for field in dict.fromkeys(span.field for span in spans if span.field != "title"):
        own = [span for span in spans if span.field == field]
        for shift in _shifts(excerpt, own):
            fitting = tuple(
                (span.start - shift, span.end - shift)
                for span in own
                if span.start >= shift and excerpt[span.start - shift : span.end - shift] == span.text
            )
            if len(fitting) > len(best):
                best = fitting
    return best


def _shifts(excerpt: str, spans: Sequence[Span]) -> list[int]:
    shifts: dict[int, None] = {}
    for span in spans:
        at = excerpt.find(span.text) if span.text else -1
        while at >= 0:
            shifts[span.start - at] = None
            at = excerpt.find(span.text, at + 1)
    # No shift, the text's own beginning, is the likeliest of those that fit equally well.
    return sorted(shifts, key=abs)


def _united(ranges: Iterable[Range], length: int) -> list[Range]:
    united: list[Range] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in ranges):
        if start >= end:
            continue
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united
