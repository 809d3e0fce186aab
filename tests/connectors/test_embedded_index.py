from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Candidates, Mark
from tests.contracts.index import ArticleStoreContract, HitStoreContract, MarkContract, SearchContract
from tests.samples import article


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    yield opened
    opened.close()


class TestEmbeddedIndex(ArticleStoreContract, MarkContract, SearchContract, HitStoreContract):
    pass


def test_documents_and_mark_are_one_transaction(tmp_path: Path, index: EmbeddedIndex) -> None:
    broken = msgspec.structs.replace(article(2), seen_at="never")
    with pytest.raises(TypeError):
        index.apply([article(1), broken], [], Mark("pipeline", {0: 5}))
    assert index.count() == 0
    assert dict(index.positions("pipeline")) == {}


def test_two_writers_do_not_lose_each_others_sightings(tmp_path: Path, index: EmbeddedIndex) -> None:
    other = EmbeddedIndex(tmp_path / "index.sqlite3")
    index.apply([article(1)], [])
    other.apply([article(1, feed_url="https://b.example/")], [])
    index.apply([article(1, feed_url="https://c.example/")], [])
    stored = other.article(article(1).article_id)
    assert stored is not None
    assert len(stored.sightings) == 3
    other.close()


def test_a_list_goes_on_while_articles_are_added(index: EmbeddedIndex) -> None:
    index.apply([article(number) for number in range(300)], [])
    listing = index.candidates(Candidates())
    first = next(listing)
    index.apply([article(number) for number in range(300, 600)], [])
    rest = list(listing)
    assert len({one.article_id for one in [first, *rest]}) == 300 == len(rest) + 1
