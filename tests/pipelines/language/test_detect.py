from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.language.detect import NOTHING, Detection, Hints, detect, warm
from pipelines.language.engines import ENGINES

TAG = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?\Z")
TEXTS = st.text(max_size=300) | st.text(st.characters(codec="utf-8"), max_size=100)


def valid(found: Detection) -> bool:
    return (
        bool(TAG.match(found.tag))
        and bool(TAG.match(found.macro))
        and 0.0 <= found.confidence <= 1.0
        and found.confidence == pytest.approx(found.macro_confidence * found.variant_confidence, abs=2e-4)
        and (found.variant_confidence == 1.0 or found.macro == "hbs" or found.source in {"engine", "none"})
        and (found.macro_accepted or not found.accepted)
        and all(TAG.match(tag) and 0.0 < p <= 1.0 and tag != found.tag for tag, p in found.alternatives)
    )


@given(TEXTS)
@settings(deadline=None)
@example("\x00")
@example("\ud800 lone surrogate")
@example("𐐀𐐁𐐂 𝒜𝓁𝓁 𠀀")
@example("\u200f")
@example("ℵ")
@example("ꙮ")
@example("İ" * 50)
@example("<" * 300)
@example("http://a.example/b")
def test_any_text_has_an_answer_and_any_letter_a_guess(text: str) -> None:
    found = detect(text)
    assert valid(found)
    if not any(map(str.isalpha, text)):
        assert found == NOTHING
    else:
        assert found.tag != "und"


@pytest.mark.parametrize("engine", ENGINES)
@given(text=TEXTS)
@settings(max_examples=30, deadline=None)
def test_every_engine_answers_any_text(engine: str, text: str) -> None:
    assert valid(detect(text, engine=engine))


@given(TEXTS, st.text(max_size=12), st.text(max_size=12))
@settings(deadline=None)
@example("Banjska", "sr-Latn-RS", "en-US")
@example("Бањска", "bs", "")
def test_declarations_can_be_anything(text: str, declared: str, source: str) -> None:
    assert valid(detect(text, Hints(declared=declared, source=source, profile=source)))


@given(TEXTS)
@settings(deadline=None)
def test_the_same_text_gets_the_same_answer(text: str) -> None:
    assert detect(text) == detect(text)


@pytest.mark.parametrize("filler", ["\x00", "<", "a", "я ", "http://", "a@", "(", "中", " \n"])
@pytest.mark.timeout(20)
def test_a_megabyte_costs_no_more_than_its_beginning(filler: str) -> None:
    assert valid(detect(filler * (1_000_000 // len(filler))))
    assert detect(filler * (1_000_000 // len(filler)) + " End of story").tag != "und"


@pytest.mark.parametrize(
    ("text", "tag", "source"),
    [
        ("Η κυβέρνηση", "el", "script"),
        ("정부", "ko", "script"),
        ("岸田首相、訪米へ", "ja", "script"),
        ("中国政府今天宣布", "zh-Hans", "script"),
        ("中華民國政府今天宣布", "zh-Hant", "script"),
        ("大山", "zh", "script"),
        ("הממשלה", "he", "script"),
        ("รัฐบาล", "th", "script"),
        ("მთავრობა", "ka", "script"),
        ("Կառավարություն", "hy", "script"),
        ("Ђаци", "sr-Cyrl", "letters"),
        ("Веће", "sr-Cyrl", "letters"),
        ("Ќерка", "mk", "letters"),
        ("Уряд її прийняв", "uk", "letters"),
        ("Новыя меры ўрада", "be", "letters"),
    ],
)
def test_a_script_or_letter_decides_however_short_the_text(text: str, tag: str, source: str) -> None:
    found = detect(text)
    assert (found.tag, found.source, found.accepted) == (tag, source, True)


@pytest.mark.parametrize("text", ["NATO", "Banjska", "Косово: полиция", "ok", "Reuters TV"])
def test_a_name_alone_is_guessed_and_not_accepted(text: str) -> None:
    found = detect(text)
    assert found.tag != "und"
    assert not found.accepted
    assert not found.macro_accepted


def test_serbian_in_both_scripts_has_one_macro_language() -> None:
    latin = detect("Predsednik Srbije sastao se sa ministrima, saopšteno je juče")
    cyrillic = detect("Председник Србије састао се са министрима, саопштено је јуче")
    assert (latin.tag, latin.script, latin.accepted) == ("sr-Latn", "Latn", True)
    assert (cyrillic.tag, cyrillic.script, cyrillic.accepted) == ("sr-Cyrl", "Cyrl", True)
    assert latin.macro == cyrillic.macro == "hbs"


def test_a_text_all_four_share_has_a_sure_macro_language_and_no_accepted_variant() -> None:
    found = detect("Policija je zaustavila kamion na granici i pronašla veliku količinu droge")
    assert found.macro == "hbs"
    assert found.macro_accepted
    assert not found.accepted
    assert {found.tag, *(tag for tag, _ in found.alternatives)} >= {"sr-Latn", "hr", "bs"}


def test_the_variant_has_a_probability_of_its_own() -> None:
    shared = detect("Policija je zaustavila kamion na granici i pronašla veliku količinu droge")
    clear = detect("Predsednik Srbije sastao se sa ministrima, saopšteno je juče")
    assert 0.25 < shared.variant_confidence < 0.9 < clear.variant_confidence
    assert detect("Qeveria e Kosovës miratoi buxhetin për vitin").variant_confidence == 1.0
    assert detect("Влада је донела нову одлуку о мерама").variant_confidence == 1.0
    assert NOTHING.variant_confidence == 0.0


def test_what_the_feed_was_learned_to_be_names_the_variant() -> None:
    shared = "Policija zaustavila kamion na granici i pronašla drogu"
    assert not detect(shared).accepted
    found = detect(shared, Hints(profile="sr-Latn"))
    assert (found.tag, found.accepted) == ("sr-Latn", True)


@pytest.mark.parametrize(("declared", "tag"), [("sr", "sr-Latn"), ("hr-HR", "hr"), ("bos", "bs"), ("cnr", "cnr")])
def test_our_own_list_names_the_variant_where_the_words_do_not(declared: str, tag: str) -> None:
    found = detect("Policija je zaustavila kamion na granici i pronašla drogu", Hints(source=declared))
    assert (found.tag, found.accepted) == (tag, True)


def test_clear_words_outweigh_what_a_feed_declares() -> None:
    text = (
        "Tijekom prosinca tisuće ljudi u europskim gradovima sudjelovalo je na prosvjedima, priopćilo je ministarstvo"
    )
    assert detect(text, Hints(declared="sr")).tag == "hr"


def test_a_declaration_never_overrides_a_script() -> None:
    assert detect("Правительство приняло новые меры", Hints(source="en", declared="en")).tag == "ru"
    assert detect("정부", Hints(source="en")).tag == "ko"
    assert detect("Ђаци", Hints(source="mk", declared="mk")).tag == "sr-Cyrl"


def test_a_declaration_never_overrides_a_sure_engine() -> None:
    german = "Der Bundestag hat am Donnerstag über den Haushalt debattiert"
    assert detect(german, Hints(source="en", declared="en-US")) == detect(german)


def test_a_declaration_decides_where_the_text_cannot() -> None:
    found = detect("NATO", Hints(declared="sq-AL"))
    assert (found.tag, found.accepted, found.source) == ("sq", True, "hint")


def test_our_own_list_counts_before_the_feed() -> None:
    assert detect("NATO", Hints(declared="en", source="sq")).tag == "sq"


def test_a_declaration_of_something_impossible_is_ignored() -> None:
    assert detect("NATO", Hints(declared="ru")) == detect("NATO")
    assert not detect("NATO", Hints(declared="sr-Cyrl")).accepted
    assert detect("NATO", Hints(declared="x-klingon")) == detect("NATO")


@pytest.mark.parametrize(
    ("source", "tag"), [("sr", "sr-Cyrl"), ("bs", "bs-Cyrl"), ("cnr", "cnr-Cyrl"), ("hr", "sr-Cyrl")]
)
def test_cyrillic_is_serbian_unless_our_list_says_bosnian_or_montenegrin(source: str, tag: str) -> None:
    text = "Полиција је на граници зауставила камион и пронашла дрогу"
    assert detect(text).tag == "sr-Cyrl"
    assert detect(text, Hints(source=source)).tag == tag


def test_addresses_and_markup_are_no_evidence() -> None:
    bare = "Qeveria e Kosovës miratoi buxhetin për vitin e ardhshëm"
    dressed = f"<p class='lead'>{bare}</p> https://www.example.com/the/best/news/of/the/day news-desk@example.com"
    assert detect(dressed).tag == detect(bare).tag == "sq"


def test_a_foreign_name_in_another_script_changes_nothing() -> None:
    assert detect("Компания Microsoft Corporation объявила о новых мерах в среду").tag == "ru"


def test_langdetect_alone_is_what_it_is() -> None:
    found = detect("Влада Србије донела је јуче нову одлуку о мерама", engine="langdetect")
    assert found.source == "engine"
    assert found.tag in {"mk", "bg", "ru"}
    assert detect("Qeveria e Kosovës miratoi buxhetin për vitin", engine="langdetect").tag == "sq"


def test_langdetect_alone_is_not_asked_about_east_asian_scripts() -> None:
    found = detect("中華民國政府今天宣布新的措施", engine="langdetect")
    assert (found.tag, found.source) == ("zh-Hant", "script")
    assert detect("岸田首相が訪米へ", engine="langdetect").tag == "ja"


@pytest.mark.parametrize(
    ("plain", "tag"),
    [
        ("Qeveria e Kosovës miratoi buxhetin për vitin e ardhshëm", "sq"),
        ("Правительство приняло новые меры поддержки", "ru"),
        ("Predsednik Srbije sastao se sa ministrima, saopšteno je juče", "sr-Latn"),
    ],
)
@pytest.mark.parametrize(
    "dressed",
    [
        "{}",
        "🔥 {} 👉",
        "<b>{}</b>&nbsp;<br/>",
        "12:45 22.11.2026. | {} (1.244 / 95%)",
        "BEOGRAD, 22. nov (Tanjug) - {}",
    ],
)
def test_what_surrounds_a_headline_changes_nothing(plain: str, tag: str, dressed: str) -> None:
    assert detect(dressed.format(plain)).tag == tag
    assert detect(dressed.format(plain).upper()).macro == detect(plain).macro


def test_the_rest_of_a_long_text_is_read_where_its_beginning_leaves_a_doubt() -> None:
    names = "Robert Lewandowski, Cristiano Ronaldo, Kylian Mbappe, Harry Kane, Luka Modric, Pedri, Gavi, Rodri, Foden, "
    text = names * 3 + "kanë marrë pjesë në ndeshjen e së dielës, njoftoi federata e futbollit pas takimit në Tiranë"
    assert detect(text).tag == "sq"


def test_threads_agree() -> None:
    texts = ["Vlada je usvojila predlog zakona", "Government approves the budget", "Влада је усвојила предлог"] * 20
    warm()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detect, texts)) == [detect(text) for text in texts]


def test_processes_agree_whatever_their_hash_seed() -> None:
    program = (
        "import sys, msgspec\n"
        "from pipelines.language.detect import detect\n"
        "texts = ['Vlada je juče usvojila predlog', 'Banjska', 'Косово: полиция', 'NATO', '大雪', 'Guvernul a aprobat']\n"
        "for engine in ('hybrid', 'py3langid', 'langdetect'):\n"
        "    for text in texts: sys.stdout.write(msgspec.json.encode(detect(text, engine=engine)).decode() + chr(10))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 18


def test_a_detection_travels_as_json() -> None:
    found = detect("Vlada je juče usvojila predlog zakona")
    assert msgspec.json.decode(msgspec.json.encode(found), type=Detection) == found
