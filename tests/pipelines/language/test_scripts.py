from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.language.scripts import ALONE, only, script_of, writing_of

# The first word of a character's Unicode name is the script it belongs to.
NAMED = {
    "LATIN": "Latn",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "HEBREW": "Hebr",
    "ARABIC": "Arab",
    "ARMENIAN": "Armn",
    "GEORGIAN": "Geor",
    "THAI": "Thai",
    "HANGUL": "Hang",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi",
}


# Phonetic signs (1D00 to 1DBF) mix Latin, Greek and Cyrillic; no news is written in them.
def test_letters_of_the_basic_plane_are_in_the_script_their_name_says() -> None:
    wrong = [
        f"{code:04X}"
        for code in [*range(0x41, 0x1D00), *range(0x1DC0, 0x2000), *range(0x3041, 0x3100), *range(0xAC00, 0xD7A4)]
        if chr(code).isalpha()
        and (named := NAMED.get(unicodedata.name(chr(code), "?").split()[0])) is not None
        and script_of(chr(code)) != named
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Government of Kosovo", "Latn"),
        ("Влада и NATO разговарају", "Cyrl"),
        ("삼성전자 Galaxy 발표", "Kore"),
        ("日本のニュース", "Jpan"),
        ("中国国防部の发言人在例行记者会上表示将继续加强国际合作", "Hans"),
        ("這個國家的經濟發展", "Hant"),
        ("大山水", "Hani"),
        ("韓國 대통령", "Kore"),
        ("12345 …", ""),
    ],
)
def test_the_main_script(text: str, script: str) -> None:
    assert writing_of(text).script == script


@given(st.text(max_size=200))
@settings(deadline=None)
def test_a_share_is_a_share_and_letters_are_counted(text: str) -> None:
    writing = writing_of(text)
    assert 0.0 <= writing.share <= 1.0
    assert writing.letters == sum(character.isalpha() for character in text)


@given(st.permutations("Влада NATO Κυβέρνηση صحيفة 中国"))
@settings(deadline=None)
def test_order_does_not_matter(characters: list[str]) -> None:
    assert writing_of("".join(characters)) == writing_of("Влада NATO Κυβέρνηση صحيفة 中国")


def test_words_in_another_script_are_left_out() -> None:
    assert only("Компания Microsoft, объявила: 2026", "Cyrl") == "Компания объявила: 2026"


def test_scripts_that_decide_alone_are_no_alphabet_several_languages_share() -> None:
    found = {script_of(chr(code)) for code in range(0x30000)}
    assert found - set(ALONE) == {"", "Latn", "Cyrl", "Arab", "Deva", "Hang", "Kana"}
