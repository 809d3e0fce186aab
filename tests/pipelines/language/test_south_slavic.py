from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.language import cues, south_slavic


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
    ranking = south_slavic.rank(text, {})
    assert ranking[0][0] == variant
    assert ranking[0][1] > 0.8


def test_a_text_all_share_is_no_sure_guess() -> None:
    ranking = dict(south_slavic.rank("Kamion na granici", {}))
    assert max(ranking.values()) < 0.7
    assert ranking["cnr"] < 0.02


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("Predsednik je posle sednice izjavio da ce vlada sledece nedelje doneti resenje o merama", "sr"),
        ("Ministar je priopcio da ce sijecnja u europskim gradovima nastaviti provedbu sustava", "hr"),
    ],
)
def test_texts_without_diacritics_are_read_as_such(text: str, variant: str) -> None:
    ranking = south_slavic.rank(text, {})
    assert ranking[0][0] == variant
    assert ranking[0][1] > 0.9


def test_a_modal_verb_with_an_infinitive_is_croatian_and_with_da_serbian() -> None:
    infinitive, clause = (dict(south_slavic.rank(text, {})) for text in ("On može doći", "On može da dođe"))
    assert infinitive["hr"] > clause["hr"]
    assert infinitive["sr"] < clause["sr"]
    assert south_slavic.evidence("On se može doći") != south_slavic.evidence("On se može doći doći da")


@pytest.mark.parametrize("name", ["Srbija", "Hrvatska", "Bosna", "Kosovo", "Zagreb", "Beograd", "Sarajevo", "Banjska"])
def test_a_place_says_nothing_of_who_writes_about_it(name: str) -> None:
    scores = south_slavic.evidence(name)[:3]
    assert max(scores) - min(scores) < 0.6


def test_a_name_says_less_than_a_word() -> None:
    word, name = south_slavic.evidence("vojvoda"), south_slavic.evidence("Vojvoda")
    assert max(map(abs, name)) < max(map(abs, word))


def test_a_declaration_weighs_in() -> None:
    assert south_slavic.rank("Kamion na granici", {"cnr": 4.0})[0][0] == "cnr"
    assert south_slavic.rank("Predsednik je posle sednice govorio o merama", {"hr": 2.0})[0][0] == "sr"


def test_a_repeated_word_counts_once() -> None:
    assert south_slavic.rank("mesto " * 50, {}) == south_slavic.rank("mesto", {})


@given(st.text(max_size=200))
@settings(deadline=None)
def test_probabilities_sum_to_one(text: str) -> None:
    ranking = south_slavic.rank(text, {})
    assert {variant for variant, _ in ranking} == set(south_slavic.VARIANTS)
    assert sum(p for _, p in ranking) == pytest.approx(1.0)


def test_cues_are_latin_words_listed_once_in_a_group() -> None:
    for _, listed in cues.CUES:
        words = listed.split()
        assert len(words) == len(set(words)), sorted(word for word in words if words.count(word) > 1)
        for word in words:
            assert word.removesuffix("*").isalpha()
            assert all(character in "abcčćdđefghijklmnoprsštuvxzžśź" for character in word.removesuffix("*")), word


def test_no_word_is_both_ekavian_and_ijekavian() -> None:
    ekavian, ijekavian = (set(listed.split()) for _, listed in cues.CUES[:2])
    assert not ekavian & ijekavian


@pytest.mark.parametrize(
    ("text", "more", "less"),
    [
        ("objaviće", "sr", "hr"),
        ("Wolfgang", "hr", "sr"),
        ("Wagner", "hr", "sr"),
        ("privatizirati", "hr", "sr"),
        ("privatizovati", "sr", "hr"),
        ("narediti", "hr", "sr"),
    ],
)
def test_spelling_and_forms_tell(text: str, more: str, less: str) -> None:
    ranking = dict(south_slavic.rank(text, {}))
    assert ranking[more] > ranking[less]


def test_a_foreign_spelling_counts_once_and_no_abbreviation_is_one() -> None:
    one, two = south_slavic.evidence("Wagner vlada"), south_slavic.evidence("Wagner Wolfgang vlada")
    assert two[0] - one[0] > -1.0
    assert abs(south_slavic.evidence("EULEX")[0]) < 1.0


def test_letters_count_less_where_the_diacritics_are_left_out() -> None:
    marked, bald = "Tužilaštvo traži kaznu, sledeće ročište", "Tuzilastvo trazi kaznu, sledece rociste zakazano"
    assert south_slavic.rank(marked, {})[0][0] == south_slavic.rank(bald, {})[0][0] == "sr"
