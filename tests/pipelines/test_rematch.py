from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.index.embedded import EmbeddedIndex
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.hits import item_hits
from pipelines.rematch import Place, Rematched, article_hits, key_of, rematch
from pipelines.search import candidates_of_lists
from schemas.article import Article, of_item
from schemas.hit import Hit, ItemHits
from schemas.watchlist import Concept, Watchlist
from tests.pipelines.wire_texts import Seen, articles, in_order, items
from tests.samples import NOON, article, content, item

LISTS = (
    Watchlist(
        id="place",
        name="Place",
        severity="high",
        recipients=("desk@example.org",),
        concepts=(Concept(name="k", any=("kosov*", "косов*", "科索沃", "Banjsk*"), unless_in=("Kosovo Polje",)),),
        queries={"main": "k", "law": 'k NEAR/30 ("1244" OR resolut*)', "outlet": 'k AND source:"Harbour Wire"'},
        content_hash="place-1",
    ),
    Watchlist(id="number", name="Number", queries={"main": '"1244" NOT lang:ru'}, content_hash="number-1"),
)
MATCHED = NOON + timedelta(days=1)
LATER = NOON + timedelta(days=9)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index.sqlite3")
    yield opened
    opened.close()


def run(index: EmbeddedIndex, *, place: Place | None = None, **more: object) -> Iterator[Rematched]:
    lists = LISTS
    told = {"known": lambda _: (), "untold": None, **more}
    return rematch(
        index,
        candidates_of_lists(lists),
        compile_watchlists(lists),
        told["known"],  # type: ignore[arg-type]
        told["untold"],  # type: ignore[arg-type]
        lambda: LATER,
        lists=key_of(lists, mail=False),
        place=place,
    )


def pipeline_hits(same: tuple[Seen, ...]) -> dict[str, Hit]:
    """What the pipeline writes for items of one article, as the index merges it, in any order."""
    matcher = compile_watchlists(LISTS)
    merged: dict[str, Hit] = {}
    for one, words in random.Random(1).sample(same, len(same)):
        for hit in item_hits(one, words, matcher, MATCHED).hits:
            merged[hit.hit_id] = hit.merge(merged[hit.hit_id]) if hit.hit_id in merged else hit
    return merged


def test_hits_are_those_the_pipeline_would_have_made() -> None:
    found = 0
    for same in (*items(1500, 3), *_twice(items(300, 4))):
        merged = functools.reduce(Article.merge, (of_item(*seen) for seen in same))
        expected = {key: hit for key, hit in pipeline_hits(same).items() if hit.content_hash == merged.content_hash}
        record = article_hits(merged, compile_watchlists(LISTS), MATCHED)
        assert {hit.hit_id: hit for hit in record.hits} == expected
        assert (record.op, record.rematch, record.version_id) == ("new", True, merged.version_id)
        assert record.history == all(one.history for one, _ in same if one.content_hash == merged.content_hash)
        found += len(expected)
    assert found > 200


def _twice(made: list[tuple[Seen, ...]]) -> Iterator[tuple[Seen, ...]]:
    """The same words in a second feed with another outlet, some seen as history, one of them first seen earlier."""
    choose = random.Random(5)
    for (one, words), *_ in made:
        other = msgspec.structs.replace(
            one,
            feed_url="https://again.example/rss",
            native_id="again",
            item_id="again",
            url="https://again.example/1",
            source=msgspec.structs.replace(one.source, name="Harbour Wire"),
            history=choose.random() < 0.5,
            seen_at=one.seen_at + timedelta(minutes=choose.choice((-5, 5))),
        )
        yield (one, words), (other, words)


def test_an_edit_of_its_feed_is_an_update() -> None:
    first, second = item(1, body="Before"), item(1, body="After Kosovo", seen_at=NOON + timedelta(hours=1))
    merged = of_item(first, content(first)).merge(of_item(second, content(second)))
    (hit,) = article_hits(merged, compile_watchlists(LISTS), MATCHED).hits
    assert (hit.op, hit.seen_at, hit.version_id) == ("update", second.seen_at, second.version_id)


def test_everything_found_is_history_unless_somebody_is_to_be_told(index: EmbeddedIndex) -> None:
    index.apply([article(1, title="Kosovo"), article(2, title="Kosovo", history=True)], [])
    for result in run(index):
        assert result.record is not None
        assert result.record.history
        assert all(hit.history for hit in result.record.hits)
    told = {result.record.article_id: result.record for result in run(index, untold=lambda _: True) if result.record}
    assert [told[article(number).article_id].history for number in (1, 2)] == [False, True]


def test_known_hits_are_not_written_again(index: EmbeddedIndex) -> None:
    index.apply(articles(500, 1), [])
    first = [result for result in run(index) if result.record]
    ids = {hit.hit_id for result in first for hit in result.new}
    assert ids
    again = list(run(index, known=lambda _: ids))
    assert {result.record for result in again} == {None}
    assert sum(result.known for result in again) == len(ids)
    some = set(sorted(ids)[::2])
    rest = [result for result in run(index, known=lambda _: some) if result.record]
    assert {hit.hit_id for one in rest if one.record for hit in one.record.hits} == ids - some


def test_known_hits_are_passed_on_to_those_nobody_has_told(index: EmbeddedIndex) -> None:
    index.apply([article(1, title="Kosovo"), article(2, title="Kosovo"), article(3, title="Kosovo", history=True)], [])
    ids = {hit.hit_id for result in run(index) for hit in result.new}
    untold = article(1).article_id

    def asked(record: ItemHits) -> bool:
        assert not record.history
        return record.article_id == untold

    results = list(run(index, known=lambda _: ids, untold=asked))
    assert [result.record.article_id for result in results if result.record] == [untold]
    assert [result.new for result in results] == [(), (), ()]


def test_going_on_from_any_place_finds_the_rest(index: EmbeddedIndex) -> None:
    made = articles(800, 2)
    index.apply(made[:700], [])
    results = list(run(index))
    order = [one for one in in_order(made[:700]) if any(one.article_id in result.place.last for result in results)]
    assert [result.place.last[1] for result in results] == [one.article_id for one in order]
    # Meanwhile more have come, some of them older than what was looked at.
    index.apply(made[700:], [])
    whole = {result.record.article_id for result in run(index) if result.record}
    for at in (0, 1, len(results) // 2, len(results) - 1):
        done = {result.record.article_id for result in results[: at + 1] if result.record}
        place = results[at].place
        rest = list(run(index, place=place))
        gone_on = {result.record.article_id for result in rest if result.record}
        newer = {one.article_id for one in made[700:] if place.last < (one.seen_at, one.article_id) <= place.top}
        assert done | gone_on | (newer & whole) == whole
        assert not done & gone_on
    elsewhere = msgspec.structs.replace(results[-1].place, lists="others")
    assert len(list(run(index, place=elsewhere))) > len(results)


def test_a_place_holds_until_what_came_meanwhile_is_done(index: EmbeddedIndex) -> None:
    def made(number: int) -> Article:
        return article(number, title="Kosovo", seen_at=NOON + timedelta(minutes=number))

    index.apply([made(number) for number in range(10)], [])
    place = list(run(index))[4].place
    index.apply([made(number) for number in range(10, 13)], [])
    results = list(run(index, place=place))
    assert [result.place == place for result in results] == [True] * 3 + [False] * 5
    assert results[-1].place.top == (made(12).seen_at, made(12).article_id)
    assert {result.place.top for result in results[3:]} == {results[-1].place.top}
    # Ended while on the new ones, nothing is lost: they are looked at again.
    assert len(list(run(index, place=results[1].place))) == len(results)


def test_a_place_belongs_to_lists_as_they_are() -> None:
    edited = (msgspec.structs.replace(LISTS[0], content_hash="place-2"), LISTS[1])
    assert key_of(LISTS, mail=False) == key_of(LISTS[::-1], mail=False)
    assert len({key_of(LISTS, mail=False), key_of(LISTS, mail=True), key_of(edited, mail=False)}) == 3
