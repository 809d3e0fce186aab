from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.index.embedded import EmbeddedIndex
from pipelines.language.content import content_of
from schemas.article import Article, of_item
from schemas.item import FeedItem, Outlet
from tests.headlines import CROATIAN, SERBIAN
from tests.samples import item
from wirewatch.profiles import learn

SERBIAN_FEED, CROATIAN_FEED = "https://a.example/rss", "https://b.example/rss"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def states(tmp_path: Path) -> Iterator[SqliteFeedStates]:
    opened = SqliteFeedStates(tmp_path / "feeds.sqlite3")
    yield opened
    opened.close()


def article(number: int, title: str, feed_url: str, **more: object) -> Article:
    one: FeedItem = item(
        number, title=title, summary="", body="", feed_url=feed_url, source=Outlet(), language="", **more
    )
    return of_item(one, content_of(one))


def test_each_feed_gets_its_own_profile(index: EmbeddedIndex, states: SqliteFeedStates) -> None:
    index.apply([article(number, title, SERBIAN_FEED) for number, title in enumerate(SERBIAN)], [])
    index.apply([article(100 + number, title, CROATIAN_FEED) for number, title in enumerate(CROATIAN)], [])
    assert learn(index, states) == {SERBIAN_FEED: "sr-Latn", CROATIAN_FEED: "hr"}
    assert (states.learned(SERBIAN_FEED), states.learned(CROATIAN_FEED)) == ("sr-Latn", "hr")
    assert learn(index, states) == {SERBIAN_FEED: "sr-Latn", CROATIAN_FEED: "hr"}


def test_other_languages_and_scripts_are_no_evidence(index: EmbeddedIndex, states: SqliteFeedStates) -> None:
    english = "The government has approved the budget for next year"
    index.apply([article(number, f"{english} {number}", SERBIAN_FEED) for number in range(30)], [])
    assert learn(index, states) == {}
    assert states.learned(SERBIAN_FEED) == ""


def test_too_few_items_are_no_profile(index: EmbeddedIndex, states: SqliteFeedStates) -> None:
    index.apply([article(number, title, SERBIAN_FEED) for number, title in enumerate(SERBIAN[:19])], [])
    assert learn(index, states) == {SERBIAN_FEED: ""}
