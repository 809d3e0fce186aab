from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.query.fold import _arrays, _fold, _origin, clean, fold_words, folded_text, stands_alone, tokens

ROOT = Path(__file__).resolve().parents[3]

# Characters whose folding has a trap, among those of everyday text.
TRICKY = (
    "aЖжљЉђЂđĐšŠёйЙїьъЬüßﬁİıKΣςέλ\u0308\u0301\u0306\u00ad\u200b\u200d\ufeff\u00a0–—-_'’ \n\t\x00"
    "科沃のバハ\u3099ﾊﾞﾟーกำ์ไကខ한국코\u1112\u1161\u11abأىیکةـ\u064e٤۴४߉שָׁ१कि№²½™Ⅳ①𝐊😀🇽🇰\U000e0041\ud7ff\U0010ffff"
)
texts = st.text(st.one_of(st.sampled_from(TRICKY), st.characters(codec="utf-8")), max_size=40)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Косову", "kosovu"),
        ("KOSOVË Kosovës", "kosove kosoves"),
        ("Бањска Banjska бањска", "banjska banjska banjska"),
        ("Ђоковић Đoković Djoković", "djokovic djokovic djokovic"),
        ("Љубљана Ljubljana Џеп Džep", "ljubljana ljubljana dzep dzep"),
        ("Резолюция 1244", "rezoljucija 1244"),
        ("щука съезд мышь ёлка эхо", "scuka sezd mys elka eho"),
        ("Kosovo\u00adBanj\u200bska", "kosovobanjska"),
        ("Resolution\u00a01244", "resolution 1244"),
        ("Kosovo–Albaner Kosova'da", "kosovo albaner kosova da"),
        ("#Kosovo_2024", "kosovo 2024"),
        ("S/RES/1244 (1999)", "s res 1244 1999"),
        ("n° 1244 №1244 nº 1244", "n 1244 no 1244 no 1244"),
        ("UNSCR1244", "unscr1244"),
        ("科索沃", "科 索 沃"),
        ("コソボの件", "コ ソ ボ の 件"),
        ("ｺｿﾎﾞ", "コ ソ ボ"),
        ("코소보에서", "코소보에서"),
        ("ไทย ๑๒๔๔", "ไ ท ย 1244"),
        ("كوسوفو ١٢٤٤ أحمد إلى", "كوسوفو 1244 احمد الي"),
        ("قَرَار", "قرار"),
        ("שָׁלוֹם", "שלום"),
        ("Κοσσυφοπέδιο ΚΟΣΟΒΟΣ", "κοσσυφοπεδιο κοσοβοσ"),
        ("Ｋｏｓｏｖｏ 𝐊𝐨𝐬𝐨𝐯𝐨 Ⓚosovo", "kosovo kosovo k osovo"),
        ("KIBRIS Kıbrıs İstanbul", "kibris kibris istanbul"),
        ("straße łódź Øresund œuvre", "strasse lodz oresund oeuvre"),
        ("कोसोवो १२४४", "कोसोवो 1244"),
        ("😀 ... \x00 _", ""),
    ],
)
def test_policy(written: str, folded: str) -> None:
    assert folded_text(written) == folded


def test_composed_or_not_makes_no_difference() -> None:
    for text in ("Косовский йод їжак Ёлка", "Kosovë Ćuprija ñ̨", "コソボ バ", "코소보", "Κόσοβο", "أحمد"):
        for form in ("NFC", "NFD"):
            assert folded_text(unicodedata.normalize(form, text)) == folded_text(text)


@given(texts)
@settings(max_examples=200)
def test_folding_folded_text_changes_nothing(text: str) -> None:
    assert folded_text(folded_text(text)) == folded_text(text)


@given(texts)
@example("ъгъл Казань")
@example("Kosove\u0308\u0308\u00ad x")
@example("Косовскии\u0306")
@example("\u0301a")
@example("ハ\u00ad\u3099")
@settings(max_examples=300)
def test_every_span_cuts_its_token_out_of_the_original(text: str) -> None:
    found = tokens(text)
    last = 0
    for index, word in enumerate(found.words):
        start, end = found.span(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last or text[start:end] == text[slice(*found.span(index - 1, index))] or word in text[start:end]
        assert found.surface(index, index + 1) == text[start:end]
        # One character may unfold into several tokens (½, ำ); all others are cut out alone.
        assert word in fold_words(text[start:end])
        last = end
    if found.words:
        assert fold_words(text[slice(*found.span(0, len(found)))]) == tuple(found.words)


def test_a_span_takes_marks_and_silent_letters_along() -> None:
    assert [tokens("в Казань, ъгъл").surface(index, index + 1) for index in range(3)] == ["в", "Казань", "ъгъл"]
    decomposed = "Kosove\u0308 i Косовскии\u0306."
    assert tokens(decomposed).surface(0, 1) == "Kosove\u0308"
    assert tokens(decomposed).surface(2, 3) == "Косовскии\u0306"
    assert tokens("Kosovo\u00ad \u200bPolje").surface(0, 2) == "Kosovo\u00ad \u200bPolje"


def test_offsets_count_code_points_beyond_the_basic_plane() -> None:
    found = tokens("😀𝐊 Kosovo")
    assert found.words == ["k", "kosovo"]
    assert found.span(1, 2) == (3, 9)


def test_clean_shows_what_people_see() -> None:
    assert clean("NA\u00adTO\u200b\u00a0 a\u0301") == "NATO á"
    assert clean("Казань") == "Казань"


def test_characters_that_stand_alone() -> None:
    assert all(map(stands_alone, "科のกក"))
    assert not any(map(stands_alone, ("a", "한", "ж", "1", "科索")))


def test_help_does_not_load_the_table() -> None:
    code = "import schemas.query.parse, schemas.query.fold as fold; assert fold._fold.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_table_is_what_the_tool_makes() -> None:
    done = subprocess.run(
        [sys.executable, "tools/fold_table.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "not checked" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert (done.returncode, done.stderr) == (0, "")


@given(st.lists(st.sampled_from(("Kosovo ", "x", *TRICKY)), max_size=60).map("".join))
@example("kosovo kosovo ﾊﾞ kosovo ")
@example("ĳ½ " * 200)
@settings(max_examples=300)
def test_few_and_many_other_letters_fold_the_same(text: str) -> None:
    # Texts with few characters outside ASCII are folded in another way than texts with many.
    for padded in (text, text + " " + "a" * 300, text + " " + "ж" * 300):
        assert list(fold_words(padded))[: len(fold_words(text))] == list(fold_words(text))


@given(st.lists(st.sampled_from(("Kosovo ", "Косово ", "科索沃", "ﾊﾞ", "x", "ё ", *TRICKY)), max_size=400).map("".join))
@settings(max_examples=50, deadline=None)
def test_spans_of_long_texts_cut_out_their_tokens(text: str) -> None:
    found = tokens(text)
    assert len(found) == len(found.words) == found.line.count(" ") - 1 or not found.words
    for index, word in enumerate(found.words):
        assert word in fold_words(found.surface(index, index + 1))
    if found.words:
        assert fold_words(text[slice(*found.span(0, len(found)))]) == tuple(found.words)


def test_every_character_folds_the_same_in_long_texts() -> None:
    folds, arrays = _fold().folds, _arrays()
    for start in range(0, 0x110000, 0x400):
        text = "x".join(map(chr, range(start, start + 0x400)))
        assert arrays.folded(text).split() == text.translate(folds).split(), hex(start)


@given(
    st.text(
        st.one_of(st.sampled_from(TRICKY), st.sampled_from("ো\u09be\u09c7\u0bbe\u0bc6\u1161\u1100\u11a8")), max_size=30
    )
)
@settings(max_examples=500)
def test_every_composed_character_knows_where_it_comes_from(text: str) -> None:
    starts, ends = _origin(text)
    composed = unicodedata.normalize("NFC", text)
    assert len(starts) == len(ends) == len(composed)
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    if composed:
        assert (starts[0], ends[-1]) == (0, len(text))


@pytest.mark.timeout(20)
def test_a_megabyte_of_marks_costs_little_and_offsets_hold() -> None:
    text = "Kosovo" + "\u0301\u0327" * 500_000 + " Banjska" + "\u0301" * 70
    found = tokens(text)
    assert found.words == ["kosovo", "banjska"]
    assert found.surface(1, 2) == text[1_000_007:]
    assert fold_words(text) == ("kosovo", "banjska")
