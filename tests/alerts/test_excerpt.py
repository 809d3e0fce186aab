from __future__ import annotations

import unicodedata

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts.excerpt import Piece, clean, excerpt_pieces, title_pieces
from schemas.hit import Span
from tests.alerts.records import hit, serbian


def marked(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


def test_title_is_marked_where_the_spans_point() -> None:
    one = serbian()
    assert marked(title_pieces([one], one)) == "Састанак у [Бањској] завршен без договора"


def test_title_spans_of_another_version_do_not_count() -> None:
    one = serbian()
    other = msgspec.structs.replace(one, content_hash="other", spans=(Span("title", 0, 8, one.title[:8], "", "x"),))
    assert marked(title_pieces([one, other], one)) == "Састанак у [Бањској] завршен без договора"


def test_excerpt_is_marked_by_the_letters_of_the_spans() -> None:
    one = serbian()
    assert marked(excerpt_pieces([one], one.excerpt)) == (
        "… после састанка у [Бањској], код Звечана, разговори о северу [Косова] нису дали резултат."
    )


def test_only_whole_words_are_marked_but_where_a_script_has_no_spaces() -> None:
    one = hit(spans=(Span("body", 0, 3, "Pri", "", "Pri"), Span("body", 0, 3, "科索沃", "", "科索沃")))
    assert marked(excerpt_pieces([one], "Pri kraju, Priština, pri; 关于科索沃的决议")) == (
        "[Pri] kraju, Priština, pri; 关于[科索沃]的决议"
    )


def test_longer_form_wins_and_overlapping_spans_are_joined() -> None:
    spans = (Span("title", 0, 6, "Kosovo", "", ""), Span("title", 0, 12, "Kosovo force", "", ""))
    one = hit(title="Kosovo force", spans=spans)
    assert marked(excerpt_pieces([one], "the Kosovo force and Kosovo")) == "the [Kosovo force] and [Kosovo]"
    assert "".join(piece.text for piece in title_pieces([one], one)) == "Kosovo force"


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5))
def test_pieces_say_the_same_words_in_the_same_order(title: str, places: list[tuple[int, int]]) -> None:
    spans = tuple(Span("title", start, end, title[start:end], "", "") for start, end in places)
    one = hit(title=title, spans=spans)
    whole = "".join(piece.text for piece in title_pieces([one], one))
    assert clean(whole).replace(" ", "") == clean(title).replace(" ", "")


@given(st.text(alphabet=st.characters(codec=None)))
def test_clean_text_is_one_line_without_controls_or_overrides(text: str) -> None:
    result = clean(text)
    assert len(result.splitlines()) <= 1
    assert not any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in result)
    assert not any(0x202A <= ord(one) <= 0x202E or 0x2066 <= ord(one) <= 0x2069 for one in result)
    assert clean(result) == result


def test_marks_that_scripts_need_stay() -> None:
    assert clean("می\u200cخواهم \u200eabc\u200f") == "می\u200cخواهم \u200eabc\u200f"
