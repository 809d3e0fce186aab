"""What every `FeedStates` keeps to. A backend joins by a subclass with `states` and `again`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.interfaces import FeedStates, Known
from schemas.feed import FeedState, FeedStatus, FetchRecord

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = "0" * 32, "1" * 32, "f" * 32


def state(feed_url: str = "https://a.example/rss", **more: object) -> FeedState:
    fetch = FetchRecord(feed_url=feed_url, fetched_at=AT, status=FeedStatus.WORKING, reason="fine")
    return FeedState(feed_url=feed_url, last_fetch=fetch, last_ok_at=AT, **more)  # type: ignore[arg-type]


def sent(states: FeedStates, *keys: str, feed_url: str = "https://a.example/rss") -> dict[str, str]:
    return {key: known.content_hash for key, known in states.seen(feed_url, keys).items()}


def at(days: float) -> FeedState:
    """The state after a poll `days` later."""
    kept = state()
    assert kept.last_fetch is not None
    fetch = msgspec.structs.replace(kept.last_fetch, fetched_at=AT + timedelta(days=days))
    return msgspec.structs.replace(kept, last_fetch=fetch)


class FeedStatesContract(ABC):
    """The suite; pytest runs it through the subclass of each backend."""

    @abstractmethod
    def states(self) -> FeedStates:
        """A new, empty store."""

    @abstractmethod
    def again(self) -> FeedStates:
        """The store of the last `states()`, opened anew after it was closed."""

    def test_nothing_is_known_at_first(self) -> None:
        states = self.states()
        assert states.state("https://a.example/rss") is None
        assert list(states.states()) == []
        assert states.seen("https://a.example/rss", (FIRST,)) == {}
        states.close()

    def test_a_state_comes_back_whole_and_replaces_the_one_before(self) -> None:
        states = self.states()
        states.save(state(etag='"1"', failures=2), {})
        newer = state(etag='W/"x"', last_modified="Sun, 22 Nov 2041", body_hash=FIRST, keyed_by="item", interval=5.5)
        states.save(newer, {})
        assert states.state(newer.feed_url) == newer
        assert list(states.states()) == [newer]
        states.close()

    def test_many_feeds_are_saved_and_read_at_once(self) -> None:
        states = self.states()
        many = [state(f"https://{number:04}.example") for number in range(1_203)]
        states.save_all([(one, {FIRST: Known(SECOND)}) for one in many])
        assert list(states.states()) == many
        wanted = ("https://0007.example", "https://none.example", "https://0003.example")
        assert dict(states.states_of(wanted)) == {url: state(url) for url in (wanted[0], wanted[2])}
        assert states.states_of(()) == {}
        assert sent(states, FIRST, feed_url="https://1202.example") == {FIRST: SECOND}
        states.save_all([])
        states.close()

    def test_a_learned_profile_stays_until_it_is_replaced_and_is_no_state(self) -> None:
        states = self.states()
        assert states.learned("https://a.example") == ""
        states.save_learned({"https://a.example": "sr-Latn", "https://b.example": "hr"})
        states.save_learned({"https://b.example": ""})
        states.close()
        states = self.again()
        assert (states.learned("https://a.example"), states.learned("https://b.example")) == ("sr-Latn", "")
        assert list(states.states()) == []
        states.close()

    def test_what_is_remembered_beside_a_poller_leaves_its_state_alone(self) -> None:
        states = self.states()
        polled = state(etag='"1"', failures=2)
        states.save(polled, {FIRST: Known(SECOND)})
        states.remember(polled.feed_url, {SECOND: Known(THIRD, FIRST, b"ab")}, AT)
        states.remember("telegram:channel", {FIRST: Known(FIRST)}, AT)
        states.remember("telegram:channel", {FIRST: Known(THIRD)}, AT + timedelta(days=1))
        states.close()
        states = self.again()
        assert states.state(polled.feed_url) == polled
        assert states.state("telegram:channel") == FeedState(feed_url="telegram:channel")
        found = states.seen(polled.feed_url, (FIRST, SECOND, THIRD))
        assert {key: one.content_hash for key, one in found.items()} == {FIRST: SECOND, SECOND: THIRD}
        assert (found[SECOND].article_id, found[SECOND].title) == (FIRST, b"ab")
        assert states.seen("telegram:channel", (FIRST,))[FIRST].content_hash == THIRD
        states.close()

    def test_what_is_only_pushed_is_forgotten_after_a_thousand_days(self) -> None:
        states = self.states()
        states.remember("telegram:channel", {FIRST: Known(FIRST)}, AT)
        states.remember("telegram:channel", {SECOND: Known(FIRST)}, AT + timedelta(days=999))
        assert set(states.seen("telegram:channel", (FIRST, SECOND))) == {FIRST, SECOND}
        states.remember("telegram:channel", {THIRD: Known(FIRST)}, AT + timedelta(days=1001))
        assert set(states.seen("telegram:channel", (FIRST, SECOND, THIRD))) == {SECOND, THIRD}
        states.close()

    def test_states_are_listed_by_address(self) -> None:
        states = self.states()
        for feed in ("https://c.example", "https://a.example", "https://b.example"):
            states.save(state(feed), {})
        listed = [one.feed_url for one in states.states()]
        assert listed == ["https://a.example", "https://b.example", "https://c.example"]
        states.close()

    def test_items_are_seen_in_their_feed_only_with_the_content_sent_last(self) -> None:
        states = self.states()
        states.save(state(), {FIRST: Known(SECOND), SECOND: Known(SECOND)})
        states.save(state(), {FIRST: Known(THIRD)})
        states.save(state("https://b.example"), {THIRD: Known(FIRST)})
        assert sent(states, FIRST, SECOND, THIRD) == {FIRST: THIRD, SECOND: SECOND}
        assert sent(states, FIRST, THIRD, feed_url="https://b.example") == {THIRD: FIRST}
        assert states.seen("https://a.example/rss", ()) == {}
        states.close()

    def test_a_large_document_is_looked_up_at_once(self) -> None:
        states = self.states()
        many = {f"{number:032x}": SECOND for number in range(2_500)}
        states.save(state(), {key: Known(content) for key, content in many.items()})
        assert sent(states, *many) == many
        states.close()

    def test_everything_is_there_after_opening_anew(self) -> None:
        states = self.states()
        states.save(state(keyed_by="item"), {FIRST: Known(SECOND, THIRD, b"title")})
        states.save_positions("poller", {0: 7})
        states.close()
        states = self.again()
        kept = states.state("https://a.example/rss")
        assert kept is not None
        assert kept.keyed_by == "item"
        assert states.seen("https://a.example/rss", (FIRST,)) == {FIRST: Known(SECOND, THIRD, b"title", last_seen=AT)}
        assert states.positions("poller") == {0: 7}
        states.close()

    def test_positions_are_kept_by_consumer_and_partition(self) -> None:
        states = self.states()
        assert states.positions("poller") == {}
        states.save_positions("poller", {0: 1, 1: 2})
        states.save_positions("poller", {1: 5})
        states.save_positions("other", {0: 9})
        assert states.positions("poller") == {0: 1, 1: 5}
        states.close()

    def test_several_feeds_are_saved_at_once(self) -> None:
        states = self.states()
        states.save_all([(state(f"https://{number}.example"), {FIRST: Known(SECOND)}) for number in range(3)])
        states.save_all([])
        assert len(list(states.states())) == 3
        assert sent(states, FIRST, feed_url="https://1.example") == {FIRST: SECOND}
        states.close()

    def test_what_left_its_feed_for_sixty_days_is_known_and_after_a_hundred_forgotten(self) -> None:
        states = self.states()
        states.save(at(0), {FIRST: Known(FIRST), SECOND: Known(SECOND)})
        for days in (1, 60, 61):
            states.save(at(days), {FIRST: Known(FIRST)})
        assert sent(states, FIRST, SECOND) == {FIRST: FIRST, SECOND: SECOND}
        for days in (100, 101):
            states.save(at(days), {FIRST: Known(FIRST)})
        assert sent(states, FIRST, SECOND) == {FIRST: FIRST}
        states.close()

    def test_a_document_unchanged_for_a_year_is_no_absence(self) -> None:
        states = self.states()
        states.save(at(0), {FIRST: Known(FIRST), SECOND: Known(SECOND)})
        for days in range(1, 365):
            states.save(at(days), {})
        states.save(at(365), {FIRST: Known(FIRST)})
        states.save(at(400), {FIRST: Known(FIRST)})
        assert sent(states, SECOND) == {SECOND: SECOND}
        states.save(at(470), {FIRST: Known(FIRST)})
        assert sent(states, SECOND) == {}
        states.close()

    def test_a_feed_of_old_items_is_remembered_thrice_as_long_as_they_are_old(self) -> None:
        states = self.states()
        old = Known(FIRST, published_at=AT - timedelta(days=200))
        states.save(at(0), {FIRST: old, SECOND: Known(SECOND)})
        for days in (1, 500):
            states.save(at(days), {FIRST: old})
        assert sent(states, SECOND) == {SECOND: SECOND}
        for days in (1_100, 1_101):
            states.save(at(days), {FIRST: old})
        assert sent(states, SECOND) == {}
        states.close()

    def test_threads_may_save_side_by_side(self) -> None:
        states = self.states()
        feeds = [f"https://{number}.example" for number in range(20)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda feed: states.save(state(feed), {FIRST: Known(SECOND)}), feeds))
        assert len(list(states.states())) == 20
        states.close()
