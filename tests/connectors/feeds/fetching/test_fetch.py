from __future__ import annotations

import asyncio
import resource
import time
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from connectors.feeds.fetching.fetch import Fetched, Fetcher, user_agent
from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.refusals import retry_after
from connectors.feeds.fetching.validators import Validators
from schemas.errors import FeedError
from tests.connectors.feeds.server import LOOPBACK, Outlet, item, outlet, rss

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEED = rss(item("1", "one"))


def fetched(
    path: str, *, timeout: float = 10.0, validators: Validators | None = None, **headers: str
) -> tuple[Fetched, Outlet]:
    async def run() -> tuple[Fetched, Outlet]:
        async with outlet() as here:
            here.documents["/feed"] = FEED
            here.headers["/feed"] = {name.replace("_", "-"): value for name, value in headers.items()}
            fetcher = Fetcher(
                user_agent=user_agent("https://desk.example"),
                guard=Guard(networks(LOOPBACK)),
                timeout=timeout,
                now=lambda: NOW,
            )
            await fetcher.open()
            try:
                url = path.replace("{here}", quote(here.address, safe=""))
                return await fetcher.fetch(here.url(url) if url.startswith("/") else url, validators), here
            finally:
                await fetcher.close()

    return asyncio.run(run())


def test_a_document_comes_whole_with_its_validators() -> None:
    found, here = fetched("/feed", ETag='W/"opaque, as it is"', Last_Modified="Sun, 22 Nov 2041 25:61:00 GMT")
    assert (found.body, found.http_status, found.complete) == (FEED, 200, True)
    assert found.validators == Validators('W/"opaque, as it is"', "Sun, 22 Nov 2041 25:61:00 GMT")
    assert found.content_type == "application/rss+xml"
    request = here.requests[0]
    assert request.headers["User-Agent"].startswith("wirewatch")
    assert request.headers["User-Agent"].endswith("(+https://desk.example)")
    assert request.headers["Accept-Encoding"] == "gzip, deflate"
    assert "If-None-Match" not in request.headers


def test_a_body_that_turns_out_to_be_no_http_is_one_cut_off() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n")
        await asyncio.sleep(0.1)
        writer.write(b"no size of a chunk\r\n")
        await reader.read()
        writer.close()

    async def run() -> Fetched:
        fetcher = Fetcher(user_agent="test", guard=Guard(networks(LOOPBACK)))
        await fetcher.open()
        try:
            async with await asyncio.start_server(answer, "127.0.0.1") as server:
                return await fetcher.fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        finally:
            await fetcher.close()

    began = time.monotonic()
    found = asyncio.run(run())
    assert (found.body, found.complete) == (b"<rss>", False)
    assert time.monotonic() - began < 10, "not the deadline of 30 s"


def test_validators_go_back_as_they_came() -> None:
    kept = Validators('"1"', "never, really")
    found, here = fetched("/feed", validators=kept, ETag='"1"')
    assert (found.unchanged, found.body, found.validators) == (True, b"", kept)
    assert here.requests[0].headers["If-Modified-Since"] == "never, really"


def test_validators_stay_with_their_address() -> None:
    _, here = fetched("/redirect?to=/feed", validators=Validators('"1"'), ETag='"1"')
    assert "If-None-Match" not in here.requests[0].headers


def test_redirects_are_followed_to_the_document() -> None:
    found, here = fetched("/redirect?to={here}/feed")
    assert (found.final_url, found.body) == (here.url("/feed"), FEED)


def test_packed_bodies_are_unpacked() -> None:
    found, _ = fetched("/zipped")
    assert b"packed" in found.body
    assert found.bytes_read < len(found.body)


def test_a_body_that_breaks_off_is_kept_and_marked() -> None:
    found, _ = fetched("/broken-off")
    assert not found.complete
    assert found.body.count(b"</item>") == 2


@pytest.mark.parametrize(
    ("path", "status", "http_status", "words"),
    [
        ("/nothing", "not-found", 404, "no document at this address"),
        ("/status/410", "gone", 410, "removed for good"),
        ("/status/403", "refused", 403, "does not let us"),
        ("/status/401", "refused", 401, "does not let us"),
        ("/status/418", "refused", 418, "does not answer"),
        ("/status/503?retry=120", "server-error", 503, "come back in 120 s"),
        ("/status/429?retry=3600", "rate-limited", 429, "come back in 3,600 s"),
        ("/redirect?to=/redirect?to=/x", "not-found", 404, "no document"),
        ("/redirect?to=", "refused", 302, "does not say where to"),
        ("/redirect?to=file:///etc/passwd", "refused", 0, "only http and https"),
        ("/redirect?to=http://user:secret@127.0.0.1/", "refused", 0, "user name or password"),
        ("/brotli", "malformed", 200, "'br'"),
        ("/bomb", "too-large", 200, "larger than 15 MiB"),
        ("/endless", "too-large", 200, "not read further"),
        ("file:///etc/passwd", "refused", 0, "only http and https"),
        ("ftp://127.0.0.1/x", "refused", 0, "only http and https"),
        ("http://127.0.0.1:1/x", "unreachable", 0, "no connection to 127.0.0.1:1 (Connection refused)"),
        ("http://no-such-host.invalid/x", "unreachable", 0, "cannot be resolved"),
        ("http://127.0.0.1/" + "x" * 3000, "refused", 0, "characters"),
    ],
)  # fmt: skip
def test_every_way_to_fail_has_a_status_and_a_sentence(path: str, status: str, http_status: int, words: str) -> None:
    with pytest.raises(FeedError) as caught:
        fetched(path)
    error = caught.value
    assert (error.status, error.http_status or http_status) == (status, http_status)
    assert words in error.message
    assert "\n" not in error.message


def test_a_circle_of_redirects_ends() -> None:
    async def run() -> tuple[FeedError, int]:
        async with outlet() as here:
            loop = here.url("/redirect?to=")
            fetcher = Fetcher(user_agent="x", guard=Guard(networks(LOOPBACK)))
            await fetcher.open()
            try:
                with pytest.raises(FeedError) as caught:
                    await fetcher.fetch(loop + quote("/redirect?to=" * 12, safe=""))
            finally:
                await fetcher.close()
            return caught.value, len(here.requests)

    error, _ = asyncio.run(run())
    assert error.status == "refused"
    assert "more than 5 redirects" in error.message


@pytest.mark.parametrize("path", ["/drip", "/never"])
def test_a_slow_server_is_left_in_time(path: str) -> None:
    began = time.monotonic()
    with pytest.raises(FeedError) as caught:
        fetched(path, timeout=1.0)
    assert time.monotonic() - began < 20
    assert caught.value.status == "timeout"
    assert "no complete answer within 1 s" in caught.value.message
    assert ("bytes came" in caught.value.message) == (path == "/drip")


def test_a_bomb_takes_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FeedError):
        fetched("/bomb")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_retry_after_is_read_in_both_forms() -> None:
    assert retry_after("120", NOW) == 120
    assert retry_after("Sun, 22 Nov 2026 13:00:00 GMT", NOW) == 3600
    assert retry_after("Sun, 22 Nov 2026 11:00:00 GMT", NOW) == 0
    for none in ("", "soon", "-5", "1e9", "٣"):
        assert retry_after(none, NOW) is None
