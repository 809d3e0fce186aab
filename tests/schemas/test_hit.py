from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.hit import Hit
from tests.samples import NOON, hit

MINUTES = st.integers(0, 3).map(lambda minutes: NOON + timedelta(minutes=minutes))
HITS = st.builds(
    lambda seen, matched, feed, native, story, title: hit(
        seen_at=seen, matched_at=matched, feed_url=feed, native_id=native, story_id=story, excerpt=title
    ),
    MINUTES,
    MINUTES,
    st.sampled_from(("https://a.example/rss", "https://b.example/rss")),
    st.sampled_from(("1", "2")),
    st.sampled_from(("", "story-1", "story-2")),
    st.sampled_from(("One", "Two")),
)
MANY = settings(deadline=None, max_examples=100)


@given(HITS, HITS)
@MANY
def test_merge_is_commutative(one: Hit, other: Hit) -> None:
    assert one.merge(other) == other.merge(one)


@given(HITS, HITS, HITS)
@MANY
def test_merge_is_associative(one: Hit, two: Hit, three: Hit) -> None:
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(HITS)
@MANY
def test_merge_is_idempotent(one: Hit) -> None:
    assert one.merge(one) == one


@given(HITS, HITS)
@MANY
def test_the_earlier_sighting_stays_and_a_known_story_is_kept(one: Hit, other: Hit) -> None:
    both = one.merge(other)
    assert both.seen_at == min(one.seen_at, other.seen_at)
    assert both.story_id in {one.story_id, other.story_id}
    assert bool(both.story_id) == bool(one.story_id or other.story_id)
