"""The poller's memory after a loss, at clocks a test can move."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec

from connectors.feeds.documents.document import RawEntry
from connectors.feeds.polling.pages import with_page
from connectors.feeds.polling.restore import TAIL, restore
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas import codec, identity
from schemas.feed import FeedState, FeedStatus, FetchRecord
from schemas.item import FeedItem
from schemas.time import now
from tests.connectors.feeds.desk import Desk, at_desk, desk
from tests.connectors.feeds.server import item, outlet, rss
from tests.samples import item as sample

FEED = "https://outlet.example/rss"


def fetch(minutes: int, **more: object) -> FetchRecord:
    at = now() + timedelta(minutes=minutes)
    told = {"status": FeedStatus.WORKING, "reason": "fine", **more}
    return FetchRecord(feed_url=FEED, fetched_at=at, **told)  # type: ignore[arg-type] # names are checked by the Struct


def logged(folder: Path, *records: FetchRecord | FeedItem) -> EmbeddedLog:
    log = EmbeddedLog(folder / "log.sqlite3")
    log.append(
        [
            NewRecord(
                topic="fetches" if isinstance(one, FetchRecord) else "items", key=one.feed_url, value=codec.encode(one)
            )
            for one in records
        ]
    )
    return log


def restored(folder: Path, log: EmbeddedLog) -> SqliteFeedStates:
    states = SqliteFeedStates(folder / "feeds.sqlite3")
    restore(log, states)
    return states


def forget(folder: Path) -> None:
    for file in folder.glob("feeds.sqlite3*"):
        file.unlink()


def test_habits_and_the_last_good_poll_come_back(tmp_path: Path) -> None:
    good = fetch(2, named_by="guid+link")
    log = logged(tmp_path, fetch(1, keyed_by="item"), good, fetch(3, status=FeedStatus.TIMEOUT))
    states = restored(tmp_path, log)
    state = states.state(FEED)
    assert state is not None
    assert (state.keyed_by, state.named_by, state.last_ok_at) == ("item", "guid+link", good.fetched_at)
    # A second start finds nothing new to say, and a switch written since is found.
    restore(log, states)
    assert states.state(FEED) == state
    log.close()
    states.close()


def test_what_is_remembered_is_not_replaced(tmp_path: Path) -> None:
    log = logged(tmp_path, fetch(1))
    states = SqliteFeedStates(tmp_path / "feeds.sqlite3")
    kept = FeedState(feed_url=FEED, etag='"1"', last_fetch=fetch(1), last_ok_at=now())
    states.save(kept, {})
    restore(log, states)
    assert states.state(FEED) == kept
    log.close()
    states.close()


def test_items_that_a_death_left_unremembered_are_known(tmp_path: Path) -> None:
    poll = fetch(0)
    before, after = (
        sample(number, feed_url=FEED, seen_at=poll.fetched_at + timedelta(seconds=number * 10)) for number in (0, 1)
    )
    pushed = sample(2, feed_url="https://never-polled.example/rss")
    log = logged(tmp_path, poll, before, after, pushed)
    states = SqliteFeedStates(tmp_path / "feeds.sqlite3")
    states.save(FeedState(feed_url=FEED, last_fetch=poll), {})
    states.save_positions("poller", {0: 1})
    restore(log, states)
    (known,) = states.seen(FEED, (before.item_id, after.item_id)).items()
    assert (known[0], known[1].content_hash, known[1].article_id) == (
        after.item_id,
        after.content_hash,
        after.article_id,
    )
    assert states.seen(pushed.feed_url, (pushed.item_id,))[pushed.item_id].content_hash == pushed.content_hash
    log.close()
    states.close()


def test_an_entry_whose_page_went_on_the_log_is_known_by_what_its_feed_said(tmp_path: Path) -> None:
    poll = fetch(0)
    said = sample(0, feed_url=FEED, title="T", summary="teaser", body="", seen_at=poll.fetched_at)
    said = msgspec.structs.replace(said, content_hash=identity.content_hash("feed", "T", "teaser", ""))
    page = with_page(said, RawEntry(body="the whole text"), poll.fetched_at, "new")
    edited = msgspec.structs.replace(said, item_id="a" * 32, content_hash="b" * 32)
    edited_page = with_page(edited, RawEntry(body="the whole text"), poll.fetched_at, "update")
    states = restored(tmp_path, logged(tmp_path, poll, page, edited, edited_page))
    known = states.seen(FEED, (said.item_id, edited.item_id, identity.page_id(said.item_id)))
    assert known[said.item_id].content_hash == said.content_hash
    assert known[edited.item_id].content_hash == edited.content_hash
    assert known[identity.page_id(said.item_id)].content_hash == page.content_hash
    states.close()


def test_only_the_newest_items_are_read_on_every_start(tmp_path: Path) -> None:
    poll = fetch(0)
    items = [
        sample(number, feed_url=FEED, seen_at=poll.fetched_at + timedelta(seconds=1)) for number in range(TAIL + 5)
    ]
    log = logged(tmp_path, *items)
    states = SqliteFeedStates(tmp_path / "feeds.sqlite3")
    states.save(FeedState(feed_url=FEED, last_fetch=poll), {})
    states.save_positions("poller", {0: 0})
    restore(log, states)
    assert len(states.seen(FEED, [one.item_id for one in items])) == TAIL
    log.close()
    states.close()


def test_a_log_without_fetches_is_read_whole_only_once(tmp_path: Path) -> None:
    log = logged(tmp_path, *(sample(number, feed_url=FEED) for number in range(TAIL + 5)))
    states = restored(tmp_path, log)
    first = sample(0, feed_url=FEED).item_id
    assert first in states.seen(FEED, [first])
    with closing(sqlite3.connect(tmp_path / "feeds.sqlite3")) as file, file:
        file.execute("DELETE FROM seen")
    restore(log, states)
    assert first not in states.seen(FEED, [first])
    log.close()
    states.close()


def test_a_record_that_cannot_be_read_keeps_nobody_from_starting(tmp_path: Path) -> None:
    log = logged(tmp_path, fetch(0), sample(1, feed_url=FEED))
    log.append([NewRecord(topic=topic, key="k", value=b"{") for topic in ("items", "fetches")])
    states = restored(tmp_path, log)
    assert states.state(FEED) is not None
    assert states.positions("poller") == {0: 2}
    log.close()
    states.close()


def test_news_of_the_time_without_memory_is_no_history(tmp_path: Path) -> None:
    async def work() -> list[tuple[str, bool]]:
        async with outlet() as here:
            async with desk(tmp_path, here) as first:
                began = first.time
                here.documents["/a"] = rss(item("seen", date=format_datetime(began)))
                await first.poll("/a")
            forget(tmp_path)
            async with desk(tmp_path, here) as second:
                second.time = began + timedelta(days=9)
                here.documents["/a"] = rss(
                    item("seen", date=format_datetime(began)),
                    item("meantime", date=format_datetime(began + timedelta(days=1))),
                    item("old", date=format_datetime(began - timedelta(days=3))),
                    item("undated"),
                )
                record = await second.poll("/a")
                assert (record.new, record.entries) == (3, 4)
                return [(one.native_id, one.history) for one in second.items()]

    assert asyncio.run(work()) == [("seen", False), ("meantime", False), ("old", True), ("undated", True)]


def test_a_failed_poll_after_a_loss_makes_nothing_news(tmp_path: Path) -> None:
    async def work(opened: Desk) -> None:
        opened.states.save(FeedState(feed_url=opened.here.url("/a"), body_hash="forgotten", last_ok_at=opened.time), {})
        assert (await opened.poll("/a")).status == "not-found"
        opened.here.documents["/a"] = rss(item("old", date=format_datetime(opened.time - timedelta(days=3))))
        await opened.poll("/a")
        opened.here.documents["/a"] = rss(item("late", date=format_datetime(opened.time - timedelta(days=3))))
        await opened.poll("/a")
        assert [(one.native_id, one.history) for one in opened.items()] == [("old", True), ("late", False)]

    at_desk(tmp_path, work)


def test_news_of_a_feed_that_never_comes_whole_is_no_history(tmp_path: Path) -> None:
    async def work(opened: Desk) -> None:
        opened.states.save(FeedState(feed_url=opened.here.url("/a"), body_hash="forgotten", last_ok_at=opened.time), {})
        opened.here.broken.add("/a")
        tail = f"<!--{'x' * 2000}-->"
        opened.here.documents["/a"] = rss(item("old"), tail)
        await opened.poll("/a")
        opened.here.documents["/a"] = rss(item("late"), item("old"), tail)
        await opened.poll("/a")
        assert [(one.native_id, one.history) for one in opened.items()] == [("old", True), ("late", False)]

    at_desk(tmp_path, work)
