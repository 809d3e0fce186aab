from __future__ import annotations

import asyncio
import itertools
import time
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from connectors.feeds.fetching.fetch import Fetcher, user_agent
from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.robots import LONGEST_DELAY, MOST_BYTES, Robots, RobotsRules, parse
from tests.connectors.feeds.server import LOOPBACK, Outlet, outlet

SITE = "https://outlet.example"


def allowed(text: str, path: str) -> bool:
    return parse(text.encode()).allows(SITE + path)


@pytest.mark.parametrize(
    ("text", "path", "may"),
    [
        ("User-agent: *\nDisallow: /private", "/private/1", False),
        ("User-agent: *\nDisallow: /private", "/news", True),
        ("User-agent: *\nDisallow:", "/private", True),
        ("user-agent: *\ndisallow: /a\nallow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b", False),
        ("User-agent: *\nDisallow: /page\nAllow: /page", "/page", True),
        ("User-agent: *\nDisallow: /*.php$", "/x.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/x.php?id=1", True),
        ("User-agent: *\nDisallow: /вест", "/%D0%B2%D0%B5%D1%81%D1%82/1", False),
        ("User-agent: *\nDisallow: /a%3Cd", "/a%3cd", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: wirewatch\nDisallow: /only", "/news", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: WireWatch/2.0\nDisallow: /only", "/only", False),
        ("User-agent: one\nUser-agent: wirewatch\nUser-agent: two\nDisallow: /x", "/x", False),
        ("User-agent: one\nUser-agent: two\nDisallow: /x", "/x", True),
        ("User-agent: wirewatch\nDisallow: /a\n\nUser-agent: wirewatch\nDisallow: /b", "/a", False),
        ("User-agent: wirewatch\nDisallow: /a\n\nUser-agent: wirewatch\nDisallow: /b", "/b", False),
        ("User-agent: wire\nDisallow: /", "/x", True),
        ("User-agent: *\r\nDisallow: /x # why\r\n", "/x", False),
        ("\ufeffUser-agent: *\nDisallow: /x", "/x", False),
        ("Disallow: /x", "/x", True),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("<!doctype html><html><body>Not found</body></html>", "/x", True),
        ("", "/x", True),
        ("\0\xff\n" * 50, "/x", True),
    ],
)
def test_rules_are_read_as_the_rfc_says(text: str, path: str, may: bool) -> None:
    assert allowed(text, path) == may


def test_the_delay_is_ours_and_has_a_limit() -> None:
    assert parse(b"User-agent: *\nCrawl-delay: 2.5").crawl_delay == 2.5
    assert parse(b"User-agent: *\nCrawl-delay: 7\n\nUser-agent: wirewatch\nCrawl-delay: 1").crawl_delay == 1
    assert parse(b"User-agent: other\nCrawl-delay: 7").crawl_delay == 0
    assert parse(b"User-agent: *\nCrawl-delay: 86400").crawl_delay == LONGEST_DELAY
    assert parse(b"User-agent: *\nCrawl-delay: -1").crawl_delay == 0
    assert parse(b"User-agent: *\nCrawl-delay: nan").crawl_delay == 0


def test_sitemaps_are_those_of_the_whole_site() -> None:
    text = (
        b"Sitemap: https://outlet.example/news.xml\nUser-agent: x\nDisallow: /\nsitemap: https://outlet.example/b.xml"
    )
    assert parse(text).sitemaps == ("https://outlet.example/news.xml", "https://outlet.example/b.xml")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: a{number}\n" for number in range(14_000)) + "Disallow: /x\n" * 28_000,
        "User-agent: *\n" + "".join(f"Disallow: /{number}*a*b*c*d*e*f$\n" for number in range(18_000)),
        "User-agent: *\nDisallow: /" + "*a" * 200_000 + "$",
        "User-agent: *\nDisallow: /" + "$" * 400_000,
        "User-agent" * 50_000,
        "User-agent:" + " " * 500_000,
        "\n" * 500_000,
    ],
    ids=["names-by-rules", "many-wildcards", "one-wildcard", "dollars", "one-line", "spaces", "lines"],
)
def test_hostile_rules_cost_little(text: str) -> None:
    body = text.encode()[:MOST_BYTES]

    def judge() -> None:
        rules = parse(body)
        for number in range(3):
            rules.allows(f"{SITE}/{number}" + "abcdef" * 300)

    began = time.process_time()
    judge()
    assert time.process_time() - began < 5
    tracemalloc.start()
    try:
        judge()
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


Work = Callable[[Robots, Outlet, list[float]], Awaitable[None]]


def with_robots(work: Work) -> None:
    async def run() -> None:
        async with outlet() as here:
            fetcher = Fetcher(user_agent=user_agent("x"), guard=Guard(networks(LOOPBACK)), timeout=20)
            await fetcher.open()
            clock = [1_000.0]
            try:
                await work(Robots(fetcher, lambda: clock[0]), here, clock)
            finally:
                await fetcher.close()

    asyncio.run(run())


def asked(here: Outlet) -> int:
    return sum(request.path == "/robots.txt" for request in here.requests)


def test_a_site_is_asked_once_a_day() -> None:
    async def work(robots: Robots, here: Outlet, clock: list[float]) -> None:
        here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /a"
        both = await asyncio.gather(*(robots.rules(here.url("/a")) for _ in range(5)))
        assert [rules.allows(here.url("/a")) for rules in both] == [False] * 5
        assert asked(here) == 1
        assert here.requests[0].headers["Accept"].startswith("text/plain")
        here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /b"
        clock[0] += 86_000
        assert not (await robots.rules(here.url("/a"))).allows(here.url("/a"))
        clock[0] += 1_000
        assert (await robots.rules(here.url("/a"))).allows(here.url("/a"))
        assert asked(here) == 2

    with_robots(work)


def test_without_rules_everything_is_allowed() -> None:
    async def work(robots: Robots, here: Outlet, _: list[float]) -> None:
        rules = await robots.rules(here.url("/a"))
        assert rules.allows(here.url("/a"))
        assert (rules.known, rules.crawl_delay, rules.sitemaps) == (True, 0.0, ())

    with_robots(work)


@pytest.mark.parametrize("answer", ["/status/500", "/status/429", "/status/503?retry=60", "http://10.0.0.1/robots.txt"])
def test_a_site_that_does_not_tell_allows_nothing_and_is_asked_again(answer: str) -> None:
    async def work(robots: Robots, here: Outlet, clock: list[float]) -> None:
        here.moved["/robots.txt"] = answer
        rules = await robots.rules(here.url("/a"))
        assert (rules.known, rules.allows(here.url("/a"))) == (False, False)
        assert ("--allow-network" in rules.refused) == ("10.0.0.1" in answer)
        del here.moved["/robots.txt"]
        assert not (await robots.rules(here.url("/a"))).known
        clock[0] += 601
        assert (await robots.rules(here.url("/a"))).allows(here.url("/a"))

    with_robots(work)


def test_rules_known_before_outlast_an_outage() -> None:
    async def work(robots: Robots, here: Outlet, clock: list[float]) -> None:
        here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /a"
        await robots.rules(here.url("/a"))
        here.moved["/robots.txt"] = "/status/500"
        clock[0] += 90_000
        rules = await robots.rules(here.url("/a"))
        assert (rules.allows(here.url("/a")), rules.allows(here.url("/b"))) == (False, True)

    with_robots(work)


def test_five_redirects_lead_to_rules_and_six_to_none() -> None:
    async def work(robots: Robots, here: Outlet, clock: list[float]) -> None:
        here.documents["/end"] = b"User-agent: *\nDisallow: /a"
        hops = ["/robots.txt", "/1", "/2", "/3", "/4", "/end"]
        here.moved |= dict(itertools.pairwise(hops))
        assert not (await robots.rules(here.url("/a"))).allows(here.url("/a"))
        here.moved["/4"] = "/5"
        here.moved["/5"] = "/end"
        clock[0] += 90_000
        assert (await robots.rules(here.url("/a"))).allows(here.url("/a"))

    with_robots(work)


def test_rules_behind_the_limit_do_not_count_and_endless_ones_allow_nothing() -> None:
    async def work(robots: Robots, here: Outlet, clock: list[float]) -> None:
        padding = b"# nothing\n" * (MOST_BYTES // 10)
        here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /a\n" + padding + b"Disallow: /b\n"
        rules = await robots.rules(here.url("/a"))
        assert (rules.allows(here.url("/a")), rules.allows(here.url("/b"))) == (False, True)
        here.moved["/robots.txt"] = "/endless"
        clock[0] += 90_000 + 86_400
        assert not (await robots.rules(here.url("/a"))).allows(here.url("/a"))

    with_robots(work)


def test_no_address_has_no_rules() -> None:
    async def work(robots: Robots, _: Outlet, __: list[float]) -> None:
        for url in ("", "mailto:x@example.com", "http://", "http://[", "http://x:99999/"):
            rules: RobotsRules = await robots.rules(url)
            assert not rules.known

    with_robots(work)
