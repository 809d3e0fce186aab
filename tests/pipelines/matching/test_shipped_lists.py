"""The lists that come with wirewatch, decided form by form: docs/watchlists.md has the policy in words."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from connectors.watchlists import WatchlistPaths
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.lint import lint
from pipelines.matching.load import read_watchlists
from schemas.query.tree import terms_of
from schemas.query.words import parse_alias

READ = read_watchlists(WatchlistPaths((Path(str(resources.files("examples").joinpath("watchlists"))),)).read())
LISTS = {read.watchlist.id: read.watchlist for read in READ}
MATCHER = compile_watchlists(LISTS.values())
BEFORE = json.loads(Path(__file__).with_name("shipped_forms.json").read_text("utf-8"))
"""The forms of the first release, written out one by one: none may ever be lost."""


def found(text: str) -> set[tuple[str, str]]:
    """The lists that find something in a text, alone and inside a sentence, each with what it found."""
    bodies = {text: (0, text), f"xx, {text}; yy.": (4, text)}
    results = [
        {
            (match.watchlist.id, span.text)
            for match in MATCHER.match(Document(body=body))
            for span in match.spans
            if body[span.start : span.end] == span.text
        }
        for body in bodies
    ]
    assert results[0] == results[1], text
    return results[0]


def lists(text: str) -> set[str]:
    return {name for name, _ in found(text)}


def test_no_form_is_lost() -> None:
    def patterns(forms: list[str]) -> set[tuple[tuple[str, str], ...]]:
        return {tuple((term.pattern, term.exact) for term in terms_of(parse_alias(form))) for form in forms}

    for identity, concepts in BEFORE.items():
        now = {concept.name: list(concept.any) for concept in LISTS[identity].concepts}
        for name, forms in concepts.items():
            assert patterns(forms) <= patterns(now[name]), f"{identity} {name}"


def test_nothing_in_them_is_called_a_mistake() -> None:
    assert [str(one) for one in lint(READ) if one.level != "info"] == []


@pytest.mark.parametrize(
    "text",
    [
        *("Kosovo", "Kosova", "Kosovu", "Kosovom", "Kosove", "Kosovë", "Kosovës", "Kosovën", "KOSOVO", "kosovo"),
        *("Косово", "Косова", "Косову", "Косовом", "Косове", "КОСОВО", "科索沃", "コソボ", "코소보에서"),
        *("كوسوفو", "وكوسوفو", "بِكُوسُوفُو", "Κόσοβο", "Κοσσυφοπέδιο", "קוסובו", "ושבקוסובו", "Kosmetu", "Космет"),
        *("Kos\u00adovo", "Kos\u200bovo", "Ｋｏｓｏｖｏ", "Кosovо"),
    ],
)
def test_kosovo(text: str) -> None:
    assert found(text) == {("kosovo", text)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Kosova'da seçim", "Kosova"),
        ("#Kosovo_vesti", "Kosovo"),
        ("Kosovo-Albaner", "Kosovo"),
        ("na\u00a0Kosovu\nje", "Kosovu"),
        ("Kosovo Polje je grad na Kosovu", "Kosovu"),
    ],
)
def test_kosovo_inside_other_things(text: str, said: str) -> None:
    assert found(text) == {("kosovo", said)}


@pytest.mark.parametrize(
    "text",
    [
        *("Kosovac", "Косовац", "kosovica", "@KosovoPolice", "Kosovljanin", "kosovi", "косови", "košava"),
        *("Kosovo Polje", "KOSOVO  POLJE", "Косово Поље", "Kosovu Polju", "Kosovom Poljem", "Косово поле"),
        *("kosovski premijer", "Kosovska Mitrovica", "косовски", "Kosovar", "kosovare"),
    ],
)
def test_not_kosovo(text: str) -> None:
    assert lists(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        *("Banjska", "Banjske", "Banjskoj", "Banjsku", "Banjskom", "Banjskë", "Banjskës", "Banjskën", "BANJSKA"),
        *("Бањска", "Бањске", "Бањској", "Бањску", "Бањском", "БАЊСКА", "Banj\u00adska", "بانيسكا", "בבניסקה"),
    ],
)
def test_banjska(text: str) -> None:
    assert found(text) == {("banjska", text)}


@pytest.mark.parametrize(
    "text",
    [
        *("banjska", "banjski", "banjskoj", "бањска", "Banjski turizam", "banjska lečilišta", "Бањски", "banjsko"),
        *("Banja Luka", "Vrnjačka Banja", "Врњачка Бања", "Banjska stena", "Banjske stene", "Banjska sezona"),
        *("Баньска", "Banská", "Banska Bystrica", "Banskoj Bystrici"),
    ],
)
def test_not_banjska(text: str) -> None:
    assert lists(text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("napad u selu banjska na severu kosova", {"kosovo", "banjska"}),
        ("banjska " + "x " * 30 + "kosovo", {"kosovo", "banjska"}),
        ("banjska " + "x " * 31 + "kosovo", {"kosovo"}),
        ("banjski turizam na kosovu", {"kosovo"}),
        ("Banjska sezona na Kosovu", {"kosovo"}),
        ("Баньска на севере Косова", {"kosovo", "banjska"}),
    ],
)
def test_lower_case_needs_kosovo_nearby(text: str, expected: set[str]) -> None:
    assert lists(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("resolution 1244", "Résolution 1244", "Resolution\u00a01244", "resolution, 1244", "Resolución 1244"),
        *("Resolution No. 1244", "resolution n° 1244", "résolution nº 1244", "Rezolucija br. 1244", "Resolution ١٢٤٤"),
        *("rezolucija 1244", "rezoluciju 1244", "Резолуција 1244", "Rezolutën 1244", "Rezolutës nr. 1244"),
        *("Резолюция 1244", "Резолюции СБ ООН 1244", "резолюция №1244", "резолюцией № 1244", "Resolution nr 1244"),
        *("UNSCR 1244", "UNSCR1244", "UNSC 1244", "S/RES/1244", "القرار 1244", "وللقرار رقم 1244", "ההחלטה 1244"),
        *("第1244号决议", "決議1244"),
    ],
)
def test_resolution(text: str) -> None:
    assert lists(text) == {"resolution-1244"}


@pytest.mark.parametrize(
    "text",
    [
        *("1244", "resolution 12440", "resolution 1325", "Resolution 12 44", "1244 ljudi", "UNSCR 12441", "UNSCR 1325"),
        *("House Resolution 1244", "resolution of 1244 pixels", "Резолюция, которую в четверг принял совет, не 1244"),
        *("قرار 1325", "n° 1244"),
    ],
)
def test_not_the_resolution(text: str) -> None:
    assert lists(text) == set()
