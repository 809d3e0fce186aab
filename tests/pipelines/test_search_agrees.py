"""`search` over an index finds exactly what the matcher finds in all articles, in the same order."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from connectors.index.elasticsearch import ElasticsearchIndex
from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Index
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import document_of_article
from pipelines.search import candidates, search
from schemas.article import Article
from schemas.errors import QueryError
from schemas.query.parse import parse
from schemas.watchlist import Watchlist
from tests.connectors.elasticsearch_index import prepared
from tests.pipelines.search_queries import Queries
from tests.pipelines.wire_texts import articles, in_order, sightings
from tests.samples import article

ARTICLES = 10_000
QUERIES = {"embedded": 1_000, "elasticsearch": 250}
"""By index; on a server each costs a round trip or more, and finds the same."""
PIECES = {"embedded": 600, "elasticsearch": 250}
WHOLE_SCANS = {"embedded": 5, "elasticsearch": 2}
SEED = int(os.environ.get("WIREWATCH_TEST_SEED", "1244"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stored() -> list[Article]:
    return in_order(articles(ARTICLES, SEED))


INDEXES = ("embedded", pytest.param("elasticsearch", marks=pytest.mark.servers))


@pytest.fixture(scope="module", params=INDEXES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def opened(kind: str, request: pytest.FixtureRequest) -> Iterator[Index]:
    """An empty index."""
    if kind == "embedded":
        folder = request.getfixturevalue("tmp_path_factory").mktemp("agree")
        embedded = EmbeddedIndex(folder / "index.sqlite3")
        yield embedded
        embedded.close()
        return
    with prepared(request.getfixturevalue("elasticsearch")) as server:
        index = ElasticsearchIndex(server)
        yield index
        index.close()


@pytest.fixture(scope="module")
def index(kind: str, request: pytest.FixtureRequest) -> Iterator[Index]:
    with opened(kind, request) as one:
        # Each sighting on its own and in any order, as feeds bring them: the index merges and keeps its words current.
        seen = [one for same in sightings(ARTICLES, SEED) for one in same]
        random.Random(SEED).shuffle(seen)
        for first in range(0, len(seen), 500):
            one.apply(seen[first : first + 500], [])
        one.settle()
        yield one


BLOCKS = (
    *(0x20, 0x100, 0x300, 0x400, 0x590, 0x600, 0x900, 0xE00, 0x1000, 0x1100, 0x1780, 0x1E00, 0x2000, 0x2100, 0x3040),
    *(0x30A0, 0x3130, 0x4E00, 0xA640, 0xAC00, 0xD760, 0xE000, 0xF900, 0xFB00, 0xFE00, 0xFF00, 0x10400, 0x1D400),
    *(0x1F600, 0x20000, 0x2F800, 0xE0100, 0xF0000),
)
"""Where 128 characters each are taken from: scripts, marks, forms for compatibility, private use, not assigned."""


def noise(choose: random.Random, length: int) -> str:
    """Text of any characters at all, every third one of a few that words are made of."""
    return "".join(
        choose.choice("kosov 1244 ") if choose.random() < 0.35 else chr(choose.choice(BLOCKS) + choose.randrange(128))
        for _ in range(length)
    )


def pieces(choose: random.Random, stored: list[Article], count: int) -> Iterator[str]:
    """Queries cut out of the articles' own noise."""
    while count:
        one = choose.choice(stored)
        text = choose.choice((one.title, one.body))
        start = choose.randrange(len(text))
        piece = re.sub('["“”„‟{}]', " ", text[start : start + choose.choice((1, 2, 3, 5, 8, 13))])
        query = choose.choice((f'"{piece}"', f'"{piece}"', f'"{piece}*"', f"{{{piece}}}"))
        if choose.random() < 0.2:
            query = f'{query} NEAR/{choose.randrange(6)} "{one.title[:2]}"'
        try:
            parse(query)
        except QueryError:
            continue
        count -= 1
        yield query


def test_no_character_makes_a_difference(kind: str, request: pytest.FixtureRequest) -> None:
    choose = random.Random(SEED)
    pool = [noise(choose, choose.randrange(1, 8)) for _ in range(300)]
    stored = in_order(
        [
            article(
                number, title=noise(choose, 9), body=choose.choice((" ", "", "\u200b")).join(choose.choices(pool, k=9))
            )
            for number in range(400)
        ]
    )
    queries = {f"q{number}": query for number, query in enumerate(pieces(choose, stored, PIECES[kind]))}
    found = whole_reading(queries, stored)
    assert sum(map(bool, found.values())) > PIECES[kind] / 2
    with opened(kind, request) as index:
        index.apply(stored, [])
        index.settle()
        for name, query in queries.items():
            got = [one.article_id for one in search(query, index, 0)]
            assert got == [one.article_id for one in found[name]], (SEED, query)


def whole_reading(queries: dict[str, str], stored: list[Article]) -> dict[str, list[Article]]:
    """What the matcher says of every article, by query."""
    matcher = compile_watchlists((Watchlist(id="all", name="all", queries=queries),), bounded=False)
    found: dict[str, list[Article]] = {name: [] for name in queries}
    for one in stored:
        for match in matcher.match(document_of_article(one)):
            found[match.query].append(one)
    return found


class Asked:
    """One query with the limits it is asked with. What gives no candidates reads everything: mostly a recent part."""

    def __init__(self, expression: str, choose: random.Random, newest: datetime, *, whole: bool) -> None:
        self.expression = expression
        scans = not candidates(parse(expression)).any_of
        bounded = choose.random() < 0.3
        ages = (timedelta(seconds=7), timedelta(seconds=40)) if scans else (timedelta(seconds=90), timedelta(hours=5))
        self.since = newest - choose.choice(ages) if bounded or (scans and not whole) else None
        self.limit = choose.choice((1, 2, 50)) if choose.random() < 0.3 and not whole else 0
        self.scans = scans

    def expected(self, found: list[Article]) -> list[str]:
        kept = [one.article_id for one in found if self.since is None or one.seen_at >= self.since]
        return kept[: self.limit or None]


def test_search_finds_what_the_matcher_finds(stored: list[Article], kind: str, index: Index) -> None:
    made = Queries(stored, SEED)
    expressions = {f"q{number}": made.next() for number in range(QUERIES[kind])}
    found = whole_reading(expressions, stored)
    finding = sum(map(bool, found.values()))
    assert finding > QUERIES[kind] * 0.5
    choose = random.Random(SEED)
    scans = 0
    wrong = []
    for name, expression in expressions.items():
        asked = Asked(expression, choose, stored[0].seen_at, whole=scans < WHOLE_SCANS[kind])
        scans += asked.scans
        expected = asked.expected(found[name])
        got = [one.article_id for one in search(expression, index, asked.limit, asked.since)]
        if got != expected:
            wrong.append((expression, len(got), len(expected)))
    assert wrong == [], f"seed {SEED}"
    assert scans > WHOLE_SCANS[kind]
