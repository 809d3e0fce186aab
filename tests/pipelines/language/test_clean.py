from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.language.clean import WINDOW, cleaned, uncapitalised


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("123 – 456 …", ""),
        ("  Two\n\twords ", "Two words"),
        ("PRISTINA, Nov 22 (Reuters) - Police said", "Police said"),
        ("BEOGRAD (Tanjug) – Vlada Srbije", "Vlada Srbije"),
        ("VIDEO: Vlada Srbije", "Vlada Srbije"),
        ("UPDATE 2 - Police said", "Police said"),
        ("Read <a href='https://x.example/a'>this</a> now", "Read this now"),
        ("Mail desk@outlet.example or see https://outlet.example/a?b=c today", "Mail or see today"),
        ("a\x00b\u200bc", "a b c"),
        ("Tom &amp; Jerry", "Tom Jerry"),
        ("@minister said so", "said so"),
        ("Video killed the radio star", "Video killed the radio star"),
        ("The law (in force) - a summary", "The law (in force) - a summary"),
    ],
)
def test_only_words_stay(text: str, words: str) -> None:
    assert cleaned(text) == words


@pytest.mark.parametrize("text", ["https://outlet.example/only", "desk@outlet.example", "<b>", "@handle", "&nbsp;"])
def test_letters_that_are_all_there_is_stay(text: str) -> None:
    assert any(map(str.isalpha, cleaned(text)))


@given(st.text(max_size=400))
@settings(deadline=None)
def test_empty_only_without_letters(text: str) -> None:
    assert any(map(str.isalpha, text)) == any(map(str.isalpha, cleaned(text)))


def test_a_soft_hyphen_parts_no_word() -> None:
    assert cleaned("влас\u00adта доб\u00adро") == "власта добро"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("VLADA USVOJILA ZAKON", "vlada usvojila zakon"),
        ("MINISTAR KURTI: vlada je usvojila zakon", "MINISTAR KURTI: vlada je usvojila zakon"),
        ("NATO", "NATO"),
        ("", ""),
    ],
)
def test_a_headline_in_capitals_is_read_in_small_letters(text: str, read: str) -> None:
    assert uncapitalised(text) == read


def test_a_window_from_the_first_letter_on() -> None:
    assert cleaned("." * 50_000 + "first" + " word" * 5_000).startswith("........first word")
    assert len(cleaned("word " * 50_000)) <= WINDOW
    assert cleaned("\u037a") == "\u037a"
