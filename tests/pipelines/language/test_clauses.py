from __future__ import annotations

import pytest

from pipelines.language.clauses import CLAUSE, INFINITIVE, UNJOINED_FUTURE, found


def words(text: str) -> list[str]:
    return text.lower().split()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("vlada objavit će odluku", [UNJOINED_FUTURE]),
        ("vlada će objaviti odluku", []),
        ("njihov autoritet će porasti", []),
        ("premijer kaže da dolazi", [CLAUSE]),
        ("kaže da je tu", []),
        ("mogao bi da", []),
        ("on želi doći", [INFINITIVE]),
        ("on želi se vratiti", [INFINITIVE]),
        ("objavit ce odluku", [UNJOINED_FUTURE]),
        ("", []),
    ],
)
def test_neighbours_tell(text: str, kinds: list[object]) -> None:
    assert found(words(text)) == kinds


def test_each_kind_counts_once() -> None:
    assert found(words("objavit će i održat će i dobit će")) == [UNJOINED_FUTURE]
    assert found(words("da dolazi i da odlazi")) == [CLAUSE]


def test_a_modal_with_da_leans_to_serbian_and_saying_with_kako_to_croatian() -> None:
    [first, *_] = found(words("može da dođe"))
    assert first[0] > 0 > first[1]
    [second] = found(words("rekao kako dolaze"))
    assert second[1] > 0 > second[0]


def test_weights_are_of_serbian_croatian_bosnian_and_montenegrin() -> None:
    assert {len(one) for one in (CLAUSE, INFINITIVE, UNJOINED_FUTURE)} == {4}
