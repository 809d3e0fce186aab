from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.access import Access
from connectors.feeds.fulltext import SECONDS
from connectors.feeds.pages import MOST_OWED, tells_of
from connectors.feeds.poller import PollerSettings
from schemas import codec, identity
from schemas.errors import StoreError
from schemas.feed import FetchRecord
from schemas.item import FeedItem
from tests.connectors.feeds.desk import Desk, Unwilling, at_desk, desk
from tests.connectors.feeds.pages import WORDS, asked, page, serve
from tests.connectors.feeds.server import PATIENT, Outlet, item, outlet, rss
from tests.samples import item as sample

LONG = WORDS * 7
HASTY = msgspec.structs.replace(PATIENT, page_seconds=2.0)


def entry(at: Desk, number: int, title: str = "Bridge over the river", text: str = "Short.", path: str = "") -> str:
    date = format_datetime(at.time - timedelta(hours=1))
    return item(str(number), title, link=path or f"/{number}.html", date=date, text=text)


async def poll(at: Desk, *entries: str, path: str = "/feed") -> FetchRecord:
    """Polls a feed with `entries`; without any, the document of last time."""
    if entries:
        at.here.documents[path] = rss(*entries)
    return await at.poller.poll(at.source(path, full_text=True))


def shown(items: list[FeedItem]) -> list[tuple[str, str, str]]:
    return [(one.native_id, one.kind, one.op) for one in items]


def test_a_thin_entry_carries_the_text_of_its_page(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        done = await poll(at, entry(at, 1), entry(at, 2, text=LONG), item("3", "No address", text="Short."))
        assert done.reason == "3 entries, 3 new, 0 changed; 1 page read for the text"
        assert shown(at.items()) == [("1", "page", "new"), ("2", "feed", "new"), ("3", "feed", "new")]
        one = at.items()[0]
        assert (one.title, one.summary) == ("Bridge over the river", "Short.")
        assert one.body.count(WORDS.strip()) == 7
        assert "Copyright" not in one.body
        assert "comment" not in one.body
        assert "More stories" not in one.body
        assert one.content_hash == identity.content_hash("page", one.title, one.summary, one.body)
        assert one.version_id == identity.version_id(one.article_id, one.content_hash)
        assert one.published_at == at.time - timedelta(hours=1)
        assert asked(at.here, "/2.html") == 0

    at_desk(tmp_path, work)


def test_no_page_is_asked_for_unless_the_source_wants_it(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        at.here.documents["/feed"] = rss(entry(at, 1))
        await at.poll("/feed")
        assert shown(at.items()) == [("1", "feed", "new")]
        assert [request.path for request in at.here.requests] == ["/feed"]

    at_desk(tmp_path, work)


def test_history_is_not_worth_a_page(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        await poll(at, item("1", "Bridge", link="/1.html", date="Mon, 02 Nov 2020 10:00:00 GMT", text="Short."))
        assert at.items()[0].history
        assert asked(at.here, "/1.html") == 0

    at_desk(tmp_path, work)


def test_a_page_is_asked_for_once_and_again_when_the_feed_changes_the_entry(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        await poll(at, entry(at, 1))
        await poll(at)
        # Another document with the same entry in it; the page itself was edited, which nobody said.
        serve(at.here, "/1.html", page("Bridge over the river", WORDS * 9))
        await poll(at, entry(at, 1), entry(at, 2, text=LONG))
        assert asked(at.here, "/1.html") == 1
        await poll(at, entry(at, 1, title="New bridge over the river"), entry(at, 2, text=LONG))
        assert asked(at.here, "/1.html") == 2
        assert shown(at.items()) == [("1", "page", "new"), ("2", "feed", "new"), ("1", "page", "update")]
        first, _, last = at.items()
        assert (first.item_id, first.article_id) == (last.item_id, last.article_id)
        assert (last.title, last.body.count(WORDS.strip())) == ("New bridge over the river", 9)

    at_desk(tmp_path, work)


def test_an_edit_whose_page_comes_for_the_first_time_is_still_an_edit(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        await poll(at, entry(at, 1))
        serve(at.here, "/1.html", page("Bridge over the river"))
        await poll(at, entry(at, 1, title="New bridge over the river"))
        assert shown(at.items()) == [("1", "feed", "new"), ("1", "feed", "update"), ("1", "page", "new")]

    at_desk(tmp_path, work)


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
        assert time.monotonic() - began < 4
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


@pytest.mark.parametrize(
    ("text", "may"),
    [("User-agent: *\nDisallow: /1.", False), ("User-agent: wirewatch\nDisallow: /\nAllow: /1", True)],
)
def test_robots_txt_is_obeyed_on_every_hop(tmp_path: Path, text: str, *, may: bool) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/robots.txt"] = text.encode()
        serve(at.here, "/1.html", page("Bridge over the river"))
        at.here.moved["/1-short"] = "/1.html"
        done = await poll(at, entry(at, 1), entry(at, 2, path="/1-short"))
        assert {one.kind for one in at.items()} == {"page" if may else "feed"}
        assert asked(at.here, "/1.html") == (2 if may else 0)
        assert (asked(at.here, "/1-short"), asked(at.here, "/robots.txt")) == (1, 1)
        if not may:
            assert "robots.txt of 127.0.0.1 disallows this address, for pages" in done.reason
            await poll(at)
            assert asked(at.here, "/1-short") == 1

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


def test_rules_may_be_ignored(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /"
        serve(at.here, "/1.html", page("Bridge over the river"))
        await poll(at, entry(at, 1))
        assert shown(at.items()) == [("1", "page", "new")]
        assert asked(at.here, "/robots.txt") == 0

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, robots="ignore"))


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


def test_pages_are_read_in_the_encoding_they_are_in(tmp_path: Path) -> None:
    title, text = "Мост преко реке", "Народна скупштина је данас расправљала о мосту и новцу за њега. "

    async def work(at: Desk) -> None:
        meta = '<meta charset="{}">'
        old = '<meta http-equiv="Content-Type" content="text/html; charset={}">'
        ways = [
            ("windows-1251", meta, "text/html"),
            ("iso-8859-5", old, "text/html"),
            ("utf-8", "", "text/html"),
            ("windows-1251", "", "text/html; charset=windows-1251"),
            ("windows-1251", meta.replace("{}", "iso-8859-5"), "text/html; charset=windows-1251"),
            ("utf-16", "", "text/html"),
        ]
        for number, (encoding, head, kind) in enumerate(ways):
            document = page(title, text * 8, text * 4, head=head.format(encoding)).decode().encode(encoding)
            serve(at.here, f"/{number}.html", document, kind)
        await poll(at, *(entry(at, number, title) for number in range(len(ways))))
        assert [one.body.count(text.strip()) for one in at.items()] == [12] * len(ways)

    at_desk(tmp_path, work)


def test_a_page_names_an_entry_without_a_title(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge &amp; river"))
        await poll(at, entry(at, 1, title=""))
        assert at.items()[0].title == "Bridge & river | The Outlet"

    at_desk(tmp_path, work)


def test_a_crash_between_page_and_log_loses_nothing_and_changes_no_id(tmp_path: Path) -> None:
    async def work() -> None:
        async with outlet() as here:
            serve(here, "/1.html", page("Bridge over the river"))
            unwilling = Unwilling(retryable=False)
            async with desk(tmp_path / "a", here, log=unwilling) as at:
                with pytest.raises(StoreError):
                    await poll(at, entry(at, 1))
                assert at.states.state(here.url("/feed")) is None
                unwilling.error = None
                await poll(at)
                (crashed,) = [codec.decode(one.value, FeedItem) for one in unwilling.appended if one.topic == "items"]
            async with desk(tmp_path / "b", here) as at:
                await poll(at)
                (whole,) = at.items()
            assert whole.kind == "page"
            same = ("item_id", "article_id", "content_hash", "version_id", "op", "body")
            assert [getattr(whole, name) for name in same] == [getattr(crashed, name) for name in same]

    asyncio.run(work())


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


def test_what_opens_a_feed_opens_its_pages_and_no_others(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        for number in (1, 2):
            serve(at.here, f"/{number}.html", page("Bridge over the river"))
        elsewhere = at.here.url("/2.html").replace("127.0.0.1", "localhost")
        at.here.documents["/feed"] = rss(entry(at, 1), entry(at, 2, path=elsewhere))
        await at.poller.poll(at.source("/feed", full_text=True, access="desk"))
        assert [one.kind for one in at.items()] == ["page", "page"]
        assert {request.path: "Authorization" in request.headers for request in at.here.requests} == {
            "/feed": True, "/robots.txt": False, "/1.html": True, "/2.html": False,
        }  # fmt: skip

    settings = msgspec.structs.replace(PATIENT, access={"desk": Access(user="desk", password="secret")})
    at_desk(tmp_path, work, settings)


def test_entries_that_share_an_address_share_no_page(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        serve(at.here, "/1.html", page("Bridge over the river"))
        await poll(at, entry(at, 1, path="/1.html"), entry(at, 2, title="Another story", path="/1.html"))
        assert shown(at.items()) == [("1", "feed", "new"), ("2", "feed", "new")]
        assert asked(at.here, "/1.html") == 0

    at_desk(tmp_path, work)


@pytest.mark.parametrize(
    ("title", "text", "may"),
    [
        ("Мост преко реке", "Мостови преко река су нови. " * 9, True),
        ("Мост преко реке", "Please enable JavaScript and cookies to continue. " * 9, False),
        ("美国总统访问", "美国总统今天访问了我们的城市。" * 9, True),
        ("美国总统访问", "请完成验证以继续。" * 9, False),
        ("", "Whatever the page says, it is longer. " * 9, True),
        ("UN: no", "The UN says no to all of it, again. " * 9, True),
        ("Bridge", "Bridge.", False),
    ],
)
def test_a_page_that_knows_no_word_of_the_title_is_another_one(title: str, text: str, *, may: bool) -> None:
    assert tells_of(sample(title=title, summary="A short text.", body=""), text) == may


def test_ten_seconds_are_the_limit() -> None:
    assert SECONDS == PollerSettings().page_seconds == 10
