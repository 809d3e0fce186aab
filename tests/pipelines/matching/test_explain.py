from __future__ import annotations

from typing import Any

import pytest

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.explain import Clause, Explanation, explain
from schemas.hit import Span
from schemas.watchlist import Concept, Watchlist

KOSOVO = Concept(name="kosovo", any=("Kosovo", "Kosova"), unless_in=("Kosovo Polje",))
BANJSKA = Concept(name="banjska", any=("Banjska",), case="initial-capital")


def explained(query: str, body: str, **more: Any) -> Explanation:
    limits = {key: more.pop(key) for key in ("languages", "sources") if key in more}
    watchlist = Watchlist(id="l", name="L", concepts=(KOSOVO, BANJSKA), queries={"main": query}, **limits)
    (found,) = explain(compile_watchlists((watchlist,)), Document(body=body, **more))
    return found


def test_a_hit_shows_every_clause() -> None:
    found = explained("kosovo AND NOT sport", "Vesti: Косово danas")
    assert found == Explanation(
        watchlist="l",
        query="main",
        matched=True,
        spans=(Span("body", 7, 13, "Косово", "kosovo", "Kosovo"),),
        clauses=(
            Clause(
                expression="kosovo", matched=True, surface="Косово", start=7, end=13, field="body", reason="by 'Kosovo'"
            ),
            Clause(expression="NOT sport", matched=True, reason="'sport' does not occur"),
            Clause(expression="sport", matched=False, reason="'sport' does not occur"),
        ),
    )


def test_what_a_not_refused_is_shown() -> None:
    found = explained("kosovo AND NOT sport", "Kosovo sport")
    assert (found.matched, found.spans) == (False, ())
    assert found.reason == "'sport' holds, which 'NOT sport' refuses"
    refused = found.clauses[1]
    assert (refused.expression, refused.matched, refused.surface, refused.start) == ("NOT sport", False, "sport", 7)


def test_a_guard_that_suppressed_is_shown() -> None:
    found = explained("kosovo", "u mestu Kosovo Polje")
    assert not found.matched
    assert found.reason == "'Kosovo' of kosovo stands inside the guard 'Kosovo Polje'"
    guard = found.clauses[1]
    assert (guard.expression, guard.matched) == ("unless_in: Kosovo Polje", True)
    assert (guard.surface, guard.start, guard.end) == ("Kosovo Polje", 8, 20)
    assert guard.reason == "suppresses 'Kosovo' of kosovo"


@pytest.mark.parametrize(
    ("query", "body", "reason"),
    [
        ("kosovo", "nothing", "none of the 2 forms of kosovo occurs"),
        ("banjska", "banjska", "'banjska' has no initial capital, which the concept banjska needs (initial-capital)"),
        ("title:kosovo", "Kosovo", "'kosovo' is there, but not in title"),
        ("kosovo NEAR/2 banjska", "Kosovo a b c d Banjska", "'kosovo' and 'banjska' are 4 words apart, 2 are allowed"),
        ("kosovo NEAR/2 banjska", "Kosovo", "the one form of banjska does not occur"),
        ("a ONEAR/2 b", "b a", "'b' stands before 'a', ONEAR asks for the other order"),
        ('"a b"', "b a", "the words of '\"a b\"' occur, but not next to each other"),
        ('"a b"', "a", "of '\"a b\"' 'b' does not occur"),
        ("{NATO}", "Nato", "written 'Nato' here, not {NATO}"),
        ("x OR (kosovo AND y)", "Kosovo", "'y' does not occur"),
        ("x OR y", "z", "none of the 2 alternatives holds: x OR y"),
        ("kosovo AND lang:sr", "Kosovo", "'lang:sr' is asked for; the language is en"),
        ("kosovo AND source:bbc", "Kosovo", "'source:bbc' is asked for; the source is not known"),
        ("kosovo AND country:rs", "Kosovo", "'country:rs' is asked for; the country is not known"),
        ("kosovo AND author:ana", "Kosovo", "'author:ana' is asked for; the authors are not known"),
        ("kosovo NEAR/3 koso*", "Kosovo", "'kosovo' and 'koso*' stand in the same place only"),
    ],
)
def test_a_miss_says_why(query: str, body: str, reason: str) -> None:
    found = explained(query, body, language="en", macro="en")
    assert (found.matched, found.reason) == (False, reason)


def test_the_limits_of_a_list_are_clauses() -> None:
    found = explained("kosovo", "Kosovo", languages=("sq", "sr"), language="en", macro="en")
    assert (found.matched, found.reason) == (False, "languages: sq, sr: the language is en")
    assert found.clauses[-1] == Clause(expression="languages: sq, sr", matched=False, reason="the language is en")
    assert explained("kosovo", "Kosovo", languages=("sq",)).matched
    refused = explained("kosovo", "Kosovo", sources=("BBC",), source="Other")
    assert refused.reason == "sources: BBC: the source is Other"


def test_one_explanation_for_every_query() -> None:
    lists = [Watchlist(id=name, name=name, queries={"main": "x", "second": "y"}) for name in ("a", "b")]
    found = explain(compile_watchlists(lists), Document(body="x"))
    assert [(one.watchlist, one.query, one.matched) for one in found] == [
        ("a", "main", True),
        ("a", "second", False),
        ("b", "main", True),
        ("b", "second", False),
    ]
