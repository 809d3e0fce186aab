from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas.article import Article, of_item, version_of_item
from schemas.identity import version_id
from tests.samples import NOON, article, content, item
from tests.schemas.articles import ARTICLES, merged, sights

MANY = settings(deadline=None, max_examples=100)


def seen(minute: int, *, title: str = "Title", pipeline_version: int = 1, **changes: Any) -> Article:
    one = item(url="https://outlet.example/story", title=title, seen_at=NOON + timedelta(minutes=minute), **changes)
    return of_item(one, content(one, pipeline_version=pipeline_version, language=f"v{pipeline_version}"))


@given(ARTICLES, ARTICLES)
@MANY
def test_merge_is_commutative(one: Article, other: Article) -> None:
    assert one.merge(other) == other.merge(one)


# The text `A` is left, and comes back later from an older pipeline: what the newer one derived must not be forgotten.
@example(seen(0, title="A", pipeline_version=2), seen(1, title="B"), seen(2, title="A"))
@given(ARTICLES, ARTICLES, ARTICLES)
@MANY
def test_merge_is_associative(one: Article, two: Article, three: Article) -> None:
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(ARTICLES)
@MANY
def test_merge_is_idempotent(one: Article) -> None:
    assert one.merge(one) == one


@given(ARTICLES, ARTICLES)
@MANY
def test_what_was_merged_already_changes_nothing(one: Article, other: Article) -> None:
    both = one.merge(other)
    assert both.merge(other) == both.merge(one) == both


@given(
    st.lists(sights(), min_size=1, max_size=6).flatmap(
        lambda pieces: st.tuples(st.just(pieces), st.permutations(pieces))
    )
)
@MANY
def test_order_of_arrival_does_not_matter(orders: tuple[list[Article], list[Article]]) -> None:
    assert merged(orders[0]) == merged(orders[1])


@given(st.lists(sights(), min_size=1, max_size=6))
@MANY
def test_the_merged_article_is_what_its_sightings_say(pieces: list[Article]) -> None:
    whole = merged(pieces)
    moments = [piece.seen_at for piece in pieces]
    assert whole.seen_at == min(moments)
    assert {(sight.feed_url, sight.native_id) for sight in whole.sightings} == {
        (p.feed_url, p.native_id) for p in pieces
    }
    assert whole.history == all(piece.history for piece in pieces)
    assert whole.published_at == min((p.published_at for p in pieces if p.published_at), default=None)
    assert len(whole.versions) == len({piece.content_hash for piece in pieces})
    assert whole.version_id in whole.versions
    # Each entry shows its latest text of the feed and of the page, and the article the longest of these.
    lines = [(p.feed_url, p.native_id, p.observations[0].kind) for p in pieces]
    latest = [
        max(
            (p for p, line in zip(pieces, lines, strict=True) if line == key),
            key=lambda p: (p.seen_at, p.content_hash),
        )
        for key in set(lines)
    ]
    assert len(whole.title + whole.summary + whole.body) == max(len(p.title + p.summary + p.body) for p in latest)
    assert whole.content_hash in {p.content_hash for p in latest}
    shown = next(p for p in pieces if p.content_hash == whole.content_hash)
    assert (whole.title, whole.summary, whole.body) == (shown.title, shown.summary, shown.body)


@given(ARTICLES)
@MANY
def test_an_article_stored_and_read_merges_as_before(one: Article) -> None:
    assert codec.decode(codec.encode(one), Article).merge(one) == one


def test_the_newest_pipeline_names_the_language() -> None:
    assert seen(0, pipeline_version=1).merge(seen(0, pipeline_version=2)).language == "v2"
    assert seen(0, pipeline_version=2).merge(seen(5, pipeline_version=1)).language == "v2"


def test_an_edit_is_a_new_version_and_the_first_stays_the_first() -> None:
    first, edited = seen(0, title="First"), seen(3, title="Edited")
    both = edited.merge(first)
    assert both.title == "Edited"
    assert both.versions == (first.version_id, edited.version_id)
    assert (both.seen_at, both.updated_at) == (first.seen_at, edited.seen_at)


def test_an_edit_in_the_feed_does_not_hide_the_text_of_the_page() -> None:
    page = seen(1, title="First", body="The text of the whole page, which is long.", kind="page")
    both = seen(0, title="First", body="thin").merge(page)
    assert both.body == "The text of the whole page, which is long."
    edited = both.merge(seen(2, title="Edited", body="thin"))
    assert (edited.version_id, len(edited.versions)) == (page.version_id, 3)
    assert [(one.native_id, one.last_seen) for one in edited.sightings] == [("native-1", NOON + timedelta(minutes=2))]
    later = edited.merge(seen(3, title="Edited", body="The text of the page is shorter now.", kind="page"))
    assert later.body == "The text of the page is shorter now."


def test_texts_no_longer_shown_are_not_carried_along() -> None:
    both = seen(0, title="First", body="x" * 10_000).merge(seen(3, title="Edited", body="y"))
    assert "x" * 10_000 not in codec.encode(both).decode()


def test_the_same_address_in_another_feed_is_a_sighting_not_an_edit() -> None:
    one = seen(0, title="The long title of one feed")
    other = seen(5, title="Short", feed_url="https://b.example/rss")
    both = one.merge(other)
    assert both.title == one.title
    assert len(both.sightings) == 2


def test_different_articles_do_not_merge() -> None:
    with pytest.raises(ValueError, match="are not the same"):
        article(1).merge(article(2))


def test_the_version_of_an_item_carries_its_words() -> None:
    one = item(3)
    version = version_of_item(one, content(one))
    assert version.version_id == version_id(one.article_id, one.content_hash) == of_item(one, content(one)).version_id
    assert (version.title, version.summary, version.body) == (one.title, one.summary, one.body)
    page = item(3, kind="page")
    assert version_of_item(page, content(page)).kind == "page"
    assert page.version_id != one.version_id


@pytest.mark.parametrize("kind", [Article, *{type(article().sightings[0]), type(article().contents[0])}])
def test_what_is_known_is_never_changed_in_place(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen
