from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.language.grams import grams_of

NAMES = ("south_slavic", "cyrillic")


@pytest.mark.parametrize(
    ("name", "word", "language"),
    [
        ("south_slavic", "obaveštenje", "sr"),
        ("south_slavic", "priopćenje", "hr"),
        ("south_slavic", "historijski", "bs"),
        ("south_slavic", "odločitev", "sl"),
        ("cyrillic", "радника", "sr"),
        ("cyrillic", "въпросите", "bg"),
        ("cyrillic", "одлуката", "mk"),
        ("cyrillic", "который", "ru"),
        ("cyrillic", "рішення", "uk"),
        ("cyrillic", "рашэнне", "be"),
    ],
)
def test_a_word_scores_highest_in_its_language(name: str, word: str, language: str) -> None:
    grams = grams_of(name)
    scores = dict(zip(grams.languages, grams.word(word), strict=True))
    assert max(scores, key=scores.__getitem__) == language


@pytest.mark.parametrize("name", NAMES)
@given(words=st.lists(st.text(max_size=12), max_size=6))
def test_words_add_up_and_anything_is_a_word(name: str, words: list[str]) -> None:
    grams = grams_of(name)
    expected = [math.fsum(column) for column in zip(*map(grams.word, words), strict=True)] or [0.0] * len(
        grams.languages
    )
    assert grams.scores(words) == pytest.approx(expected)
    assert grams.word("") == (0.0,) * len(grams.languages)
