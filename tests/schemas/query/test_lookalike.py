from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.query.fold import folded_readings, folded_text, tokens
from schemas.query.lookalike import by_look


@pytest.mark.parametrize(
    ("written", "looks"),
    [
        ("Koѕovo", "Kosovo"),  # Cyrillic ѕ
        ("Рristina", "Pristina"),  # Cyrillic Р
        ("UNSСR 1244", "UNSCR 1244"),  # Cyrillic С
        ("Κosovo", "Kosovo"),  # Greek Κ
        ("Kocoвo", "Косово"),  # Latin K, c, o around a Cyrillic в
        ("аb", "ab"),
        ("Ko\u00adѕ\u200bovo", "Ko\u00ads\u200bovo"),
        ("Ko\u0301ѕovo", "K\u00f3sovo"),
        ("prije Рristine, posle", "prije Pristine, posle"),
    ],
)
def test_a_word_of_two_scripts_is_read_as_it_looks(written: str, looks: str) -> None:
    assert by_look(written) == looks


@pytest.mark.parametrize(
    "written",
    [
        *("", "Kosovo", "Косово", "Κόσοβο", "科索沃", "NATO и САД", "НАТО-Russia", "EULEX-а", "1244 о 5", "x"),
        # Letters peculiar to both scripts: looks like neither.
        *("Russiaя", "жfoo"),
    ],
)
def test_everything_else_is_what_it_says(written: str) -> None:
    assert by_look(written) is None


def test_a_text_has_a_second_line_only_where_a_word_mixes_scripts() -> None:
    assert tokens("НАТО and Kosovo").line_by_look is None
    found = tokens("у Koѕovo, UNSСR")
    assert found.line == " u kodzovo unssr "
    assert found.line_by_look == " u kosovo unscr "
    assert [found.mixes_scripts(index, index + 1) for index in range(3)] == [False, True, True]
    assert folded_readings("у Koѕovo") == ("u kodzovo", "u kosovo")
    assert folded_readings("у Косову") == ("u kosovu",)


@given(st.text(st.sampled_from("KoѕovоРСсрAaΚκο\u0301\u00ad\u200b -вжя1科バ\u3099"), max_size=30))
@example("ο\u0301\u200bA")
@settings(max_examples=500)
def test_both_lines_have_as_many_tokens(text: str) -> None:
    found = tokens(text)
    if found.line_by_look is None:
        return
    assert len(found.line_by_look.split()) == len(found.words)
    looks = by_look(text)
    assert looks is not None
    assert folded_text(looks) == found.line_by_look.strip()
