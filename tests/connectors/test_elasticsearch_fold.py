"""What people type into Kibana folds as `schemas.query.fold` does, on the real server; and stems, by language."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence

import pytest
from elasticsearch import Elasticsearch

from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from schemas.elasticsearch.folding import FOLD, FOLDED, LONGEST_TOKEN, fold_analysis
from schemas.elasticsearch.languages import analyzers
from schemas.query.fold import fold_table, fold_words, folded_text
from tests.connectors.elasticsearch_index import prepared
from tests.pipelines.test_search_agrees import noise
from tests.samples import article
from tests.servers.elasticsearch import Node

pytestmark = pytest.mark.servers

AT_ONCE = 1000
"""Samples in one request; a server makes 10,000 tokens at most."""


@pytest.fixture(scope="module")
def server(elasticsearch: Node) -> Iterator[ElasticsearchServer]:
    with prepared(elasticsearch) as one:
        yield one


@pytest.fixture(scope="module")
def client(server: ElasticsearchServer) -> Iterator[Elasticsearch]:
    opened = connect(server)
    yield opened
    opened.close()


class Analysis:
    """The server's analysis of text, next to ours."""

    def __init__(self, client: Elasticsearch, index: str) -> None:
        self._client = client
        self._index = index

    def tokens(self, text: str, analyzer: str = FOLD) -> list[str]:
        answer = self._client.indices.analyze(index=self._index, analyzer=analyzer, text=[text])
        return [one["token"] for one in answer["tokens"]]

    def differing(self, samples: Sequence[str]) -> list[str]:
        """Samples that the server folds otherwise than we do, inside of words and between them."""
        wrong = []
        for first in range(0, len(samples), AT_ONCE):
            part = samples[first : first + AT_ONCE]
            text = "".join(f" {number}q zz{one}yy" for number, one in enumerate(part))
            if self.tokens(text) != list(fold_words(text)):
                wrong += [one for one in part if self.tokens(f"zz{one}yy") != list(fold_words(f"zz{one}yy"))]
        return wrong


@pytest.fixture(scope="module")
def analysis(client: Elasticsearch, server: ElasticsearchServer) -> Analysis:
    return Analysis(client, server.alias("articles"))


def named() -> list[str]:
    """Every character the table names or that words are made of."""
    table = fold_table()
    ranges = [(int(code, 16),) * 2 for code in table.folds] + [*table.words, *table.alone, *table.marks, *table.silent]
    return sorted({chr(code) for first, last in ranges for code in range(first, last + 1)})


def test_every_character_of_the_table(analysis: Analysis) -> None:
    characters = named()
    assert len(characters) > 100_000
    assert analysis.differing(characters) == []


def test_every_character_that_is_in_no_table(analysis: Analysis) -> None:
    others = {chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) != "Cs"} - set(named())
    others |= {"\ud7ff", "\ue000", "\U0001f600", "\U000e0100", "\U0010ffff"}
    assert analysis.differing(sorted(others)) == []


def test_characters_taken_apart(analysis: Analysis) -> None:
    apart = [
        unicodedata.normalize("NFD", one)
        for one in named()
        if unicodedata.normalize("NFD", one) != one and not "\uac00" <= one <= "\ud7a3"
    ]
    assert "и\u0306" in apart
    assert len(apart) > 1000
    assert analysis.differing(apart) == []


def test_half_width_kana_with_their_marks(analysis: Analysis) -> None:
    kana = [chr(code) for code in (*range(0x3041, 0x3100), *range(0xFF66, 0xFF9E))]
    assert analysis.differing([one + mark for one in kana for mark in "\u3099\u309a\u309b\u309c\uff9e\uff9f"]) == []


def test_text_of_any_characters(analysis: Analysis) -> None:
    choose = random.Random(1244)
    samples = [noise(choose, 12) for _ in range(6000)]
    # What the analyzer says it cannot mirror: conjoining jamo, and marks that are not in canonical order.
    mirrored = [one for one in samples if not re.search("[\u1100-\u11ff]", one) and reordered(one) == one]
    assert len(mirrored) > 4000
    assert analysis.differing(mirrored) == []


def reordered(text: str) -> str:
    """`text` with its marks in canonical order, and nothing else changed."""
    ordered: list[str] = []
    for one in text:
        place = len(ordered)
        while place and 0 < unicodedata.combining(one) < unicodedata.combining(ordered[place - 1]):
            place -= 1
        ordered.insert(place, one)
    return "".join(ordered)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Бањска, код Звечана", "banjska kod zvecana"),
        ("Kosovë’s", "kosove s"),
        ("Ђаковица Đakovica", "djakovica djakovica"),
        ("第1244号决议", "第 1244 号 决 议"),
        ("١٢٤٤", "1244"),
        ("U\u200bN\u00adMIK", "unmik"),
        ("ｶﾞｻﾞ", "ガ ザ"),
        ("𝐊𝐨𝐬𝐨𝐯𝐨", "kosovo"),
        ("resolution_1244", "resolution 1244"),
    ],
)
def test_what_people_type(analysis: Analysis, typed: str, folded: str) -> None:
    assert folded_text(typed) == folded
    assert analysis.tokens(typed) == folded.split()


def test_a_folded_text_folds_to_itself(analysis: Analysis) -> None:
    choose = random.Random(1999)
    text = folded_text(" ".join(noise(choose, 40) for _ in range(40)))
    assert analysis.tokens(text, FOLDED) == text.split()
    assert analysis.tokens(text) == text.split()


def test_a_word_without_end_is_cut_and_not_refused(analysis: Analysis, server: ElasticsearchServer) -> None:
    long = "ж" * 50_000
    assert [len(one) for one in analysis.tokens(long)] == [LONGEST_TOKEN]
    assert [len(one) for one in analysis.tokens(long, FOLDED)] == [LONGEST_TOKEN]
    index = ElasticsearchIndex(server)
    index.apply([article(1, title=long, summary="x" * 40_000, body="\U00020000" * 40_000, native_id="n" * 40_000)], [])
    assert index.article(article(1).article_id) is not None
    index.close()


def test_the_rules_need_no_more_than_the_server_takes() -> None:
    rules = fold_analysis()["char_filter"][FOLD]["mappings"]
    written = [rule.partition(" => ")[0] for rule in rules]
    assert len(set(written)) == len(written) > 8000


@pytest.mark.parametrize(
    ("group", "forms"),
    [
        ("serbian", ("Косово Косову Kosovo Kosovu Kosovom",)),
        ("serbian", ("Бањска Banjskoj", "Ђаковица Đakovica Djakovica")),
        (
            "albanian",
            ("Kosovë Kosova Kosovës Kosovën Kosovo", "Prishtinë Prishtina Prishtinës", "lajm lajmi lajmet lajmeve"),
        ),
        ("russian", ("резолюция резолюции резолюцию",)),
        ("english", ("resolution resolutions",)),
        ("german", ("Resolution Resolutionen",)),
        ("french", ("résolution résolutions",)),
    ],
)
def test_forms_of_a_word_have_one_stem(analysis: Analysis, group: str, forms: tuple[str, ...]) -> None:
    for form in forms:
        assert len(set(analysis.tokens(form, analyzers()[group]))) == 1, form


def test_every_group_can_be_analysed(analysis: Analysis) -> None:
    assert all(analysis.tokens("1244 kosovo", analyzer) for analyzer in analyzers().values())


def test_words_are_stemmed_by_their_own_language_only(client: Elasticsearch, server: ElasticsearchServer) -> None:
    index = ElasticsearchIndex(server)
    index.apply([article(2, title="Косову помогли", body="")], [])
    index.settle()
    client.indices.refresh(index=server.alias("articles"))

    def found(**match: str) -> list[str]:
        answer = client.search(index=server.alias("articles"), query={"match": match})
        return [one["_source"]["title"] for one in answer["hits"]["hits"]]

    assert found(**{"stemmed.serbian": "Kosovom"}) == ["Косову помогли"]
    assert found(**{"stemmed.russian": "Косову"}) == []
    # As Kibana asks: no field named, so the folded words; and the title, typed in another script.
    answer = client.search(index=server.alias("articles"), query={"query_string": {"query": "KOSOVU"}})
    assert [one["_source"]["title"] for one in answer["hits"]["hits"]] == ["Косову помогли"]
    assert found(title="kosovu") == ["Косову помогли"]
    # A word in letters of two scripts is found by its look too, in the field that has both readings.
    index.apply([article(3, title="UNSСR", body="")], [])
    index.settle()
    assert found(folded="UNSCR") == found(folded="unssr") == ["UNSСR"]
    index.close()
