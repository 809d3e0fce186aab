from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.language.frame import enough, frame


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('Premijer: "We are ready for talks" poručio', "Premijer:   poručio"),
        ("Premijer „spreman za razgovor” na samitu", "Premijer   na samitu"),
        ("Premijer «We are ready» na samitu", "Premijer   na samitu"),
        ("Vučić wins again", "wins again"),
        ("Vučić (Šešelj) wins", "wins"),
        ("Vučić je rekao", "je rekao"),
        ("Vučić – “live” in Paris", "– “live” in Paris"),
    ],
)
def test_quotations_and_foreign_names_are_left_out(text: str, rest: str) -> None:
    assert frame(text).split() == rest.split()


@pytest.mark.parametrize(
    "text",
    [
        "Policija zaustavila kamion",
        "Vučić će govoriti",
        'Premijer "da" i "ne"',
        '"Samo navod i ništa drugo"',
        "Premijer “nezatvoren navod koji traje",
        "Đoković",
        "",
    ],
)
def test_nothing_is_left_out_where_words_have_such_letters_or_nothing_would_be_left(text: str) -> None:
    assert frame(text) == ""


def test_names_are_left_in_where_they_are_not_asked_for() -> None:
    assert frame("Vučić wins again", named=False) == ""
    assert frame('Vučić: "We are ready for talks" in Paris', named=False).split() == ["Vučić:", "in", "Paris"]


@given(st.text(max_size=200))
def test_a_frame_has_letters_and_only_words_of_the_text(text: str) -> None:
    rest = frame(text)
    assert not rest or any(map(str.isalpha, rest))
    assert len(rest) <= len(text)


@pytest.mark.parametrize(
    ("text", "script", "ample"),
    [
        ("Policija je zaustavila kamion", "Latn", True),
        ("Policija kamion granica", "Latn", True),
        ("Policija kamion", "Latn", False),
        ("da je to u", "Latn", False),
        ("Banjska, Zvečan, Leposavić", "Latn", False),
        ("Kurti Vučić Osmani Petković", "Latn", False),
        ("Kurti Vučić Osmani Petković Bislimi", "Latn", True),
        ("बालिग़ स्त्री-पुरुषों को बिना किसी", "Deva", True),
    ],
)
def test_enough_is_more_than_a_few_names(text: str, script: str, ample: bool) -> None:
    assert enough(text, sum(map(str.isalpha, text)), script) is ample
