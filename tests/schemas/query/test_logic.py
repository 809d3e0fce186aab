from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from schemas.query.atoms import Atoms
from schemas.query.logic import flaws
from schemas.query.parse import parse
from schemas.query.tree import Attribute
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
    assert time.process_time() - before < 2


_ATOMS = st.sampled_from(
    [
        *("x", "y", "z", "xyzzy", "xyzz*", '"x y"', '"x xyzz*"', "{X}", "kosovo", "title:x", "body:y", "title:kosovo"),
        *("x NEAR/1 y", "y NEAR/2 x", "x ONEAR/1 y", "title:x NEAR/1 y", "kosovo NEAR/0 x", "title:(x NEAR/0 y)"),
        *("lang:sr", "lang:sr-Latn", "lang:=hr", "lang:hr", "lang:en", "country:XK", "country:RS", "country:X*"),
    ]
)
_QUERIES = st.recursive(
    _ATOMS,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR", "NOT"]), inner),
    max_leaves=6,
)
_TEXTS = st.lists(st.sampled_from(["x", "X", "y", "z", "xyzzy", "xyzzq", "Prizren"]), max_size=5).map(" ".join)
_LANGUAGES = st.sampled_from(
    [("und", "und", ""), ("sr-Latn", "hbs", "Latn"), ("sr-Cyrl", "hbs", "Cyrl"), ("hr", "hbs", "")]
)
_DOCUMENTS = st.builds(
    lambda title, body, language, country: Document(
        title=title, body=body, language=language[0], macro=language[1], script=language[2], country=country
    ),
    *(_TEXTS, _TEXTS, _LANGUAGES | st.just(("en", "en", "Latn")), st.sampled_from(["", "XK", "RS", "XX"])),
)


@settings(max_examples=300)
@given(_QUERIES, st.lists(_DOCUMENTS, min_size=1, max_size=20))
def test_no_document_is_in_a_world_that_is_said_to_be_impossible(expression: str, documents: list[Document]) -> None:
    concept = Concept(name="kosovo", any=("x y", "Prizren", "z"))
    tree = parse(expression, ("kosovo",))
    atoms = Atoms(tree, (), lambda _: frozenset(("x y", "prizren", "z")))
    if not atoms.few:
        return
    queries: dict[str, str] = {}
    for number, (node, scope) in enumerate(atoms.parts):
        field = "" if len(scope) > 1 or isinstance(node, Attribute) else f"{next(iter(scope), '')}:"
        if not scope:
            return
        queries[f"a{number}"] = f"{field}({node.written})"
    matcher = compile_watchlists([Watchlist(id="a", name="a", concepts=(concept,), queries=queries)], bounded=False)
    for document in documents:
        world = sum(1 << int(match.query[1:]) for match in matcher.match(document))
        assert atoms.possible >> world & 1, (expression, queries, document)
