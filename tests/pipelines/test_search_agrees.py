"""`search` over an index finds exactly what the matcher finds in all articles, in the same order."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from connectors.index.embedded import EmbeddedIndex
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import document_of_article
from pipelines.search import candidates, search
from schemas.article import Article
from schemas.query.parse import parse
from schemas.watchlist import Watchlist
from tests.pipelines.search_queries import Queries
from tests.pipelines.wire_texts import articles, in_order, sightings

ARTICLES = 10_000
QUERIES = 1_000
WHOLE_SCANS = 5
SEED = int(os.environ.get("WIREWATCH_TEST_SEED", "1244"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stored() -> list[Article]:
    return in_order(articles(ARTICLES, SEED))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path_factory.mktemp("agree") / "index.sqlite3")
    # Each sighting on its own and in any order, as feeds bring them: the index merges and keeps its words current.
    seen = [one for same in sightings(ARTICLES, SEED) for one in same]
    random.Random(SEED).shuffle(seen)
    for first in range(0, len(seen), 500):
        opened.apply(seen[first : first + 500], [])
    yield opened
    opened.close()


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


def test_search_finds_what_the_matcher_finds(stored: list[Article], index: EmbeddedIndex) -> None:
    made = Queries(stored, SEED)
    expressions = {f"q{number}": made.next() for number in range(QUERIES)}
    matcher = compile_watchlists((Watchlist(id="all", name="all", queries=expressions),), bounded=False)
    found: dict[str, list[Article]] = {name: [] for name in expressions}
    for one in stored:
        for match in matcher.match(document_of_article(one)):
            found[match.query].append(one)
    finding = sum(map(bool, found.values()))
    assert finding > QUERIES * 0.5
    choose = random.Random(SEED)
    scans = 0
    wrong = []
    for name, expression in expressions.items():
        asked = Asked(expression, choose, stored[0].seen_at, whole=scans < WHOLE_SCANS)
        scans += asked.scans
        expected = asked.expected(found[name])
        got = [one.article_id for one in search(expression, index, asked.limit, asked.since)]
        if got != expected:
            wrong.append((expression, len(got), len(expected)))
    assert wrong == [], f"seed {SEED}"
    assert scans > WHOLE_SCANS
