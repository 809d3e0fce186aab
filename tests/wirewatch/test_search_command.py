from __future__ import annotations

from pathlib import Path

import pytest

from connectors.index.embedded import EmbeddedIndex
from tests.pipelines.wire_texts import articles, in_order
from tests.product import records, wirewatch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    index = EmbeddedIndex(folder / "index.sqlite3")
    index.apply(articles(120, 5), [])
    index.close()
    return folder


def test_everything_newest_first(data: Path) -> None:
    expected = [one.article_id for one in in_order(articles(120, 5))]
    assert [one["article_id"] for one in records("search", "*", "--data", data, "--limit", "0")] == expected
    assert [one["article_id"] for one in records("search", "*", "--data", data)] == expected[:50]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('"kosovo', "this quote is never closed"),
        ("{kosovo", "this { is never closed"),
        ("(kosovo", "this ( is never closed"),
        ("kosovo)", "this ) closes nothing"),
        ("", "the query is empty"),
        ("AND", "something to look for is missing"),
        ("kos*ovo", "`*` cannot stand here"),
        ("...", "has no letter or digit"),
        ("a NEAR/5 " * 400 + "a", "inside each other"),
    ],
)
def test_a_faulty_query_is_shown_with_its_place(data: Path, query: str, said: str) -> None:
    done = wirewatch("search", query, "--data", data, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "query:1:" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_not_and_very_wide_queries_are_answered(data: Path) -> None:
    every = {one["article_id"] for one in records("search", "*", "--data", data, "--limit", "0")}
    with_word = {one["article_id"] for one in records("search", "kosov*", "--data", data, "--limit", "0")}
    without = {one["article_id"] for one in records("search", "NOT kosov*", "--data", data, "--limit", "0")}
    assert with_word
    assert (with_word | without, with_word & without) == (every, set())
    wide = " OR ".join(("kosov*", *(f"w{number}" for number in range(10_000))))
    assert {one["article_id"] for one in records("search", wide, "--data", data, "--limit", "0")} == with_word
