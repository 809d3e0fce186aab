from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Candidates
from pipelines.search import MOST_ALTERNATIVES, candidates, search
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
    assert 0 < len(candidates(parse(wide)).any_of) <= MOST_ALTERNATIVES
    assert candidates(parse(" OR ".join(f"w{number}" for number in range(100)))) == Candidates()
    assert candidates(parse(f"rare AND ({' OR '.join(f'w{number}' for number in range(100))})")).any_of == (
        (("rare",),),
    )
