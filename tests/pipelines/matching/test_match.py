from __future__ import annotations

import time
from typing import Any

import pytest

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.spans import MOST_SPANS
from schemas.errors import QueryError
from schemas.hit import Span
from schemas.watchlist import Concept, Watchlist


def spans(query: str, *concepts: Concept, bounded: bool = True, **document: Any) -> tuple[Span, ...] | None:
    lists = (Watchlist(id="list", name="List", concepts=concepts, queries={"main": query}),)
    matches = compile_watchlists(lists, bounded=bounded).match(Document(**document))
    return matches[0].spans if matches else None


def test_spans_stand_in_reading_order_across_fields() -> None:
    found = spans("beta AND alpha", title="Beta", summary="alpha", body="beta, alpha beta")
    assert found == (
        Span("title", 0, 4, "Beta", "", "beta"),
        Span("summary", 0, 5, "alpha", "", "alpha"),
        Span("body", 0, 4, "beta", "", "beta"),
        Span("body", 6, 11, "alpha", "", "alpha"),
        Span("body", 12, 16, "beta", "", "beta"),
    )


def test_only_clauses_that_made_it_true_give_spans() -> None:
    found = spans("(alpha AND missing) OR (beta NOT gamma)", body="alpha beta")
    assert found is not None
    assert [span.text for span in found] == ["beta"]
    near = spans("alpha NEAR/1 beta", body="alpha x beta, then far far far alpha")
    assert near is not None
    assert [(span.text, span.start) for span in near] == [("alpha", 0), ("beta", 8)]


def test_a_phrase_does_not_reach_across_fields() -> None:
    assert spans('"alpha beta"', title="alpha", summary="beta") is None
    assert spans("alpha NEAR/5 beta", summary="alpha", body="beta") is None
    assert spans('"alpha beta"', body="alpha - beta") is not None


def test_overlapping_mentions_of_one_concept_are_one() -> None:
    concept = Concept(name="r", any=("resolution 1244", "UNSC resolution 1244", "1244", "resolution ONEAR/9 1244"))
    found = spans("r", concept, body="UNSC resolution 1244")
    assert found == (Span("body", 0, 20, "UNSC resolution 1244", "r", "UNSC resolution 1244"),)
    twice = spans("r", Concept(name="r", any=("resolution ONEAR/9 1244",)), body="a resolution on resolution no 1244")
    assert twice is not None
    assert [span.text for span in twice] == ["resolution no 1244"]


def test_the_alias_in_the_script_of_the_text_is_named() -> None:
    concept = Concept(name="k", any=("Kosovu", "Косову"))
    for text in ("Kosovu", "Косову"):
        found = spans("k", concept, body=text)
        assert found is not None
        assert found[0].alias == text


def test_exact_forms() -> None:
    assert spans("{NATO}", body="Nato nato") is None
    assert spans("{NATO}", body="the NA\u00adTO pact") is not None
    assert spans("{Google+}", body="Google and google+") is None
    assert spans("{Google+}", body="on Google+ now") is not None
    assert spans("{AT&T}", body="AT T") is None
    assert spans("{Red Bull}", body="Red\u00a0Bull") is not None
    exact = Concept(name="us", any=("US", "Americ*"), case="exact")
    assert spans("us", exact, body="tell us, american") is None
    assert spans("us", exact, body="in the US") is not None
    assert spans("us", exact, body="Americans") is not None


def test_an_initial_capital_is_asked_where_the_alias_has_one() -> None:
    concept = Concept(name="c", any=("v Banjski", "Banjska", "banjske vode"), case="initial-capital")
    assert spans("c", concept, body="v Banjski") is not None
    assert spans("c", concept, body="V Banjski") is not None
    assert spans("c", concept, body="v banjski") is None
    assert spans("c", concept, body="banjske vode") is None
    assert spans("c", concept, body="Banjske vode") is not None
    assert spans("c", Concept(name="c", any=("科索沃",), case="initial-capital"), body="科索沃") is not None
    assert spans("c", Concept(name="c", any=("كوسوفو",), case="initial-capital"), body="كوسوفو") is not None


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("x AND lang:sr", True),
        ("x AND lang:hr", True),
        ("x AND lang:=hr", False),
        ("x AND lang:sr-Cyrl", False),
        ("x AND lang:(en OR sr-Latn)", True),
        ('x AND source:"radio kosovo"', True),
        ("x AND source:RADIO*", True),
        ("x AND source:kosovo", False),
        ("x AND source:outlet.example", True),
        ("x AND source:rss.outlet.example", True),
        ("x AND source:wire.example", True),
        ("x AND source:example", False),
        ("x AND source:https://rss.outlet.example/all.xml", True),
        ("x AND country:xk", True),
        ("x AND country:rs", False),
        ("x AND author:Petrović", True),
        ('x AND author:"ана петровић"', True),
        ("x AND author:Petr", False),
        ("x AND author:Petr*", True),
        ("lang:sr", True),
        ("title:x", False),
        ("body:x", True),
        ("body:y", True),
        ("title:(x OR z)", True),
    ],
)
def test_fields(query: str, matches: bool) -> None:
    found = spans(
        query,
        title="z",
        summary="y",
        body="x",
        language="sr-Latn",
        macro="hbs",
        script="Latn",
        source="Радио Косово",
        country="XK",
        authors=("By Ana Petrović", "Desk"),
        feed_url="https://rss.outlet.example/all.xml",
        url="https://www.wire.example/1",
    )
    assert (found is not None) is matches


@pytest.mark.parametrize(
    ("limits", "document", "matches"),
    [
        ({"languages": ("sq", "sr")}, {"language": "hr", "macro": "hbs"}, True),
        ({"languages": ("sq",)}, {"language": "hr", "macro": "hbs"}, False),
        ({"languages": ("sq",)}, {"language": "und"}, True),
        ({"sources": ("Some Outlet",)}, {"source": "SOME OUTLET"}, True),
        ({"sources": ("Some Outlet", "https://x.example/rss")}, {"feed_url": "https://x.example/rss"}, True),
        ({"sources": ("Some Outlet",)}, {"source": "Other"}, False),
    ],
)
def test_limits_of_a_list(limits: dict[str, Any], document: dict[str, Any], matches: bool) -> None:
    watchlist = Watchlist(id="l", name="L", queries={"main": "x"}, **limits)
    assert bool(compile_watchlists((watchlist,)).match(Document(body="x", **document))) is matches


def test_many_lists_each_with_their_own_concepts() -> None:
    def one(number: int) -> Watchlist:
        concept = Concept(name="same", any=(f"name{number}",))
        return Watchlist(
            id=f"l{number}", name="L", concepts=(concept,), queries={"main": "same", "other": "same NOT x"}
        )

    matcher = compile_watchlists(map(one, range(500)))
    found = [(match.watchlist.id, match.query) for match in matcher.match(Document(body="name7 x name400"))]
    assert found == [("l7", "main"), ("l400", "main")]
    assert len(matcher.watchlists) == 500


def test_queries_without_words_to_look_for_are_still_asked() -> None:
    assert spans("lang:sr OR x", language="sr", macro="hbs") == ()
    assert spans("NOT x", bounded=False, body="y") == ()
    assert spans("NOT x", bounded=False, body="x") is None
    assert spans("*", bounded=False) == ()


def test_a_query_that_does_not_parse_is_refused() -> None:
    with pytest.raises(QueryError):
        spans("a b")


@pytest.mark.parametrize("query", ["a NEAR/100 b", "a NEAR/100 b NEAR/100 a", "c"])
@pytest.mark.timeout(20)
def test_text_made_to_hurt_costs_little(query: str) -> None:
    concept = Concept(name="c", any=("a ONEAR/100 b", "a", '"a b a b"', "{a}"))
    found = spans(query, concept, body="a b " * 30_000)
    assert found is not None
    assert len(found) == MOST_SPANS
    assert found[0].start == 0


@pytest.mark.parametrize(("words", "seconds"), [("Косово реч ", 2), ("Kosovo Polje ", 3)])
def test_ten_thousands_of_mentions_cost_little(words: str, seconds: float) -> None:
    concept = Concept(name="c", any=("Kosovo",), unless_in=("Kosovo Polje",))
    before = time.process_time()
    found = spans("c", concept, body=words * 50_000)
    assert time.process_time() - before < seconds
    assert (found is None) == ("Polje" in words)


def test_a_guard_counts_wherever_it_reaches_around() -> None:
    guards = ("b Kosovo", "a b Kosovo c", "Kosovo d Kosovo")
    concept = Concept(name="c", any=("Kosovo c", "Kosovo"), unless_in=guards)
    assert spans("c", concept, body="a b Kosovo c; b Kosovo; Kosovo d Kosovo") is None
    found = spans("c", concept, body="b Kosovo c, Kosovo d", title="b Kosovo")
    assert [(span.field, span.text) for span in found or ()] == [("body", "Kosovo c"), ("body", "Kosovo")]
