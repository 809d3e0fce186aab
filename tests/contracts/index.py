"""What every index must do: articles and versions, search, hits."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from connectors.interfaces import Candidates, HitFilter, Index, Mark, PositionStore
from schemas.alert import Alert
from schemas.article import version_of_item
from tests.samples import FEED, NOON, article, content, hit, item


class IndexWithPositions(Index, PositionStore, Protocol):
    """An index that also keeps reading positions."""


class ArticleStoreContract:
    def test_what_was_applied_comes_back(self, index: Index) -> None:
        one = item(1, title="Бањска", body="Kosovë \U0001d54f x")
        version = version_of_item(one, content(one))
        index.apply([article(1, title="Бањска", body="Kosovë \U0001d54f x")], [version])
        index.settle()
        assert index.article(one.article_id) == article(1, title="Бањска", body="Kosovë \U0001d54f x")
        assert index.version(one.version_id) == version
        assert index.article("0" * 32) is None
        assert index.version("0" * 32) is None

    def test_the_same_again_changes_nothing(self, index: Index) -> None:
        index.apply([article(1)], [])
        index.apply([article(1)], [])
        index.settle()
        assert index.count() == 1
        assert [one.article_id for one in index.candidates(Candidates())] == [article(1).article_id]

    def test_sightings_merge_in_any_order(self, index: Index) -> None:
        here = article(1, body="short")
        there = article(1, feed_url="https://other.example/atom", body="a much longer text", seen_at=NOON)
        index.apply([there], [])
        index.apply([here], [])
        index.settle()
        stored = index.article(here.article_id)
        assert stored == here.merge(there) == there.merge(here)
        assert stored is not None
        assert stored.body == "a much longer text"
        assert {one.feed_url for one in stored.sightings} == {FEED, "https://other.example/atom"}

    def test_two_in_one_call_merge_too(self, index: Index) -> None:
        first, second = article(1, body="one"), article(1, body="two words", seen_at=NOON + timedelta(hours=1))
        index.apply([first, second], [])
        index.settle()
        assert index.article(first.article_id) == first.merge(second)

    def test_a_version_is_written_once(self, index: Index) -> None:
        one = item(1)
        first = version_of_item(one, content(one))
        index.apply([], [first])
        index.apply([], [version_of_item(item(1, seen_at=NOON + timedelta(days=1)), content(one))])
        index.settle()
        assert index.version(one.version_id) == first


class MarkContract:
    """For a store that keeps reading positions."""

    def test_the_mark_is_saved_with_the_documents(self, index: IndexWithPositions) -> None:
        index.apply([article(1)], [], Mark("pipeline", {0: 7}))
        index.settle()
        assert dict(index.positions("pipeline")) == {0: 7}
        index.save_positions("pipeline", {1: 3})
        assert dict(index.positions("pipeline")) == {0: 7, 1: 3}
        assert dict(index.positions("desk")) == {}


class SearchContract:
    def _found(self, index: Index, *any_of: tuple[tuple[str, ...], ...]) -> set[str]:
        return {one.title for one in index.candidates(Candidates(any_of=any_of))}

    def _fill(self, index: Index) -> None:
        titles = ["Бањска код Звечана", "Banjska", "Kosovë: lajme", "第1244号决议", "Banja Luka", "Resolution\xa01244"]
        index.apply([article(number, title=title) for number, title in enumerate(titles)], [])
        index.settle()

    def test_words_are_found_across_scripts(self, index: Index) -> None:
        self._fill(index)
        assert self._found(index, (("banjska",),)) == {"Бањска код Звечана", "Banjska"}
        assert self._found(index, (("kosove",),)) == {"Kosovë: lajme"}

    def test_phrases_prefixes_and_alternatives(self, index: Index) -> None:
        self._fill(index)
        assert self._found(index, (("resolution", "1244"),)) == {"Resolution\xa01244"}
        assert self._found(index, (("resol*", "1244"),)) == {"Resolution\xa01244"}
        assert self._found(index, (("banj*",),)) == {"Бањска код Звечана", "Banjska", "Banja Luka"}
        assert self._found(index, (("banj*",), ("luka",)), (("kosove",),)) == {"Banja Luka", "Kosovë: lajme"}
        assert self._found(index, (("nowhere",),)) == set()

    def test_an_edit_is_searched_by_its_new_words(self, index: Index) -> None:
        index.apply([article(1, title="Old words here")], [])
        index.apply([article(1, title="Fresh phrase", seen_at=NOON + timedelta(hours=2))], [])
        index.settle()
        assert self._found(index, (("fresh", "phrase"),)) == {"Fresh phrase"}
        assert self._found(index, (("old",),)) == set()

    def test_everything_newest_first(self, index: Index) -> None:
        index.apply([article(number) for number in range(450)], [])
        index.settle()
        found = [one.seen_at for one in index.candidates(Candidates())]
        assert len(found) == 450
        assert found == sorted(found, reverse=True)
        late = NOON + timedelta(seconds=440)
        assert len(list(index.candidates(Candidates(since=late)))) == 10

    def test_a_listing_goes_on_where_it_was_left(self, index: Index) -> None:
        index.apply([article(number, seen_at=NOON + timedelta(seconds=number // 7)) for number in range(500)], [])
        index.settle()
        for any_of in ((), ((("title",),),)):
            whole = list(index.candidates(Candidates(any_of=any_of)))
            for at in (0, 100, 498, 499):
                place = (whole[at].seen_at, whole[at].article_id)
                assert list(index.candidates(Candidates(any_of=any_of, beyond=place))) == whole[at + 1 :]


class HitStoreContract:
    def test_hits_are_listed_newest_first_and_filtered(self, index: Index) -> None:
        hits = [hit(number) for number in range(5)] + [hit(9, watchlist="banjska", language="sq")]
        index.put(hits, [])
        index.settle()
        assert [one.title for one in index.newest(HitFilter(), 2)] == ["Kosovo 9", "Kosovo 4"]
        assert [one.watchlist for one in index.newest(HitFilter(watchlist="banjska"), 0)] == ["banjska"]
        assert [one.title for one in index.newest(HitFilter(article_id=hit(3).article_id), 0)] == ["Kosovo 3"]
        assert len(list(index.newest(HitFilter(language="sr"), 0))) == 5
        assert len(list(index.newest(HitFilter(language="sr-Latn"), 0))) == 5
        assert list(index.newest(HitFilter(language="sr-Cyrl"), 0)) == []
        assert len(list(index.newest(HitFilter(since=NOON + timedelta(seconds=4)), 0))) == 2

    def test_the_same_hit_again_is_one_hit_with_its_story(self, index: Index) -> None:
        index.put([hit(1)], [])
        index.put([hit(1, story_id="story", seen_at=NOON + timedelta(days=1))], [])
        index.settle()
        stored = list(index.newest(HitFilter(), 0))
        assert stored == [hit(1, story_id="story")]

    def test_a_live_view_misses_nothing_and_repeats_nothing(self, index: Index) -> None:
        index.put([hit(1), hit(2)], [])
        index.settle()
        cursor = index.last_cursor()
        assert [one.title for _, one in index.after(0, 10)] == ["Kosovo 1", "Kosovo 2"]
        index.put([hit(2), hit(3)], [])
        index.settle()
        new = index.after(cursor, 10)
        assert [one.title for _, one in new] == ["Kosovo 3"]
        assert new[-1][0] == index.last_cursor()
        assert index.after(new[-1][0], 10) == []

    def test_alerts_are_replaced_by_their_key(self, index: Index) -> None:
        waiting = Alert(
            alert_key="a",
            kind="hit",
            story_id="s",
            watchlist="kosovo",
            recipient="desk@example.org",
            articles=("s",),
            hits=("h",),
            title="T",
            state="pending",
            message_id="<a@x>",
            created_at=NOON,
        )
        index.put([], [waiting])
        index.put([], [Alert(**{name: getattr(waiting, name) for name in Alert.__struct_fields__} | {"state": "sent"})])
        index.settle()
        assert [one.state for one in index.alerts(0)] == ["sent"]
