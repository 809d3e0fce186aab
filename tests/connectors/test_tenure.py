from __future__ import annotations

from connectors.log.tenure import Tenure


def joined(*partitions: int) -> Tenure:
    """A member that has joined and was handed records of all its partitions."""
    tenure = Tenure()
    assert tenure.follow("me", 1, partitions)
    tenure.hand(partitions)
    return tenure


def test_what_was_handed_out_and_is_ours_may_be_saved() -> None:
    tenure = joined(0, 1)
    assert not tenure.follow("me", 1, (0, 1))
    assert tenure.ours({0: 5, 1: 6, 2: 7}) == {0: 5, 1: 6}


def test_what_is_kept_while_the_group_shares_out_stays_ours() -> None:
    tenure = joined(0, 1, 2)
    # The generation is known before the partitions are.
    assert tenure.follow("me", 2, (0, 1, 2))
    assert not tenure.follow("me", 2, (0, 2))
    assert tenure.ours({0: 5, 1: 6, 2: 7}) == {0: 5, 2: 7}


def test_what_went_and_came_back_is_no_longer_what_was_handed_out() -> None:
    tenure = joined(0, 1)
    tenure.follow("me", 2, (0,))
    tenure.follow("me", 3, (0, 1))
    assert tenure.ours({0: 5, 1: 6}) == {0: 5}
    tenure.hand((1,))
    assert tenure.ours({0: 5, 1: 6}) == {0: 5, 1: 6}


def test_a_generation_left_out_breaks_everything() -> None:
    tenure = joined(0, 1)
    assert tenure.follow("me", 3, (0, 1))
    assert tenure.ours({0: 5, 1: 6}) == {}


def test_another_member_has_nothing_of_the_one_it_was() -> None:
    tenure = joined(0, 1)
    # Thrown out: no member, no generation, and the partitions are still listed.
    assert not tenure.follow("", -1, (0, 1))
    assert tenure.ours({0: 5}) == {}
    assert tenure.follow("me again", 2, (0, 1))
    assert tenure.ours({0: 5}) == {}


def test_a_place_is_saved_once_while_the_partition_stays() -> None:
    tenure = joined(0, 1)
    tenure.save({0: 5, 1: 6})
    assert tenure.unsaved({0: 5, 1: 7, 2: 1}) == {1: 7, 2: 1}
    tenure.follow("me", 2, (0,))
    tenure.follow("me", 3, (0, 1))
    assert tenure.unsaved({0: 5, 1: 6}) == {1: 6}
