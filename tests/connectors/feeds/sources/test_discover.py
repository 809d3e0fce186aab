from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.fetching.fetch import Fetcher
from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.hosts import HostGate
from connectors.feeds.fetching.robots import Robots
from connectors.feeds.sources import discover
from connectors.feeds.sources.discover import Discoverer, Search, beginnings
from connectors.feeds.sources.known_sites import of_site
from connectors.feeds.sources.page_links import feed_links
from schemas.errors import WirewatchError
from schemas.time import now
from tests.connectors.feeds.server import LOOPBACK, Outlet, item, outlet, rss

T = TypeVar("T")
HTML = {"Content-Type": "text/html; charset=utf-8"}
NEWS = rss(item("1", "one", link="https://x.example/1"), item("2", "two", link="https://x.example/2"))
SPORT = rss(item("s", "goal", link="https://x.example/s"))
SAID = rss(item("c", "Re: one", link="https://x.example/1#c1"))


async def searched(
    address: str, *, allowed: tuple[str, ...] = LOOPBACK, seconds: float = discover.MOST_SECONDS
) -> Search:
    guard = Guard(networks(allowed))
    fetcher, pool = Fetcher(user_agent="test", guard=guard, timeout=5.0), ParsePool(2)
    gate = HostGate(0.0, guard, ours=bool(allowed), clock=asyncio.get_running_loop().time)
    await fetcher.open()
    try:
        return await Discoverer(
            fetcher.fetch, gate, pool, now, rules=Robots(fetcher, time.monotonic).rules, seconds=seconds
        ).search(address)
    finally:
        await fetcher.close()
        await pool.close()


def at_site(work: Callable[[Outlet], Awaitable[T]]) -> T:
    async def run() -> T:
        async with outlet() as here:
            return await work(here)

    return asyncio.run(run())


def page(here: Outlet, path: str, text: str) -> None:
    here.documents[path] = f"<!doctype html><html><head><title>Site</title>{text}".encode()
    here.headers[path] = HTML


def urls(here: Outlet, search: Search) -> list[str]:
    return [one.url.removeprefix(here.address) for one in search.found]


def asked(here: Outlet) -> list[str]:
    return [request.path for request in here.requests if request.path != "/robots.txt"]


def test_a_feed_is_found_at_its_own_address_with_one_request() -> None:
    async def work(here: Outlet) -> None:
        here.documents["/any"] = NEWS
        search = await searched(here.url("/any"))
        assert (urls(here, search), asked(here)) == (["/any"], ["/any"])
        assert len(search.found[0].document.entries) == 2

    at_site(work)


def test_a_page_names_its_feeds_and_only_read_ones_are_offered() -> None:
    async def work(here: Outlet) -> None:
        here.documents |= {"/news.xml": NEWS, "/sport": SPORT, "/comments/feed": SAID, "/in/list.rss": rss()}
        page(here, "/", """
            <link rel="alternate" type="application/rss+xml" href="/comments/feed" title="Comments">
            <link rel='alternate' type='application/atom+xml' href='/gone'>
            <link rel=stylesheet href=/style.css>
            <!-- <link rel="alternate" type="application/rss+xml" href="/commented-out.rss"> -->
            <base href="/in/">
            <link href="../news.xml" type="application/rss+xml" rel="alternate">
            <link rel="feed" href="/sport"></head>
            <body><a href="list.rss">RSS</a> <a href="/about">about</a> <a href="mailto:rss@x.example">mail</a>""")  # fmt: skip
        search = await searched(here.url("/"))
        # What readers say comes after what the outlet says, empty feeds after full ones.
        assert urls(here, search) == ["/news.xml", "/sport", "/in/list.rss", "/comments/feed"]
        assert [one.comments for one in search.found] == [False, False, False, True]
        assert list(search.tried) == [here.url("/"), here.url("/gone")]
        assert search.tried[here.url("/gone")].startswith("HTTP 404")
        assert {request.path for request in here.requests} == {
            "/", "/comments/feed", "/gone", "/news.xml", "/sport", "/in/list.rss", "/robots.txt",
        }  # fmt: skip

    at_site(work)


def test_one_feed_under_several_addresses_is_one() -> None:
    async def work(here: Outlet) -> None:
        here.documents |= {"/a.rss": NEWS, "/b.rss": NEWS.replace(b"<guid>", b"<guid>other-")}
        page(here, "/", f"""
            <link rel="alternate" type="application/rss+xml" href="/a.rss">
            <link rel="alternate" type="application/rss+xml" href="/redirect?to={here.url("/a.rss")}">
            <link rel="alternate" type="application/atom+xml" href="/b.rss">""")  # fmt: skip
        search = await searched(here.url("/"))
        assert urls(here, search) == ["/a.rss"]
        assert [url.removeprefix(here.address).partition("?")[0] for url in search.found[0].also] == [
            "/redirect",
            "/b.rss",
        ]

    at_site(work)


def test_a_feed_that_moved_for_good_is_listed_where_it_is() -> None:
    async def work(here: Outlet) -> None:
        here.documents["/new.rss"] = NEWS
        page(here, "/", f'<link rel="feed" href="/redirect?to={here.url("/new.rss")}&code=301">')
        search = await searched(here.url("/"))
        assert urls(here, search) == ["/new.rss"]

    at_site(work)


def test_usual_places_are_tried_when_a_site_names_nothing() -> None:
    async def work(here: Outlet) -> None:
        page(here, "/news/today", "<a href='/news/1'>one</a>")
        page(here, "/", "<p>welcome")
        here.documents["/atom.xml"] = NEWS
        search = await searched(here.url("/news/today"))
        assert urls(here, search) == ["/atom.xml"]
        assert "/sitemap-news.xml" not in {request.path for request in here.requests}

    at_site(work)


def test_a_host_without_scheme_is_asked_by_https_first() -> None:
    async def work(here: Outlet) -> None:
        here.documents["/feed.xml"] = NEWS
        page(here, "/", '<link rel="alternate" type="application/rss+xml" href="feed.xml">')
        search = await searched(here.address.removeprefix("http://"))
        assert urls(here, search) == ["/feed.xml"]
        assert next(iter(search.tried)).startswith("https://127.0.0.1")

    at_site(work)


def test_a_search_that_finds_nothing_is_bounded_and_says_what_it_tried() -> None:
    async def work(here: Outlet) -> None:
        page(here, "/x", "".join(f'<a href="/feed/{number}">rss</a>' for number in range(500)))
        search = await searched(here.url("/x"))
        assert search.found == ()
        assert len(asked(here)) == discover.MOST_REQUESTS
        assert len(search.tried) == discover.MOST_REQUESTS

    at_site(work)


def test_a_slow_site_keeps_nobody_waiting_and_what_was_found_stays() -> None:
    async def work(here: Outlet) -> None:
        here.documents["/news.rss"] = NEWS
        page(here, "/", '<a href="/news.rss">rss</a><a href="/never?rss">rss</a><a href="/drip?feed">rss</a>')
        began = time.monotonic()
        search = await searched(here.url("/"), seconds=4.0)
        assert time.monotonic() - began < 8
        assert urls(here, search) == ["/news.rss"]
        assert search.tried[here.url("/")] == "the search was ended after 4 s"

    at_site(work)


def test_a_page_may_not_lead_to_another_private_address() -> None:
    async def work(here: Outlet) -> None:
        there = here.address.replace("127.0.0.1", "127.0.0.2") + "/feed"
        page(here, "/", f'<link rel="feed" href="{there}"><link rel="feed" href="/redirect?to={there}">')
        search = await searched(here.url("/"), allowed=("127.0.0.1/32",))
        assert search.found == ()
        refused = [url for url, why in search.tried.items() if "127.0.0.2 belongs to this machine" in why]
        assert refused == [there, here.url(f"/redirect?to={there}")]

    at_site(work)


def test_a_site_that_asks_for_quiet_is_left_alone() -> None:
    async def work(here: Outlet) -> None:
        page(here, "/", "<p>nothing")
        here.documents.pop("/feed", None)
        search = await searched(here.url("/status/429?retry=600"))
        assert search.found == ()
        assert "asks for fewer polls" in search.tried[here.url("/status/429?retry=600")]
        here.requests.clear()
        await searched(here.url("/status/429"))
        assert len(here.requests) == 1

    at_site(work)


def test_a_page_may_not_lead_into_private_networks() -> None:
    async def work(here: Outlet) -> None:
        here.documents["/feed"] = NEWS
        search = await searched(here.url("/"), allowed=())
        assert (search.found, here.requests) == ((), [])
        assert "--allow-network 127.0.0.0/8 permits it" in search.tried[here.url("/")]

    at_site(work)


@pytest.mark.parametrize(
    "address", ["", "ftp://a.example/x", "http://", "two words", "file:///etc/passwd", "http://[::1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(WirewatchError, match="is no address"):
        beginnings(address)


def test_addresses_as_people_type_them() -> None:
    assert beginnings(" outlet.example ") == ("https://outlet.example", "http://outlet.example")
    assert beginnings("feed://outlet.example/x") == ("https://outlet.example/x", "http://outlet.example/x")
    assert beginnings("feed:http://outlet.example/x#y") == ("http://outlet.example/x",)


@pytest.mark.parametrize(
    ("page_", "feed"),
    [
        ("https://www.youtube.com/channel/UC" + "a" * 22, "https://www.youtube.com/feeds/videos.xml?channel_id=UC" + "a" * 22),
        ("https://www.youtube.com/playlist?list=PL1", "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1"),
        ("https://old.reddit.com/r/kosovo/", "https://www.reddit.com/r/kosovo/.rss"),
        ("https://news.google.com/search?q=kosovo&hl=en", "https://news.google.com/rss/search?q=kosovo&hl=en"),
        ("https://somebody.substack.com/p/one", "https://somebody.substack.com/feed"),
        ("https://medium.com/@somebody", "https://medium.com/feed/@somebody"),
        ("https://somebody.wordpress.com/2026/", "https://somebody.wordpress.com/feed/"),
        ("https://mastodon.example:8443/@somebody", "https://mastodon.example:8443/@somebody.rss"),
        ("https://github.com/a/b", "https://github.com/a/b/releases.atom"),
    ],
)  # fmt: skip
def test_large_sites_have_rules(page_: str, feed: str) -> None:
    assert list(of_site(page_)) == [feed]


def test_other_pages_have_none() -> None:
    assert list(of_site("https://outlet.example/news")) == list(of_site("https://www.youtube.com/@somebody")) == []


def test_news_sitemaps_are_the_last_resort_and_robots_are_heard() -> None:
    async def work(here: Outlet) -> None:
        page(here, "/", "<p>welcome")
        here.documents["/robots.txt"] = (
            f"User-agent: *\nDisallow: /map\nSitemap: {here.url('/all.xml')}\nsitemap: {here.url('/map/News.xml')}\n"
        ).encode()
        here.documents["/map/News.xml"] = (
            b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
            b' xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://x.example/1</loc><n:news>'
            b"<n:title>one</n:title><n:publication_date>2026-11-22T10:00:00Z</n:publication_date></n:news></url></urlset>"
        )
        search = await searched(here.url("/"))
        assert urls(here, search) == ["/map/News.xml"]
        assert search.found[0].robots == "disallowed"
        asked = [request.path for request in here.requests]
        assert asked.index("/map/News.xml") < asked.index("/all.xml")
        assert asked.count("/robots.txt") == 1

    at_site(work)


@pytest.mark.parametrize(
    "hostile",
    [
        b"<a " * 700_000,
        b"<!--" * 500_000,
        b"<link href=" + b"x" * 2_000_000,
        b"<a href='" * 200_000,
        b"<a " + b"a = " * 500_000 + b">",
        b"<a href=/feed>" * 200_000,
    ],
)
def test_no_page_keeps_the_search_busy(hostile: bytes) -> None:
    began = time.process_time()
    feed_links(hostile, "text/html", "https://a.example/")
    assert time.process_time() - began < 2.0


def test_links_are_read_as_browsers_do() -> None:
    body = (
        "<meta charset=windows-1251><link type='application/rss+xml; charset=x' rel=alternate href='/р?a=1&amp;b=2'>"
        '<a href=" feed:https://b.example/f.rss#top ">x</a><a href="javascript:rss">y</a><a href="http://[bad/rss">z</a>'
        '<a HREF="/podcast/rss">p</a><a href="/dress">d</a><link rel="alternate" type="application/json" href="/wp-json/">'
    ).encode("windows-1251")
    assert feed_links(body, "text/html", "https://a.example/page") == (
        "https://a.example/р?a=1&b=2", "https://b.example/f.rss", "https://a.example/podcast/rss",
    )  # fmt: skip
