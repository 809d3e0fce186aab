from __future__ import annotations

from pathlib import Path

import msgspec

from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.server import item, rss


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
