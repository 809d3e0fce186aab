"""Pages that did not come in time: the item goes on without, and they are tried once more."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.fetching.access import Access
from connectors.feeds.polling.pages import MOST_OWED
from schemas.feed import FeedSource
from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.pages import WORDS, asked, page, serve
from tests.connectors.feeds.server import PATIENT, Outlet, rss
from tests.connectors.feeds.thin import LONG, entry, poll, shown

HASTY = msgspec.structs.replace(PATIENT, page_seconds=2.0)


def stop_serving(here: Outlet, path: str, trouble: str) -> None:
    match trouble:
        case "slow":
            here.seconds[path] = 60
        case "cut":
            here.broken.add(path)
        case _:
            here.moved[path] = trouble


def serve_again(here: Outlet) -> None:
    here.seconds.clear()
    here.broken.clear()
    here.moved.clear()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("/status/503", "HTTP 503"),
        ("/status/429", "HTTP 429"),
        ("cut", "the connection ended before the page did"),
        ("slow", "not there within 2 s"),
    ],
)
def test_what_may_pass_is_tried_once_more(tmp_path: Path, trouble: str, words: str) -> None:
    async def work(at: Desk) -> None:
        for path in ("/1.html", "/2.html"):
            serve(at.here, path, page("Bridge over the river"))
        stop_serving(at.here, "/1.html", trouble)
        began = time.monotonic()
        done = await poll(at, entry(at, 1), entry(at, 2))
        assert time.monotonic() - began < 20
        assert done.reason.startswith("2 entries, 2 new, 0 changed; 1 page read for the text; 1 page could not be (")
        assert words in done.reason
        # It goes on without, as the feed gave it.
        assert shown(at.items()) == [("1", "feed", "new"), ("2", "page", "new")]
        serve_again(at.here)
        at.time += timedelta(minutes=5)
        again = await poll(at)
        assert again.reason == "the same document as last time; 1 page read for the text"
        assert shown(at.items())[2:] == [("1", "page", "new")]
        thin, late = at.items()[0], at.items()[2]
        assert (thin.article_id, thin.item_id) == (late.article_id, late.item_id)
        assert (thin.content_hash != late.content_hash, late.seen_at) == (True, at.time)
        await poll(at)
        assert (asked(at.here, "/1.html"), len(at.items())) == (2, 3)

    at_desk(tmp_path, work, HASTY)


def test_what_fails_twice_is_left_alone(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        at.here.broken.add("/1.html")
        await poll(at, entry(at, 1))
        again = await poll(at)
        assert "1 page could not be (the connection ended" in again.reason
        await poll(at)
        await poll(at, entry(at, 1), entry(at, 2, text=LONG))
        assert (asked(at.here, "/1.html"), len(at.items())) == (2, 2)

    at_desk(tmp_path, work)


def test_what_will_not_pass_is_not_tried_again(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        here = at.here
        serve(here, "/2.html", b"%PDF-1.7", "application/pdf")
        here.moved["/3.html"] = "http://10.0.0.1/private"
        here.moved["/4.html"] = "/bomb"
        serve(here, "/5.html", page("Just a moment", "Verify that you are human before we go on. " * 20))
        serve(here, "/6.html", page("Bridge over the river", "Buy."))
        serve(here, "/7.html", b"<html><body></body></html>")
        serve(here, "/", page("Bridge over the river"))
        here.moved["/8.html"] = "/"
        here.moved["/9.html"] = "/endless"
        serve(here, "/10.html", b"<html><body><p " + b"a=b " * 20_000 + b">" + WORDS.encode() * 9)
        here.moved["/11.html"] = "file:///etc/passwd"
        text = "What the feed says about it is short but longer than the stub that stands on its page."
        done = await poll(at, *(entry(at, number, text=text) for number in range(1, 12)))
        assert "11 pages could not be" in done.reason
        assert {one.kind for one in at.items()} == {"feed"}
        before = len(here.requests)
        again = await poll(at)
        assert again.reason == "the same document as last time"
        assert len(here.requests) == before + 1

    at_desk(tmp_path, work)


def test_rules_that_cannot_be_read_now_are_a_reason_to_try_again(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.moved["/robots.txt"] = "/status/500"
        serve(at.here, "/1.html", page("Bridge over the river"))
        done = await poll(at, entry(at, 1))
        assert "the rules of 127.0.0.1 (robots.txt) cannot be read" in done.reason
        assert asked(at.here, "/1.html") == 0
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        assert [one.native_id for one in state.owed] == ["1"]

    at_desk(tmp_path, work)


@pytest.mark.slow
def test_the_time_is_for_all_pages_of_a_poll_together(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        for number in range(1, 31):
            serve(at.here, f"/{number}.html", page("Bridge over the river"))
            at.here.seconds[f"/{number}.html"] = 3.0
        began = time.monotonic()
        await poll(at, *(entry(at, number) for number in range(1, 31)))
        assert time.monotonic() - began < 8
        # Eight at once: those begun first are there, the second eight are given up.
        kinds = [one.kind for one in at.items()]
        assert kinds == ["page"] * 8 + ["feed"] * 22
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        assert [one.native_id for one in state.owed] == [str(number) for number in range(9, 9 + MOST_OWED)]

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, page_seconds=5.0))


def test_what_a_hub_delivers_has_its_page_now_or_with_the_next_poll(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        source = at.source("/feed", full_text=True)
        await poll(at, entry(at, 3, text=LONG))
        for number in (1, 2):
            serve(at.here, f"/{number}.html", page("Bridge over the river"))
        at.here.broken.add("/2.html")
        at.here.documents["/feed"] = rss(entry(at, 1), entry(at, 2))
        await at.poller.deliver(source, at.here.documents["/feed"], "application/rss+xml")
        at.here.broken.clear()
        await at.poller.deliver(source, rss(entry(at, 4, text=LONG)), "application/rss+xml")
        await poll(at)
        assert shown(at.items()) == [
            ("3", "feed", "new"), ("1", "page", "new"), ("2", "feed", "new"), ("4", "feed", "new"), ("2", "page", "new"),
        ]  # fmt: skip
        assert (asked(at.here, "/1.html"), asked(at.here, "/2.html")) == (1, 2)

    at_desk(tmp_path, work)


def test_an_edit_takes_the_place_of_what_is_owed(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        at.here.broken.add("/1.html")
        await poll(at, entry(at, 1))
        await poll(at, entry(at, 1, title="New bridge over the river"))
        at.here.broken.clear()
        await poll(at)
        assert shown(at.items()) == [("1", "feed", "new"), ("1", "feed", "update"), ("1", "page", "new")]
        assert at.items()[-1].title == "New bridge over the river"
        assert asked(at.here, "/1.html") == 3

    at_desk(tmp_path, work)


def test_what_is_owed_waits_while_the_feed_is_away_and_is_forgotten_when_no_longer_wanted(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        at.here.broken.add("/1.html")
        await poll(at, entry(at, 1))
        at.here.moved["/feed"] = "/status/500"
        assert (await poll(at)).status == "server-error"
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        assert [one.kind for one in state.owed] == ["feed"]
        at.here.moved.clear()
        await at.poll("/feed")
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        assert state.owed == ()
        assert asked(at.here, "/1.html") == 1

    at_desk(tmp_path, work)


def test_a_fault_of_our_own_over_a_page_loses_no_feed(tmp_path: Path) -> None:
    def odd(_: FeedSource) -> Access:
        message = "nobody thought of this"
        raise LookupError(message)

    async def work(at: Desk) -> None:
        assert at.poller._reader._full_text is not None
        at.poller._reader._full_text._access = odd
        done = await poll(at, entry(at, 1))
        assert (done.status, done.new) == ("working", 1)
        assert "wirewatch failed over it, LookupError" in done.reason

    at_desk(tmp_path, work)
