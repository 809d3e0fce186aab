from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from connectors.feeds.fetching.access import Access, Proxy, check_target, origin, proxy
from connectors.feeds.fetching.fetch import Fetcher
from connectors.feeds.fetching.guard import Guard, RefusedAddressError
from connectors.feeds.websub.hubs import HubClient
from schemas.errors import FeedError
from schemas.feed import FeedStatus
from tests.connectors.feeds.desk import Desk, at_desk, desk
from tests.connectors.feeds.server import PATIENT, item, on_loopback, outlet, rss

PORTAL = Access(
    user="desk", password="pass:wörd", headers=(("X-Api-Key", "key-123"),), cookies=(("session", "s-456"), ("b", "2"))
)
BASIC = "Basic " + base64.b64encode("desk:pass:wörd".encode()).decode()
GUARDED = msgspec.structs.replace(PATIENT, access={"portal": PORTAL})
SECRETS = ("pass:wörd", "key-123", "s-456", BASIC.split()[1], "proxy-pass")


def test_everything_is_sent_to_the_origin_of_the_listed_address_alone() -> None:
    listed = "https://portal.example/rss"
    sent = PORTAL.for_address(listed, "https://portal.example:443/other?x=1")
    assert sent == {"X-Api-Key": "key-123", "Authorization": BASIC, "Cookie": "session=s-456; b=2"}
    for elsewhere in (
        "http://portal.example/rss",
        "https://portal.example:8443/rss",
        "https://www.portal.example/rss",
        "https://portal.example.evil.example/rss",
    ):
        assert PORTAL.for_address(listed, elsewhere) == {}
    assert PORTAL.for_address("http://portal.example/", "https://portal.example/") == {}
    assert origin("HTTPS://Portal.Example/x") == origin("https://portal.example:443")


def test_a_feed_with_access_is_asked_with_it(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = rss(item("1", "one"))
        record = await at.poller.poll(at.source("/feed", access="portal"))
        assert record.status == "working"
        headers = at.here.requests[0].headers
        assert (headers["Authorization"], headers["Cookie"], headers["X-Api-Key"]) == (
            BASIC, "session=s-456; b=2", "key-123",
        )  # fmt: skip
        await at.poll("/feed")
        assert not {"Authorization", "Cookie", "X-Api-Key"} & set(at.here.requests[1].headers)

    at_desk(tmp_path, work, GUARDED)


def test_no_redirect_carries_it_to_another_origin(tmp_path: Path) -> None:
    async def run() -> None:
        async with outlet() as here, outlet() as other, desk(tmp_path, here, GUARDED) as at:
            for one in (here, other):
                one.documents |= {"/feed": rss(item("1", "one")), "/own": rss(item("1", "one"))}
            here.redirects["/away"] = (301, other.url("/feed"))
            here.redirects["/home"] = (302, "/own")
            for _ in range(5):
                # From the fourth poll on the new address is polled itself.
                assert (await at.poller.poll(at.source("/away", access="portal"))).status in {"working", "unchanged"}
            await at.poller.poll(at.source("/home", access="portal"))
            assert {one.headers.get("Authorization") for one in other.requests} == {None}
            assert not any({"Cookie", "X-Api-Key"} & set(one.headers) for one in other.requests)
            assert len(other.requests) == 5
            assert {one.headers["Authorization"] for one in here.requests} == {BASIC}

    asyncio.run(run())


def test_no_secret_is_written_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/page"] = b"<html><title>Sign in</title></html>"
        for path in ("/page", "/status/401", "/status/500", "/never", "/redirect?to=http://user:x@127.0.0.1/"):
            await at.poller.poll(at.source(path, access="portal"))
        assert len(at.letters()) == 1

    at_desk(tmp_path, work, msgspec.structs.replace(GUARDED, timeout=0.5))
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir()) + caplog.text.encode()
    assert not [secret for secret in SECRETS if secret.encode() in kept]
    assert not [secret for secret in SECRETS if secret in repr(GUARDED)]


def test_a_name_without_a_section_is_said_and_nothing_is_asked(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        record = await at.poller.poll(at.source("/feed", access="portl"))
        assert (record.status, record.reason) == ("refused", "the settings have no section feeds.access.portl")
        assert at.here.requests == []

    at_desk(tmp_path, work, GUARDED)


@pytest.mark.parametrize(
    "text", ["proxy:3128", "socks5://proxy:1", "http://u:hunter2@", "http://proxy/path", "ftp://x"]
)
def test_what_is_no_proxy_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="is no address of a proxy") as caught:
        proxy(text)
    assert text not in str(caught.value)


def test_the_address_of_a_proxy_is_told_from_its_password() -> None:
    assert proxy("http://desk:a%40b@proxy.example") == Proxy("http://proxy.example:80", "desk", "a@b")
    assert proxy("https://[2001:db8::1]:8443").port == 8443
    assert not proxy("")


class Relay:
    """A forward proxy for plain http."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[str] = []
        self.credentials: set[str | None] = set()


@asynccontextmanager
async def relay() -> AsyncIterator[Relay]:
    here = Relay()

    async def forward(request: web.BaseRequest) -> web.StreamResponse:
        here.asked.append(str(request.url))
        here.credentials.add(request.headers.get("Proxy-Authorization"))
        if request.headers.get("Proxy-Authorization") is None:
            return web.Response(status=407)
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": request.query["to"]})
        return web.Response(body=rss(item("1", "through the proxy")), content_type="application/rss+xml")

    async with on_loopback(web.ServerRunner(web.Server(forward))) as here.address:
        yield here


def test_feeds_are_asked_through_the_proxy_and_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with relay() as through, outlet() as here:
            told = Proxy(through.address, "desk", "proxy-pass")
            # No network is allowed: only the proxy itself may be connected to.
            settings = msgspec.structs.replace(PATIENT, allow_networks=(), host_delay=0.0, proxy=told)
            async with desk(tmp_path, here, settings) as at:
                feed = msgspec.structs.replace(at.source("/x"), feed_url="http://portal.example/rss")
                record = await at.poller.poll(feed)
                assert (record.status, record.new) == ("working", 1)
                assert through.asked == ["http://portal.example/rss"]
                assert through.credentials == {"Basic " + base64.b64encode(b"desk:proxy-pass").decode()}
                for spelling in ("127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]", "10.0.0.1"):
                    for url in (f"http://{spelling}/", f"http://portal.example/moved?to=http://{spelling}/"):
                        refused = await at.poller.poll(msgspec.structs.replace(feed, feed_url=url))
                        assert refused.status == "blocked-address", spelling
                assert not [url for url in through.asked if not re.search("moved|rss|robots.txt", url)]
                assert here.requests == []

    asyncio.run(run())


def test_a_proxy_that_is_away_or_refuses_is_named_as_what_it_is(tmp_path: Path) -> None:
    async def run() -> None:
        async with relay() as through, outlet() as here:
            for told, words in (
                (Proxy(through.address), "HTTP 407"),
                (Proxy("http://127.0.0.1:1", "u", "proxy-pass"), "no connection to the proxy"),
            ):
                settings = msgspec.structs.replace(PATIENT, proxy=told)
                async with desk(tmp_path, here, settings) as at:
                    record = await at.poll("/feed")
                    assert words in record.reason
                    assert "proxy-pass" not in record.reason
                    assert here.requests == []

    asyncio.run(run())


def test_names_are_left_to_the_proxy_but_private_literals_are_not() -> None:
    guard = Guard()
    for fine in ("http://portal.example/", "https://93.184.216.34/", "http://0x.example/"):
        check_target(fine, guard)
    for private in (
        "http://127.1/", "https://0x7f000001/", "http://[::ffff:10.0.0.1]/", "http://a.localhost/", "http://127.0.0.1./",
        "http://localhost./", "http://127.0.0.%31/", "http://name.123/", "http://1.2.3.4.5/",
    ):  # fmt: skip
        with pytest.raises(RefusedAddressError):
            check_target(private, guard)


@pytest.mark.parametrize(
    "spelling", ["\uff11\uff12\uff17.0.0.1", "\u24dbocalhost", "127\u30020\u30020\u30021", "name.123"]
)
def test_no_spelling_of_this_machine_goes_to_the_proxy(spelling: str) -> None:
    async def run() -> None:
        guard = Guard()
        fetcher = Fetcher(user_agent="wirewatch", guard=guard, timeout=5)
        hubs = HubClient(user_agent="wirewatch", guard=guard, proxy=proxy("http://127.0.0.1:9"))
        with pytest.raises(FeedError) as refused:
            await fetcher.fetch(f"http://{spelling}/", access=Access(proxy=proxy("http://127.0.0.1:9")))
        assert refused.value.status == FeedStatus.BLOCKED_ADDRESS
        assert "cannot be asked" in (await hubs.ask(f"http://{spelling}:81/", {})).refused
        await fetcher.close()
        await hubs.close()

    asyncio.run(run())
