from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Candidates
from pipelines.search import MOST_ALTERNATIVES, MOST_COMBINATIONS, candidates, search
from schemas.errors import QueryError
from schemas.query.parse import parse
from tests.samples import NOON, article

TITLES = (
    *(
        "Бањска код Звечана",
        "banjska lečilišta",
        "Kosovë: lajme",
        "第1244号决议",
        "Resolution\u00a01244",
        "NATO summit",
    ),
    *("Nato summit", "resolution on something, 1244 people", "Kosovska Mitrovica", "コソボの件", "Казань"),
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    opened.apply([article(number, title=title, body=f"text {number}") for number, title in enumerate(TITLES)], [])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("banjska", [1, 0]),
        ("Казань", [10]),
        ('"resolution 1244"', [4]),
        ("resolution NEAR/3 1244", [7, 4]),
        ("resolution AND 1244", [7, 4]),
        ("1244 OR kosovska", [8, 7, 4, 3]),
        ("kosov*", [8, 2]),
        ("kosov* NOT lajme", [8]),
        ("{NATO}", [5]),
        ("nato", [6, 5]),
        ("summit AND NOT {NATO}", [6]),
        ("コソボ", [9]),
        ("ソボ", [9]),
        ("title:summit", [6, 5]),
        ("body:summit", []),
        ("lang:sr AND summit", [6, 5]),
        ("source:outlet NOT text", []),
        ("NOT text", []),
        ("nothing", []),
        ("*", list(reversed(range(len(TITLES))))),
        ("NOT (summit OR 1244)", [10, 9, 8, 2, 1, 0]),
    ],
)
def test_search(index: EmbeddedIndex, query: str, found: list[int]) -> None:
    assert [one.title for one in search(query, index, 0)] == [TITLES[number] for number in found]


def test_limit_and_since(index: EmbeddedIndex) -> None:
    assert [one.title for one in search("*", index, 2)] == [TITLES[10], TITLES[9]]
    since = NOON + timedelta(seconds=9)
    assert [one.title for one in search("*", index, 0, since)] == [TITLES[10], TITLES[9]]
    assert [one.title for one in search("summit", index, 0, since)] == []


def test_a_fault_is_told_before_anything_is_read(index: EmbeddedIndex) -> None:
    with pytest.raises(QueryError):
        search("a b", index, 0)


@pytest.mark.parametrize(
    ("query", "any_of"),
    [
        ("kosovo", ((("kosovo",),),)),
        ('"Rezolucij* 1244"', ((("rezolucij*", "1244"),),)),
        ("a AND b", ((("a",), ("b",)),)),
        ("a OR b", ((("a",),), (("b",),))),
        ("a AND (b OR c)", ((("a",), ("b",)), (("a",), ("c",)))),
        ("a NOT b", ((("a",),),)),
        ("title:a NEAR/3 b", ((("a",), ("b",)),)),
        ("a AND lang:sr", ((("a",),),)),
        ("a OR lang:sr", ()),
        ("NOT a", ()),
        ("*", ()),
    ],
)
def test_candidates(query: str, any_of: tuple[tuple[tuple[str, ...], ...], ...]) -> None:
    assert candidates(parse(query)) == Candidates(any_of=any_of)


def test_candidates_stay_few() -> None:
    wide = " AND ".join(f"({' OR '.join(f'w{group}x{number}' for number in range(20))})" for group in range(5))
    assert 0 < len(candidates(parse(wide)).any_of) <= MOST_COMBINATIONS
    before = time.process_time()
    either, other = (" OR ".join(f"{letter}{number}" for number in range(2_000)) for letter in "uv")
    assert len(candidates(parse(f"({either}) AND ({other})")).any_of) == 2_000
    assert time.process_time() - before < 2
    wider = [f"w{number}" for number in range(MOST_ALTERNATIVES)]
    assert len(candidates(parse(" OR ".join(wider))).any_of) == MOST_ALTERNATIVES
    assert candidates(parse(" OR ".join([*wider, "more"]))) == Candidates()
    assert candidates(parse(f"rare AND ({' OR '.join([*wider, 'more'])})")).any_of == ((("rare",),),)


WORDS = tuple(f"word{number}" for number in range(10_000))


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join((*WORDS, "summit")),
        " OR ".join((*WORDS[:1000], "summit")),
        " AND ".join(("summit", *WORDS)),
        f"summit NOT ({' OR '.join(WORDS)})",
        f"title:({' OR '.join((*WORDS, 'summit'))})",
        " AND ".join(("summit",) * 10_000),
        f"{'(' * 49}summit{')' * 49}",
        f"{'NOT ' * 10_000}summit",
        " AND ".join(["summit", *(f"({' OR '.join(WORDS[n : n + 90])} OR nato)" for n in range(0, 9000, 90))]),
        f'summit OR "{" ".join(WORDS)}"',
        f'summit OR "{"* ".join(WORDS)}*"',
        f"summit OR {'x' * 100_000} OR {'x' * 100_000}*",
    ],
    ids=(
        "or-10000",
        "or-1000",
        "and-10000",
        "not-10000",
        "field",
        "and-same",
        "deep",
        "nots",
        "ors",
        "phrase",
        "stars",
        "long",
    ),
)
def test_the_widest_queries_are_answered(index: EmbeddedIndex, query: str) -> None:
    found = [one.title for one in search(query, index, 0)]
    assert found == ([] if f"summit AND {WORDS[0]}" in query else [TITLES[6], TITLES[5]])


@pytest.mark.parametrize("links", [300, 10_000])
def test_a_chain_too_long_is_a_fault_not_a_crash(index: EmbeddedIndex, links: int) -> None:
    with pytest.raises(QueryError, match="in a row"):
        search(" NEAR/5 ".join(WORDS[:links]), index, 0)


def test_since_is_exact(index: EmbeddedIndex) -> None:
    moment = NOON + timedelta(seconds=9)
    assert [one.title for one in search("*", index, 0, moment)] == [TITLES[10], TITLES[9]]
    assert [one.title for one in search("*", index, 0, moment + timedelta(microseconds=1))] == [TITLES[10]]


def test_many_candidates_come_in_order_and_once(index: EmbeddedIndex) -> None:
    index.apply([article(number, title="Common") for number in range(100, 2600)], [])
    listing = search("common", index, 0)
    first = next(listing)
    index.apply([article(number, title="Common") for number in range(2600, 2700)], [])
    found = [first, *listing]
    assert [one.seen_at for one in found] == [NOON + timedelta(seconds=number) for number in range(2599, 99, -1)]
