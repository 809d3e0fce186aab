from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dashboard.marks import Piece, pieces, ranges_in_excerpt
from pipelines.matching.hits import excerpt
from schemas.hit import Span
from tests.dashboard.newsroom import entry

ranges = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)))


@given(st.text(max_size=50), ranges)
def test_pieces_join_to_the_text_and_mark_exactly_the_ranges(text: str, found: list[tuple[int, int]]) -> None:
    made = pieces(text, found)
    assert "".join(piece.text for piece in made) == text
    marked = [piece.marked for piece in made for _ in piece.text]
    assert marked == [any(start <= at < end for start, end in found) for at in range(len(text))]
    assert all(piece.text for piece in made)
    assert all(one.marked != other.marked for one, other in itertools.pairwise(made))


def test_overlapping_nested_and_touching_ranges_make_one_mark() -> None:
    assert pieces("abcdefgh", [(3, 5), (1, 4), (2, 3), (5, 6)]) == (
        Piece("a", marked=False),
        Piece("bcdef", marked=True),
        Piece("gh", marked=False),
    )


def test_offsets_are_code_points_also_beyond_the_first_plane() -> None:
    assert pieces("🇽🇰 Косово 𝒳", [(3, 9)]) == (
        Piece("🇽🇰 ", marked=False),
        Piece("Косово", marked=True),
        Piece(" 𝒳", marked=False),
    )


def span(text: str, start: int, field: str = "body") -> Span:
    return Span(field, start, start + len(text), text, "kosovo", text)


def test_spans_are_found_in_an_excerpt_cut_from_the_middle() -> None:
    shown = "…у Бањској на Косову"
    spans = [span("Бањској", 102), span("Косову", 113), span("Косову", 400)]
    assert ranges_in_excerpt(shown, spans) == ((3, 10), (14, 20))


def test_the_same_word_elsewhere_in_the_excerpt_is_not_marked_when_the_spans_say_where() -> None:
    shown = "Kosovo Polje, then Kosovo"
    assert ranges_in_excerpt(shown, [span("then", 14), span("Kosovo", 19)]) == ((14, 18), (19, 25))


def test_an_excerpt_from_the_beginning_is_not_shifted() -> None:
    assert ranges_in_excerpt("Kosovo, Kosovo", [span("Kosovo", 8)]) == ((8, 14),)


def test_title_spans_and_words_that_are_not_there_mark_nothing() -> None:
    assert ranges_in_excerpt("Kosovo", [span("Kosovo", 0, "title"), span("Banjska", 5)]) == ()


@given(st.text(max_size=40), st.text(max_size=40), st.data())
def test_every_span_inside_the_cut_is_found(before: str, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = ranges_in_excerpt(text, [Span("body", len(before) + start, len(before) + end, text[start:end], "", "")])
    assert [text[start:end] for start, end in found] == ([text[start:end]] if start < end else [])


@given(st.lists(st.sampled_from(["Kosovo", "a", "Косово-Kosovo", "𝒳𝒳", "word " * 9]), max_size=80))
def test_every_word_found_within_the_real_excerpt_is_marked(words: list[str]) -> None:
    body = " ".join(" ".join(words).split())
    spans = [
        Span("body", at, at + 6, "Kosovo", "kosovo", "Kosovo")
        for at in range(len(body))
        if body.startswith("Kosovo", at)
    ]
    shown = excerpt(entry(1, "Title", body), spans)
    assert [shown[start:end] for start, end in ranges_in_excerpt(shown, spans)] == ["Kosovo"] * shown.count("Kosovo")
