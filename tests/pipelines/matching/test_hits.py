from __future__ import annotations

from datetime import timedelta

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.hits import EXCERPT, excerpt, item_hits
from schemas.hit import Span
from schemas.identity import hit_id
from schemas.watchlist import Concept, Watchlist
from tests.samples import NOON, content, item

LIST = Watchlist(
    id="kosovo",
    name="Kosovo desk",
    severity="critical",
    recipients=("desk@example.org",),
    concepts=(Concept(name="k", any=("Kosovo",)),),
    queries={"main": "k", "title": "title:k", "never": "k AND lang:en"},
    content_hash="hash",
)
LATER = NOON + timedelta(minutes=1)


def test_hits_carry_what_an_alert_needs() -> None:
    one = item(1, title="Kosovo", summary="", body="About Kosovo.", url="https://outlet.example/1?utm_source=rss#x")
    found = item_hits(one, content(one), compile_watchlists((LIST,)), LATER)
    assert (found.item_id, found.article_id, found.version_id) == (one.item_id, one.article_id, one.version_id)
    assert (found.op, found.history, found.seen_at, found.trace_id) == (one.op, one.history, one.seen_at, one.trace_id)
    assert [hit.query for hit in found.hits] == ["main", "title"]
    hit = found.hits[0]
    assert hit.hit_id == hit_id(one.article_id, one.content_hash, "kosovo", "main")
    assert hit.url == "https://outlet.example/1?utm_source=rss#x"
    assert (hit.title, hit.excerpt) == ("Kosovo", "About Kosovo.")
    assert (hit.source, hit.country, hit.language) == ("Outlet", "XK", "sr-Latn")
    assert (hit.watchlist_name, hit.watchlist_hash, hit.severity) == ("Kosovo desk", "hash", "critical")
    assert hit.recipients == ("desk@example.org",)
    assert hit.spans == (Span("title", 0, 6, "Kosovo", "k", "Kosovo"), Span("body", 6, 12, "Kosovo", "k", "Kosovo"))
    assert (hit.published_at, hit.seen_at, hit.matched_at) == (one.published_at, one.seen_at, LATER)


def test_no_match_no_hit() -> None:
    one = item(1)
    assert item_hits(one, content(one), compile_watchlists((LIST,)), LATER).hits == ()


def test_the_excerpt_surrounds_the_first_span_outside_the_title() -> None:
    words = "word " * 200
    text = f"{words}Kosovo {words}"
    one = item(1, title="Kosovo", body=text)
    cut = excerpt(one, (Span("title", 0, 6, "Kosovo", "", ""), Span("body", 1000, 1006, "Kosovo", "", "")))
    assert "Kosovo" in cut
    assert cut.startswith("…word ")
    assert cut.endswith(" word…")
    assert EXCERPT - 30 <= len(cut) <= EXCERPT + 2


def test_the_excerpt_at_the_ends_of_the_text() -> None:
    words = "word " * 200
    one = item(1, summary="Kosovo", body=f"Kosovo {words}Kosovo")
    first, last = Span("body", 0, 6, "Kosovo", "", ""), Span("body", 1007, 1013, "Kosovo", "", "")
    assert excerpt(one, (first,)).startswith("Kosovo word")
    assert excerpt(one, (last,)).endswith("word Kosovo")
    assert len(excerpt(one, (last,))) > EXCERPT - 30
    assert excerpt(one, ()) == "Kosovo"
    assert excerpt(item(1, body=f"Kosovo {words}"), ()).endswith("word…")
    assert excerpt(item(1, body=""), ()) == ""


def test_the_excerpt_of_a_text_without_spaces() -> None:
    one = item(1, body="科" * 500)
    cut = excerpt(one, (Span("body", 250, 253, "科科科", "", ""),))
    assert len(cut) == EXCERPT + 2
    assert cut[0] == cut[-1] == "…"
