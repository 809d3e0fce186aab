from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import combinations, cycle, product

import pytest

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from schemas.query.atoms import Atoms
from schemas.query.logic import flaws
from schemas.query.parse import parse
from schemas.watchlist import Concept, Watchlist


def found(expression: str, languages: tuple[str, ...] = (), forms: frozenset[str] = frozenset()) -> list[str]:
    tree = parse(expression, ("kosovo", "banjska"), bounded=True)
    return [
        f"{'never' if flaw.fatal else 'idle'} {flaw.node.written}"
        for flaw in flaws(tree, languages=languages, forms=lambda _: forms)
    ]


@pytest.mark.parametrize(
    "expression",
    [
        *("x", "x OR y", "x AND NOT y", "x OR title:y", 'x AND NOT "x y"', "x AND country:(XK OR RS)"),
        *("x AND (lang:sr OR lang:sq)", "x NEAR/5 y OR x NEAR/9 z", "kosovo NEAR/50 banjska OR title:banjska"),
        *("title:(x OR y) AND body:z", "{NATO} OR nato AND x", "x AND source:(a.example OR b.example)"),
        "x AND lang:=sr OR y AND lang:hr",
    ],
)
def test_nothing_to_say(expression: str) -> None:
    assert found(expression) == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x AND NOT x", "never x AND NOT x"),
        ("x NOT x OR y", "never x NOT x"),
        ("(x OR y) NOT x", "never x"),
        ('"x y" AND NOT x', 'never "x y" AND NOT x'),
        ("bridges NOT bridg*", "never bridges NOT bridg*"),
        ("x NEAR/5 y NOT y", "never x NEAR/5 y NOT y"),
        ("title:(body:x)", "never body:x"),
        ("title:(y OR body:x)", "never body:x"),
        ("title:x NEAR/5 body:y", "never title:x NEAR/5 body:y"),
        ("title:x NOT x", "never title:x NOT x"),
        ("x AND lang:sr AND lang:en", "never x AND lang:sr AND lang:en"),
        ("x AND lang:sr-Latn AND lang:sr-Cyrl", "never x AND lang:sr-Latn AND lang:sr-Cyrl"),
        ("x AND country:XK AND country:RS", "never x AND country:XK AND country:RS"),
    ],
)
def test_what_can_never_hold(expression: str, expected: str) -> None:
    assert found(expression) == [expected]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x OR x", "idle x"),
        ("kosovo OR Kosovo", "idle Kosovo"),
        ('"new bridge" OR bridge', 'idle "new bridge"'),
        ("bridg* OR bridges", "idle bridges"),
        ("title:x OR x", "idle title:x"),
        ("x OR (x AND y)", "idle (x AND y)"),
        ("x NEAR/5 y AND x", "idle x"),
        ("x NEAR/5 y OR x NEAR/9 y", "idle x NEAR/5 y"),
        ("x ONEAR/5 y OR y NEAR/9 x", "idle x ONEAR/5 y"),
        ("x AND (lang:sr OR lang:sr-Latn)", "idle lang:sr-Latn"),
        ("x NEAR/5 x", "idle x NEAR/5 x"),
        ("y AND NOT (x AND NOT x)", "idle NOT (x AND NOT x)"),
    ],
)
def test_what_changes_nothing(expression: str, expected: str) -> None:
    assert found(expression) == [expected]


def test_languages_of_the_list_count() -> None:
    assert found("x AND lang:en OR y", ("sr", "sq")) == ["never lang:en"]
    assert found("x AND lang:hr OR y", ("sr",)) == []
    assert found("x AND NOT lang:en", ("sr",)) == ["idle NOT lang:en"]


def test_forms_of_a_concept_count() -> None:
    assert found('"Kosovo Polje" OR kosovo', forms=frozenset({"kosovo"})) == ['idle "Kosovo Polje"']
    assert found('"Kosovo Polje" OR kosovo') == []


def test_large_queries_are_looked_at_less_closely_but_fast() -> None:
    wide = " OR ".join(f"w{number}" for number in range(500))
    before = time.process_time()
    assert found(f"{wide} OR w3 OR (x AND NOT x)") == ["idle w3", "never (x AND NOT x)"]
    assert found(" OR ".join(f"(u{number} AND v{number} NOT z)" for number in range(6))) == []
    phrase = " ".join(f"w{number}" for number in range(3_000))
    assert found(f'kosovo AND "{phrase} x y" NOT z', forms=frozenset({"x y"})) == ["idle kosovo"]
    assert time.process_time() - before < 2


ATOMS = (
    *("x", "y", "z", "xyzzy", "xyzz*", '"x y"', '"x xyzz*"', "{X}", "kosovo", "title:x", "body:x", "body:y"),
    *("title:kosovo", "x NEAR/0 y", "y NEAR/2 x", "x ONEAR/0 y", "title:(x NEAR/0 y)", "kosovo NEAR/0 x"),
    *("lang:sr", "lang:sr-Latn", "lang:=hr", "lang:hr", "lang:en", "country:XK", "country:RS", "country:X*"),
)
TEXTS = [
    " ".join(words) for count in range(4) for words in product(("x", "X", "y", "z", "xyzzy", "Prizren"), repeat=count)
]
LANGUAGES = (
    ("und", "und", ""),
    ("sr-Latn", "hbs", "Latn"),
    ("sr-Cyrl", "hbs", "Cyrl"),
    ("hr", "hbs", ""),
    ("en", "en", ""),
)


def documents() -> Iterator[Document]:
    """Short texts in every order, over both fields, languages and countries in turn."""
    others = cycle(product(TEXTS[:43], LANGUAGES, ("", "XK", "RS", "XX")))
    for text, (other, (language, macro, script), country) in zip(TEXTS * 6, others, strict=False):
        title, body = (text, other) if len(text) % 2 else (other, text)
        yield Document(title=title, body=body, language=language, macro=macro, script=script, country=country)


def test_no_document_is_in_a_world_that_is_said_to_be_impossible() -> None:
    concept = Concept(name="kosovo", any=("x y", "Prizren", "z"))
    queries = {f"a{number}": atom for number, atom in enumerate(ATOMS)}
    matcher = compile_watchlists([Watchlist(id="a", name="a", concepts=(concept,), queries=queries)], bounded=False)
    held = {frozenset(ATOMS[int(match.query[1:])] for match in matcher.match(document)) for document in documents()}
    assert len(held) > 200
    impossible = 0
    for together in (*combinations(ATOMS, 2), ("x", "title:x", "body:x")):
        atoms = Atoms(parse(" AND ".join(together), ("kosovo",)), (), lambda _: frozenset(("x y", "prizren", "z")))
        assert len(atoms.parts) == len(together)
        worlds = {sum((atom in holding) << bit for bit, atom in enumerate(together)) for holding in held}
        for world in range(1 << len(together)):
            if atoms.possible >> world & 1:
                continue
            impossible += 1
            assert world not in worlds, together
    assert impossible > 30
