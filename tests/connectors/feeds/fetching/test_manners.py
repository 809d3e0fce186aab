from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.fetching.fetch import Fetcher, user_agent
from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.hosts import HostGate
from connectors.feeds.fetching.manners import Manners, Mode
from connectors.feeds.fetching.robots import Robots
from schemas.errors import FeedError
from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.pages import asked
from tests.connectors.feeds.server import LOOPBACK, PATIENT, Outlet, item, outlet, rss

OBEDIENT = msgspec.structs.replace(PATIENT, robots="obey")


def test_a_disallowed_feed_is_refused_where_the_rules_bind(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /feed"
        at.here.documents["/feed"] = at.here.documents["/other"] = rss(item("1", "one"))
        done = await at.poll("/feed")
        assert done.status == "refused"
        assert done.reason == ("robots.txt of 127.0.0.1 disallows this address, and feeds.robots is set to obey it")
        assert asked(at.here, "/feed") == 0
        assert (await at.poll("/other")).status == "working"

    at_desk(tmp_path, work, OBEDIENT)


def test_rules_that_cannot_be_read_stop_no_feed(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.moved["/robots.txt"] = "/status/500"
        at.here.documents["/feed"] = rss(item("1", "one"))
        assert (await at.poll("/feed")).status == "working"

    at_desk(tmp_path, work, OBEDIENT)


@pytest.mark.parametrize("mode", ["delay", "ignore"])
def test_else_the_team_decides_what_is_polled(tmp_path: Path, mode: Mode) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /"
        at.here.documents["/feed"] = rss(item("1", "one"))
        assert (await at.poll("/feed")).status == "working"

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, robots=mode))


Work = Callable[[Manners, HostGate, Outlet], Awaitable[None]]


def with_manners(mode: Mode, work: Work) -> None:
    """A gate that knows no network as ours, as it is for outlets in the field."""

    async def run() -> None:
        clock = asyncio.get_running_loop().time
        async with outlet() as here:
            gate = HostGate(0.05, Guard(), ours=False, clock=clock)
            fetcher = Fetcher(user_agent=user_agent("x"), guard=Guard(networks(LOOPBACK)), timeout=20)
            await fetcher.open()
            try:
                await work(Manners(mode, Robots(fetcher, clock), gate), gate, here)
            finally:
                await fetcher.close()

    asyncio.run(run())


async def ask(manners: Manners, gate: HostGate, here: Outlet, path: str = "/feed") -> float:
    """Seconds until the host could be asked."""
    began = time.monotonic()
    async with gate.turn(here.url(path)):
        await manners.before_feed(here.url(path))
        return time.monotonic() - began


def test_the_rules_of_a_host_asked_seldom_are_not_asked_for() -> None:
    async def work(manners: Manners, gate: HostGate, here: Outlet) -> None:
        here.documents["/robots.txt"] = b"User-agent: *\nCrawl-delay: 0.6"
        await ask(manners, gate, here)
        assert asked(here, "/robots.txt") == 0
        # The second request in a short time: now the delay matters, and holds from here on.
        assert await ask(manners, gate, here, "/other") < 0.5
        assert asked(here, "/robots.txt") == 1
        assert await ask(manners, gate, here) > 0.5
        # Another reason to go slowly, but less so, does not shorten it.
        gate.slow_down(here.url("/feed"), 0.1, 60)
        assert await ask(manners, gate, here) > 0.5
        assert asked(here, "/robots.txt") == 1

    with_manners("delay", work)


def test_rules_ignored_are_never_asked_for() -> None:
    async def work(manners: Manners, gate: HostGate, here: Outlet) -> None:
        here.documents["/robots.txt"] = b"User-agent: *\nCrawl-delay: 30\nDisallow: /"
        for _ in range(3):
            assert await ask(manners, gate, here) < 0.5
        await manners.before_page(here.url("/page"))
        assert here.requests == []

    with_manners("ignore", work)


@pytest.mark.parametrize("mode", ["delay", "obey"])
def test_a_page_is_fetched_only_where_the_rules_allow_it(mode: Mode) -> None:
    async def work(manners: Manners, gate: HostGate, here: Outlet) -> None:
        here.documents["/robots.txt"] = b"User-agent: *\nDisallow: /private\nCrawl-delay: 0.6"
        await manners.before_page(here.url("/page"))
        with pytest.raises(FeedError, match="disallows this address, for pages") as caught:
            await manners.before_page(here.url("/private/page"))
        assert caught.value.status == "refused"
        await ask(manners, gate, here)
        assert await ask(manners, gate, here) > 0.5

    with_manners(mode, work)
