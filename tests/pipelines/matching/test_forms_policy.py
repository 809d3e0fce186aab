"""Every form of evidence on written variants, decided: what each concept matches, and what it must leave alone."""

from __future__ import annotations

import pytest

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from schemas.watchlist import Concept, Watchlist

KOSOVO = Concept(
    name="kosovo",
    any=(
        "Kosovo",
        "Kosova",
        "Kosovu",
        "Kosovom",
        "Kosove",
        "Kosovës",
        "Kosovën",
        "科索沃",
        "كوسوفو",
        "Κόσοβο",
        "Κοσσυφοπέδιο",
    ),
    unless_in=("Kosovo Polje", "Kosova Polja", "Kosovu Polju"),
)
ADJECTIVE = Concept(name="adjective", any=("kosovsk*", "kosovar*"))
BANJSKA = Concept(
    name="banjska",
    any=("Banjska", "Banjske", "Banjskoj", "Banjsku", "Banjskom", "Banjskës", "Banjskën"),
    unless_in=("Banjska stena",),
    case="initial-capital",
)
RESOLUTION = Concept(
    name="r1244",
    any=(
        *("resolution 1244", "resolution* NEAR/1 1244", "resoluci* 1244", "rezolucij* 1244", "rezolucij* br 1244"),
        *("rezolut* 1244", "резолюци* ONEAR/4 1244", "UNSCR 1244", "UNSCR1244", "S/RES/1244", "UNSC 1244"),
    ),
)
MATCHER = compile_watchlists(
    Watchlist(id=concept.name, name=concept.name, concepts=(concept,), queries={"main": concept.name})
    for concept in (KOSOVO, ADJECTIVE, BANJSKA, RESOLUTION)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((form, form) for form in ("Kosovo", "Kosova", "Kosovu", "Kosovom", "Kosove", "Kosovë", "Kosovës", "Kosovën")),
        *((form, form) for form in ("Косово", "Косова", "Косову", "Косовом", "Косове", "КОСОВО", "kosovo")),
        ("Kosova'da seçim", "Kosova"),
        ("联合国在科索沃的任务", "科索沃"),
        ("في كوسوفو", "كوسوفو"),
        ("στο Κόσοβο", "Κόσοβο"),
        ("το Κοσσυφοπέδιο", "Κοσσυφοπέδιο"),
        ("Kos\u00adovo", "Kos\u00adovo"),
        ("Kos\u200bovo", "Kos\u200bovo"),
        ("na\u00a0Kosovu\nje", "Kosovu"),
        ("#Kosovo", "Kosovo"),
        ("#Kosovo_vesti", "Kosovo"),
        ("Kosovo-Albaner", "Kosovo"),
        ("Ｋｏｓｏｖｏ", "Ｋｏｓｏｖｏ"),
        ("Кosovо", "Кosovо"),
    ],
)
def test_kosovo(text: str, said: str) -> None:
    assert _found(text) == {("kosovo", said)}


@pytest.mark.parametrize(
    "text",
    [
        *("Kosovac", "Косовац", "kosovica", "@KosovoPolice", "Kosovljanin", "u Kosovskoj Mitrovici bez imenice"),
        *("Kosovo Polje", "KOSOVO  POLJE", "Косово Поље", "Kosovu Polju"),
    ],
)
def test_not_kosovo(text: str) -> None:
    assert "kosovo" not in {concept for concept, _ in _found(text)}


@pytest.mark.parametrize("text", ["kosovski premijer", "Kosovska Mitrovica", "косовски", "Kosovar", "kosovare"])
def test_the_adjective_is_a_concept_of_its_own(text: str) -> None:
    assert {concept for concept, _ in _found(text)} == {"adjective"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((form, form) for form in ("Banjska", "Banjske", "Banjskoj", "Banjsku", "Banjskom", "Banjskë", "Banjskës")),
        *((form, form) for form in ("Banjskën", "Бањска", "Бањске", "Бањској", "Бањску", "Бањском", "БАЊСКА")),
        ("napad u Banjskoj kod Zvečana", "Banjskoj"),
    ],
)
def test_banjska(text: str, said: str) -> None:
    assert _found(text) == {("banjska", said)}


@pytest.mark.parametrize(
    "text",
    ["banjska lečilišta", "бањски туризам", "Banja Luka", "Vrnjačka Banja", "Banjska stena", "Баньска", "Banská"],
)
def test_not_banjska(text: str) -> None:
    assert _found(text) == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, text) for text in ("resolution 1244", "Résolution 1244", "Resolution\u00a01244", "resolution, 1244")),
        *((text, text) for text in ("Resolución 1244", "rezolucija 1244", "Резолуција 1244", "Rezolutën 1244")),
        *(
            (text, text)
            for text in ("Резолюция 1244", "Резолюции СБ ООН 1244", "UNSCR 1244", "UNSCR1244", "S/RES/1244")
        ),
        *((text, text) for text in ("UNSC 1244", "Resolution No. 1244", "resolution n° 1244", "Rezolucija br. 1244")),
        *((text, text) for text in ("резолюция №1244", "Resolution ١٢٤٤")),
        ("S/RES/1244 (1999)", "S/RES/1244"),
    ],
)
def test_resolution(text: str, said: str) -> None:
    assert _found(text) == {("r1244", said)}


@pytest.mark.parametrize(
    "text",
    [
        *("1244", "resolution 12440", "resolution 1325", "Resolution 12 44", "1244 ljudi", "UNSCR 12441"),
        "Резолюция, которую в четверг принял совет, не 1244",
    ],
)
def test_not_the_resolution(text: str) -> None:
    assert _found(text) == set()


def _found(text: str) -> set[tuple[str, str]]:
    inside = f"xx. {text} yy."
    return {
        (match.watchlist.id, span.text)
        for match in MATCHER.match(Document(body=inside))
        for span in match.spans
        if inside[span.start : span.end] == span.text
    }
