"""Strategies for articles that overlap: few feeds, entries, texts and moments, so that merges meet each other."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

from hypothesis import strategies as st

from schemas.article import Article, of_item
from schemas.item import Outlet
from tests.samples import NOON, content, item

_FEEDS = ("https://a.example/rss", "https://b.example/rss")
_TEXTS = (("Short", ""), ("Longer title", "and a body"), ("Other title", "with a body"))
_MINUTES = st.integers(0, 5)


@st.composite
def sights(draw: st.DrawFn) -> Article:
    """The article as one sight of one entry shows it; every one is of the same article."""
    title, body = draw(st.sampled_from(_TEXTS))
    one = item(
        url="https://outlet.example/story",
        feed_url=draw(st.sampled_from(_FEEDS)),
        native_id=draw(st.sampled_from(("1", "2"))),
        title=title,
        body=body,
        kind=draw(st.sampled_from(("feed", "page"))),
        seen_at=NOON + timedelta(minutes=draw(_MINUTES)),
        history=draw(st.booleans()),
        authors=draw(st.sampled_from(((), ("A",), ("B",)))),
        source=draw(st.sampled_from((Outlet(), Outlet(name="Outlet")))),
        published_at=draw(st.none() | _MINUTES.map(lambda minutes: NOON - timedelta(minutes=minutes))),
    )
    derived = content(
        one,
        pipeline_version=draw(st.integers(1, 2)),
        language=draw(st.sampled_from(("sr-Latn", "hr"))),
        language_confidence=draw(st.sampled_from((0.5, 0.9))),
    )
    return of_item(one, derived)


def merged(pieces: list[Article]) -> Article:
    """All of `pieces`, one after the other."""
    return reduce(Article.merge, pieces)


ARTICLES = st.lists(sights(), min_size=1, max_size=5).map(merged)
