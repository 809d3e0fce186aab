from __future__ import annotations

import pytest

from pipelines.language import second
from pipelines.language.detect import detect
from pipelines.language.scripts import writing_of


@pytest.mark.parametrize(
    "text", ["Regierung beschließt", "Правительство обсудило", "Guvernul României", "Qeveria shqiptare"]
)
def test_two_words_both_engines_are_sure_of_are_accepted(text: str) -> None:
    found = detect(text)
    assert (found.accepted, found.macro_accepted, found.source) == (True, True, "agreement")


def test_it_changes_no_answer_and_is_counted() -> None:
    before = (second.Tally.asked, second.Tally.confirmed)
    german = "Regierung beschließt"
    assert second.confirms(german, writing_of(german), "de", 0.99)
    assert not second.confirms(german, writing_of(german), "nl", 0.99)
    assert (second.Tally.asked - before[0], second.Tally.confirmed - before[1]) == (2, 1)


@pytest.mark.parametrize(
    ("text", "language", "probability"),
    [
        ("Vlada Srbije usvojila", "hbs", 0.99),  # it knows neither Serbian nor Bosnian
        ("政府今天宣布", "zh", 0.99),  # it takes traditional characters for Korean
        ("日本のニュース", "ja", 0.99),
        ("Regierung", "de", 0.99),
        ("ja so", "de", 0.99),
        ("Regierung beschließt", "de", 0.8),
    ],
)
def test_it_is_not_asked_what_it_cannot_know(text: str, language: str, probability: float) -> None:
    before = second.Tally.asked
    assert not second.confirms(text, writing_of(text), language, probability)
    assert second.Tally.asked == before


def test_a_text_long_enough_for_one_engine_is_never_put_to_two() -> None:
    before = second.Tally.asked
    assert detect("Der Bundestag hat am Donnerstag über den Haushalt debattiert").accepted
    assert second.Tally.asked == before
