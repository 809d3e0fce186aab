from __future__ import annotations

import pytest

from pipelines.language.profile import ITEMS, KEPT, profile_of
from tests.headlines import CROATIAN, SERBIAN, SHARED


@pytest.mark.parametrize(("texts", "profile"), [(SERBIAN, "sr-Latn"), (CROATIAN, "hr")])
def test_twenty_headlines_name_the_variant(texts: tuple[str, ...], profile: str) -> None:
    assert len(texts) == ITEMS
    assert profile_of(texts) == profile


def test_fewer_name_none() -> None:
    assert profile_of(SERBIAN[:-1]) == ""
    assert profile_of(()) == ""


def test_headlines_all_share_name_none() -> None:
    assert profile_of([SHARED] * ITEMS) == ""


def test_a_feed_of_two_newsrooms_has_none() -> None:
    assert profile_of([text for pair in zip(SERBIAN, CROATIAN, strict=True) for text in pair]) == ""


def test_the_newest_count_most_and_the_oldest_not_at_all() -> None:
    assert profile_of([*SERBIAN, *SERBIAN, *CROATIAN[:5]]) == "sr-Latn"
    assert profile_of([*SERBIAN * (KEPT // ITEMS), *CROATIAN * 50]) == "sr-Latn"


def test_it_is_the_same_every_time() -> None:
    assert {profile_of(SERBIAN) for _ in range(3)} == {"sr-Latn"}
