from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Candidates, Mark
from pipelines.search import search
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


class TestFold:
    """An index written with another fold: by a release before, or a file from before the fold had a name."""

    def _found(self, path: Path, *, read_only: bool) -> list[str]:
        opened = EmbeddedIndex(path, read_only=read_only)
        try:
            return [one.title for one in search("banjska", opened, 0)]
        finally:
            opened.close()

    @pytest.fixture(params=["another fold", "no name"])
    def path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        path = tmp_path / "index.sqlite3"
        index = EmbeddedIndex(path)
        index.apply([article(number, title=title) for number, title in enumerate(("Бањска", "Banjska", "Else"))], [])
        index.close()
        connection = sqlite3.connect(path)
        connection.execute("UPDATE words SET text = 'as another release folded it'")
        if request.param == "no name":
            connection.execute("DROP TABLE fold")
            connection.execute("PRAGMA user_version = 1")
        else:
            connection.execute("UPDATE fold SET stamp = 'another'")
        connection.commit()
        connection.close()
        return path

    def test_a_reader_finds_everything_all_the_same(self, path: Path) -> None:
        assert self._found(path, read_only=True) == ["Banjska", "Бањска"]

    def test_a_writer_brings_the_words_forward(self, path: Path) -> None:
        assert self._found(path, read_only=False) == ["Banjska", "Бањска"]
        connection = sqlite3.connect(path)
        folded = connection.execute("SELECT text FROM words ORDER BY rowid").fetchall()
        connection.close()
        assert [text.split()[0] for (text,) in folded] == ["banjska", "banjska", "else"]
        assert self._found(path, read_only=True) == ["Banjska", "Бањска"]

    def test_words_once_folded_are_left_alone(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        for _ in range(2):
            index = EmbeddedIndex(tmp_path / "index.sqlite3")
            index.apply([article(1, title="Banjska")], [])
            index.close()
        assert caplog.messages == []


def test_a_word_in_letters_of_two_scripts_is_a_candidate_by_sound_and_by_look(index: EmbeddedIndex) -> None:
    index.apply([article(1, title="UNSСR 1244")], [])
    found = {
        words: [one.title for one in index.candidates(Candidates(any_of=((tuple(words.split()),),)))]
        for words in ("unscr 1244", "unssr 1244", "unscr 1325")
    }
    assert found == {"unscr 1244": ["UNSСR 1244"], "unssr 1244": ["UNSСR 1244"], "unscr 1325": []}
