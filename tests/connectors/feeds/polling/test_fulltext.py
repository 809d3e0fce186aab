from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.documents.document import RawEntry
from connectors.feeds.fetching.access import Access
from connectors.feeds.polling.fulltext import SECONDS
from connectors.feeds.polling.pages import tells_of, with_page
from connectors.feeds.settings import PollerSettings
from schemas import codec, identity
from schemas.errors import StoreError
from schemas.item import FeedItem
from tests.connectors.feeds.desk import Desk, Unwilling, at_desk, desk
from tests.connectors.feeds.pages import WORDS, asked, page, serve
from tests.connectors.feeds.server import PATIENT, item, outlet, rss
from tests.connectors.feeds.thin import LONG, entry, poll, shown
from tests.samples import item as sample


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


def test_rules_may_be_ignored(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /"
        serve(at.here, "/1.html", page("Bridge over the river"))
        await poll(at, entry(at, 1))
        assert shown(at.items()) == [("1", "page", "new")]
        assert asked(at.here, "/robots.txt") == 0

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, robots="ignore"))


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


def test_the_title_on_the_page_is_not_the_beginning_of_the_text() -> None:
    said = sample(title="Bridge reopened", body="")
    for text, body in (("BRIDGE  reopened\nThe bridge…", "The bridge…"), ("Bridge reopened", "Bridge reopened")):
        assert with_page(said, RawEntry(body=text), said.seen_at, "new").body == body
