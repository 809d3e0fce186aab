from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from connectors.feeds.fetching.fetch import Fetched
from connectors.feeds.polling.outcome import dead_letter
from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.pages import page, serve
from tests.connectors.feeds.server import item, rss
from tests.connectors.feeds.thin import LONG, entry, poll, shown


def test_a_whole_dead_letter_is_parsed_again(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = b"<html><title>Later</title></html>"
        source = at.source("/feed", name="Outlet", country="XK")
        await at.poller.poll(source)
        (letter,) = at.letters()
        still = await at.poller.replay_document(letter)
        assert still.status == "html"
        assert [one.id for one in at.letters()] == [letter.id, letter.id]
        document = rss(item("1", "mended", link="/1"))
        mended = msgspec.structs.replace(letter, raw=document, length=len(document))
        asked, polled = len(at.here.requests), len(at.fetches())
        record = await at.poller.replay_document(mended)
        assert (record.status, record.new, len(at.here.requests)) == ("working", 1, asked)
        assert (at.items()[0].source.name, at.items()[0].url) == ("Outlet", at.here.url("/1"))
        assert (await at.poller.replay_document(mended)).new == 0
        assert len(at.fetches()) == polled

    at_desk(tmp_path, work)


def test_a_document_that_was_no_feed_is_settled_by_what_its_address_answers_now(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = b"<html><title>Maintenance</title></html>"
        await at.poll("/feed")
        (letter,) = at.letters()
        at.here.documents["/feed"] = rss(item("1", "back"))
        record = await at.poller.replay_document(letter)
        assert (record.status, record.new) == ("working", 1)
        assert len(at.letters()) == 1

    at_desk(tmp_path, work)


def test_a_dead_letter_too_long_to_keep_is_fetched_again(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = b"<html>" + b"x" * 100_000
        await at.poll("/feed")
        (letter,) = at.letters()
        assert not letter.whole
        at.here.documents["/feed"] = rss(item("1", "back"))
        record = await at.poller.replay_document(letter)
        assert (record.status, record.new) == ("working", 1)
        assert len(at.fetches()) == 2

    at_desk(tmp_path, work)


def test_an_entry_cut_off_is_set_aside_and_its_replay_asks_the_feed(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        whole = rss(item("1", "one"), item("2", "two"))
        at.here.documents["/feed"] = whole[:-40]
        await at.poll("/feed")
        (letter,) = at.letters()
        assert b"<guid>2</guid>" in letter.raw
        assert "cut off" in letter.reason
        at.here.documents["/feed"] = whole
        assert (await at.poller.replay_document(letter)).new == 1
        assert [one.native_id for one in at.items()] == ["1", "2"]

    at_desk(tmp_path, work)


def test_an_entry_set_aside_is_converted_again(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = rss("<item></item>", item("1", "one"))
        record = await at.poll("/feed")
        assert "1 of them could not be read, set aside" in record.reason
        (letter,) = at.letters()
        assert (letter.stage, letter.whole) == ("entry", True)
        again = await at.poller.replay_document(letter)
        assert "set aside" in again.reason
        assert [one.id for one in at.letters()] == [letter.id, letter.id]
        raw = letter.raw.replace(b"{}", b'{"id": "2", "title": "now <b>readable</b>"}')
        mended = msgspec.structs.replace(letter, raw=raw, length=len(raw))
        assert (await at.poller.replay_document(mended)).new == 1
        assert (at.items()[-1].native_id, at.items()[-1].title) == ("2", "now readable")

    at_desk(tmp_path, work)


def test_a_page_read_with_a_replay_is_not_owed_any_more(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        source = at.source("/feed", full_text=True)
        serve(at.here, "/1.html", page("Bridge over the river"))
        at.here.broken.add("/1.html")
        await poll(at, entry(at, 1))
        at.here.broken.clear()
        kept = Fetched(final_url=source.feed_url, http_status=200, body=rss(item("2", "two", text=LONG)))
        await at.poller.replay_document(dead_letter(source, kept, "not read", at.time))
        await poll(at)
        assert sorted(shown(at.items())) == [("1", "feed", "new"), ("1", "page", "new"), ("2", "feed", "new")]

    at_desk(tmp_path, work)


def test_two_polls_of_one_feed_at_a_time_lose_nothing_for_good(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = rss(item("1", "one", link="/same"), item("2", "two", link="/same"))
        at.here.seconds["/feed"] = 1.0
        slow = asyncio.ensure_future(at.poll("/feed"))
        await asyncio.sleep(0.3)
        at.here.seconds["/feed"] = 0.0
        assert (await at.poll("/feed")).keyed_by == "item"
        at.here.documents["/feed"] = rss(item("3", "three", link="/other"))
        assert (await slow).keyed_by == "item"
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        assert state.keyed_by == "item"

    at_desk(tmp_path, work)
