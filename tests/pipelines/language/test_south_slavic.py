from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.language import cues, south_slavic

EVEN = (("sr", 0.3), ("hr", 0.3), ("bs", 0.3))


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("Predsednik je posle sednice govorio o merama", "sr"),
        ("Председник је после седнице говорио о мерама", "sr"),
        ("Tko će tijekom prosinca sudjelovati na sveučilištu", "hr"),
        ("Europska unija traži točan proračun", "hr"),
        ("Historijski arhiv općine saopćio je da će hiljadu ljudi ove sedmice", "bs"),
        ("Evropski ministri također su razgovarali o vjerovatnom rješenju", "bs"),
        ("Nijesu rekli što će biti sjutra", "cnr"),
    ],
)
def test_words_name_the_variant(text: str, variant: str) -> None:
    ranking = south_slavic.rank(text, EVEN, {})
    assert ranking[0][0] == variant
    assert ranking[0][1] > 0.8


def test_a_text_without_cues_is_an_even_guess() -> None:
    ranking = dict(south_slavic.rank("Kamion na granici", EVEN, {}))
    assert ranking["sr"] == pytest.approx(ranking["hr"]) == pytest.approx(ranking["bs"])
    assert ranking["cnr"] < 0.02


def test_the_engine_only_breaks_the_tie() -> None:
    opinion = (("bs", 0.9), ("hr", 0.09), ("sr", 0.01))
    assert south_slavic.rank("Kamion na granici", opinion, {})[0][0] == "bs"
    assert south_slavic.rank("Predsednik je posle sednice govorio", opinion, {})[0][0] == "sr"


def test_a_declaration_weighs_in() -> None:
    assert south_slavic.rank("Kamion na granici", EVEN, {"cnr": 4.0})[0][0] == "cnr"
    assert south_slavic.rank("Predsednik je posle sednice govorio o merama", EVEN, {"hr": 2.0})[0][0] == "sr"


def test_a_repeated_word_counts_once() -> None:
    assert south_slavic.rank("mesto " * 50, EVEN, {}) == south_slavic.rank("mesto", EVEN, {})


@given(st.text(max_size=200))
@settings(deadline=None)
def test_probabilities_sum_to_one(text: str) -> None:
    ranking = south_slavic.rank(text, EVEN, {})
    assert {variant for variant, _ in ranking} == set(south_slavic.VARIANTS)
    assert sum(p for _, p in ranking) == pytest.approx(1.0)


def test_cues_are_latin_words_listed_once_in_a_group() -> None:
    for _, listed in cues.CUES:
        words = listed.split()
        assert len(words) == len(set(words)), sorted(word for word in words if words.count(word) > 1)
        for word in words:
            assert word.removesuffix("*").isalpha()
            assert all(character in "abcčćdđefghijklmnoprsštuvzžśź" for character in word.removesuffix("*")), word


def test_no_word_is_both_ekavian_and_ijekavian() -> None:
    ekavian, ijekavian = (set(listed.split()) for _, listed in cues.CUES[:2])
    assert not ekavian & ijekavian
