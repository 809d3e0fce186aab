"""From occurrences to the spans people see: offsets, reading order, each mention once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipelines.matching.evaluate import Occurrence
from pipelines.matching.reading import Reading
from schemas.hit import Span
from schemas.item import FIELDS

MOST_SPANS = 200
"""Spans of one hit: the first in reading order. A text with more would make a record no one can read."""


def spans(occurrences: Iterable[Occurrence], reading: Reading) -> tuple[Span, ...]:
    """The spans of `occurrences` in reading order.

    Of overlapping mentions of one concept (or one term of the query) only one stays: the one that begins first, of
    these the longest. Where the two sides of a `NEAR` alias can be paired in several ways, the tightest pair counts.
    """
    kept: list[Occurrence] = []
    ends: dict[tuple[int, str, str], int] = {}
    places = _tightest(set(flat(occurrences)))

    def order(place: Occurrence) -> tuple[object, ...]:
        said = reading.surface(place.field, place.start, place.end)
        likeness = (said != place.alias, said.casefold() != place.alias.casefold())
        return (place.field, place.start, -place.end, place.concept, likeness, place.alias)

    for place in sorted(places, key=order) if len(places) > 1 else places:
        mention = (place.field, place.concept, "" if place.concept else place.alias)
        if place.start >= ends.get(mention, 0):
            ends[mention] = place.end
            kept.append(place)
    return tuple(span(place, reading) for place in kept[:MOST_SPANS])


def span(place: Occurrence, reading: Reading) -> Span:
    """One occurrence as a span."""
    start, end = reading.span(place.field, place.start, place.end)
    text = reading.texts[place.field]
    lookalike = text.mixes_scripts(place.start, place.end)
    return Span(FIELDS[place.field], start, end, text.text[start:end], place.concept, place.alias, lookalike)


def flat(occurrences: Iterable[Occurrence]) -> Iterator[Occurrence]:
    """The occurrences, each `NEAR` of a query replaced by what takes part in it; concepts stay whole."""
    for place in occurrences:
        if place.parts:
            yield from flat(place.parts)
        else:
            yield place


def _tightest(places: set[Occurrence]) -> list[Occurrence]:
    forms: dict[tuple[int, str, str], list[Occurrence]] = {}
    for place in places:
        forms.setdefault((place.field, place.concept, place.alias), []).append(place)
    kept: list[Occurrence] = []
    for same in forms.values():
        # By end, the later start first: a place that holds an earlier one begins no later than it.
        best: list[Occurrence] = []
        for place in sorted(same, key=lambda one: (one.end, -one.start)):
            if not best or place.start > best[-1].start:
                best.append(place)
        kept.extend(best)
    return kept
