from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import snowballstemmer

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import WatchlistFile
from pipelines.matching.counts import Counts, count, remarks
from pipelines.matching.lint import lint
from pipelines.matching.load import ReadList, read_watchlists
from pipelines.matching.stems import STEMMERS
from pipelines.matching.suggest import missing
from schemas.query.languages import macro_of
from tests.samples import article


def read(concepts: str, query: str = "c", more: str = "") -> tuple[ReadList, ...]:
    return read_watchlists([WatchlistFile("a.yaml", f"id: a\nconcepts: {{{concepts}}}\nquery: {query}\n{more}")])


def said(concepts: str, query: str = "c", more: str = "") -> list[str]:
    return [f"{one.line}:{one.column} {one.level} {one.message}" for one in lint(read(concepts, query, more))]


@pytest.mark.parametrize(
    ("concepts", "expected"),
    [
        ("c: {any: [new bridge, bridges]}", []),
        (
            "c: {any: [Kosova, {stem: Kosov, inflect: sq}], unless_in: [Kosova Polja]}",
            ["'Kosova' is found by '{stem: Kosov, inflect: sq}' anyway"],
        ),
        (
            "c: {any: ['kosov*']}",
            ["2:23 warning 'kosov*' finds every word that begins so, kosovac, kosovica, kosovski among them"],
        ),
        ("c: {any: ['косов*']}", ["warning"]),
        ("c: {any: ['kosovsk*', 'rezol* 1244', 'mosto* NEAR/3 Ibar']}", []),
        (
            "c: {any: [Beograd], unless_in: [Novi Sad, Novi Beograd]}",
            ["2:44 warning the guard 'Novi Sad' has no form of c in it"],
        ),
        ("c: {any: ['bridge*'], unless_in: ['bridgehea*', 'new bridges']}", []),
        ("c: {any: ['bridge NEAR/4 river'], unless_in: ['bridge of sighs']}", []),
        (
            "c: {any: [Beograd, Београд]}",
            ["2:31 info 'Београд' is found by 'Beograd' anyway"],
        ),
        (
            "c: {any: [kosovski, 'kosovsk*', KOSOVSKI]}",
            ["2:22 info 2 forms of c are found by others anyway: 'kosovski' by 'kosovsk*'"],
        ),
        ("c: {any: ['title:bridge']}", ["2:23 warning 'title:' means nothing in a form, which is words alone"]),
        ("c: {any: ['bridg?']}", ["2:23 warning '?' in 'bridg?' is no wildcard"]),
        ("c: {any: [S/RES/1244, 'Bridges: a story']}", []),
        ("c: {any: [beograd, Београд], case: initial-capital}", []),
        ("c: {any: [x], unless_in: []}, d: {any: [y]}", ["2:45 warning no query uses the concept 'd'"]),
    ],
)
def test_forms(concepts: str, expected: list[str]) -> None:
    found = said(concepts)
    assert len(found) == len(expected)
    assert all(part in one for one, part in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("c OR x", []),
        ("c OR x OR X", ["3:18 warning 'X' makes no difference"]),
        ("c OR (c AND x)", ["3:13 warning '(c AND x)' makes no difference"]),
        ("c NEAR/9 c", ["3:8 warning 'c NEAR/9 c' has the same on both sides"]),
        ('c OR "bridge"', ["3:13 warning '\"bridge\"' makes no difference"]),
    ],
)
def test_queries(query: str, expected: list[str]) -> None:
    assert said("c: {any: [bridge]}", query) == expected


def test_the_place_is_in_the_right_query() -> None:
    text = "id: a\nqueries:\n  one: x\n  two: >\n    y OR\n    y\n"
    (found,) = lint(read_watchlists([WatchlistFile("a.yaml", text)]))
    assert (found.line, found.column, found.source.strip()) == (6, 5, "y")


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        (["Kosovo"], [("Kosova Kosovu Kosovom", "{stem: Kosov, inflect: sr}")]),
        (["Косово", "Косова"], [("Косову Косовом", "{stem: Косов, inflect: sr}")]),
        (["Kosovo", "Kosova", "Kosovu", "Kosovom"], []),
        (["Banjska", "Banjskoj", "Banjske"], [("Banjsku Banjskom", "{stem: Banjsk, inflect: sr}")]),
        (
            ["Ljubljana", "Ljubljani", "Ljubljane"],
            [("Ljubljanu Ljubljanom", "{stem: Ljubljan, inflect: sr, class: feminine}")],
        ),
        (["Kosova", "Kosovë", "Kosovës"], [("Kosovën", "{stem: Kosov, inflect: sq}")]),
        (["резолюция"], [("резолюции резолюцию резолюцией", "{stem: резолюци, inflect: ru}")]),
        (["bridge", "Kosowo", "Koszovó", "Cosovo NEAR/3 x", "{Kosovo}", "Kosovo Polje"], []),
        (["قرار"], [("وقرار بقرار لقرار", "{stem: قرار, inflect: ar}")]),
        (["قرار", "وقرار", "القرار", "بالقرار", "للقرار"], []),
        (["کوزوو"], []),
        (["החלטה"], [("והחלטה בהחלטה להחלטה מהחלטה", "{stem: החלטה, inflect: he}")]),
        (["החלטה", "בהחלטה", "ושבהחלטה"], []),
        (["Зеленский", "Зеленского"], [("Zelenskiy", "Zelenskiy")]),
        (["Зеленский", "Zelenskiy"], []),
        (["Белград", "Косова", "Београд"], []),
        (["Київ"], [("Kyiv", "Kyiv")]),
        (["Київ", "Kyiv", "Єнакієве"], []),
    ],
)
def test_what_may_be_missing(forms: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(" ".join(one.forms), one.entry) for one in missing(forms)] == expected


def test_names_that_are_adjectives_in_small_letters() -> None:
    (adjective, cases) = said("c: {any: [Banjska]}")[:1], said("c: {any: [Banjska], case: initial-capital}")
    assert adjective == ["2:22 info 'banjska' in small letters is an adjective in Serbian, Croatian and Bosnian"]
    assert not any("adjective" in one for one in cases)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    titles = (
        *("Kosovo danas", "kosovski premijer", "Kosovac i Kosovac", "kosovske vesti", "Ko\u00adsovo Polje"),
        *("banjska sezona", "banjska voda", "banjska kura", "u Banjskoj", "Banjska", "most na Ibru"),
    )
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    opened.apply([article(number, title=title, body="x") for number, title in enumerate(titles)], [])
    yield opened
    opened.close()


def counted(index: EmbeddedIndex, concepts: str) -> list[str]:
    lists = read(concepts)
    return [f"{one.line}:{one.column} {one.message}" for one in remarks(lists, count(lists, index))]


def test_wildcards_are_counted_with_the_words_they_find(index: EmbeddedIndex) -> None:
    assert counted(index, "c: {any: ['kosov*', Kosovo], unless_in: [Kosovo Polje]}") == [
        "2:23 'kosov*' is in 5 of 11 stored articles: kosovo 2, kosovac 1, kosovske 1, kosovski 1"
    ]
    assert counted(index, "c: {any: ['most* NEAR/2 ibru', bridge]}") == [
        "2:15 in none of 11 stored articles: 1 of 2 forms of c: 'bridge'",
        "2:23 'most* NEAR/2 ibru' is in 1 of 11 stored articles: most na ibru 1",
    ]


def test_small_letters_are_counted(index: EmbeddedIndex) -> None:
    assert counted(index, "c: {any: [Banjska, Banjskoj]}") == [
        "2:22 'Banjska' is in small letters in 3 of the 4 articles that have it"
    ]
    assert counted(index, "c: {any: [Banjska, Banjskoj], case: initial-capital}") == []


def test_words_of_a_stem_that_no_form_finds_are_told(tmp_path: Path) -> None:
    titles = ("Kosovom", "Kosovu i kosovski", "na Kosovu, Косову", "Kosovo", "Mitrovici", "Banjskoj", "mitrovicom 1")
    opened = EmbeddedIndex(tmp_path / "related.sqlite3")
    opened.apply([article(number, title=title, body="x") for number, title in enumerate(titles)], [])
    concepts = "c: {any: [Kosovo, Kosova]}, d: {any: [Mitrovica, 'banjs*', Banjska]}"
    found = [one for one in counted(opened, concepts) if "stem" in one]
    opened.close()
    assert found == [
        "2:15 words of a stem of c that no form finds, in 7 stored articles: kosovu 2, kosovom 1, косову 1",
        "2:43 words of a stem of d that no form finds, in 7 stored articles: mitrovici 1, mitrovicom 1",
    ]


def test_every_stemmer_is_there() -> None:
    assert set(STEMMERS.values()) <= set(snowballstemmer.algorithms())
    assert all(macro_of(tag) == tag for tag in STEMMERS)


def test_without_articles_there_is_nothing_to_say(tmp_path: Path) -> None:
    lists = read("c: {any: [bridge]}")
    empty = EmbeddedIndex(tmp_path / "empty.sqlite3")
    assert list(remarks(lists, count(lists, empty))) == []
    empty.close()
    assert Counts({}, 10, 20).among == "the 10 newest of 20 stored articles"


def test_many_queries_are_read_in_linear_time() -> None:
    lines = "".join(f"  q{number}: word{number}\n" for number in range(16_000))
    lists = read_watchlists([WatchlistFile("w.yaml", f"id: a\nqueries:\n{lines}")])
    before = time.process_time()
    assert list(lint(lists)) == []
    assert time.process_time() - before < 2
