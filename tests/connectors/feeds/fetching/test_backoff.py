from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.fetching.backoff import WINDOW, Backoff
from connectors.feeds.fetching.guard import Guard
from connectors.feeds.fetching.hosts import HostGate
from schemas.errors import FeedError
from schemas.feed import FeedStatus
from tests.connectors.feeds.desk import Desk, at_desk, desk
from tests.connectors.feeds.server import PATIENT, item, outlet, rss

HOST = "https://a.example"


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


def refused(number: int, code: int = 403, retry_after: float | None = None, host: str = HOST) -> FeedError:
    status = FeedStatus.RATE_LIMITED if code == 429 else FeedStatus.REFUSED
    return FeedError(
        f"HTTP {code}", subject=f"{host}/{number}", status=status, http_status=code, retry_after=retry_after
    )


def failed(backoff: Backoff, error: FeedError) -> FeedError:
    return backoff.failed(error.subject, error)


def test_429_without_a_time_backs_off_longer_each_time_until_a_feed_is_read() -> None:
    backoff = Backoff(Clock())
    waits = [failed(backoff, refused(1, 429)).retry_after for _ in range(12)]
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-1] == 86_400
    backoff.answered(HOST, f"{HOST}/1")
    error = failed(backoff, refused(1, 429))
    assert (error.retry_after, error.message) == (60, "HTTP 429; its host is left alone for 60 s")
    assert failed(backoff, refused(1, 429, 7.0)).retry_after == 7.0


def test_hosts_that_complained_long_ago_are_forgotten() -> None:
    clock = Clock()
    backoff = Backoff(clock)
    gate = HostGate(0.0, Guard(), ours=False, clock=clock)
    for number in range(30_000):
        clock.time += 60.0
        host = f"https://h{number}.example"
        failed(backoff, refused(number, 429, host=host))
        failed(backoff, refused(number, 403, host=host))
        gate.slow_down(host, 5.0, 3_600.0)
    assert max(len(backoff._strikes), len(backoff._answers), len(gate._slow)) <= 10_001


def test_403_for_most_feeds_of_a_host_means_that_it_was_asked_too_often() -> None:
    backoff = Backoff(Clock())
    assert failed(backoff, refused(1)).status == "refused"
    backoff.answered(HOST, f"{HOST}/8")
    backoff.answered(HOST, f"{HOST}/9")
    assert failed(backoff, refused(2)).status == "refused"
    assert failed(backoff, refused(2)).status == "refused"
    third = failed(backoff, refused(3))
    assert (third.status, third.retry_after) == ("rate-limited", 600)
    assert third.message.startswith("HTTP 403 for 3 of 5 feeds of a.example within 10 minutes: it limits")


def test_403_is_what_it_says_for_few_feeds_for_other_hosts_and_over_a_long_time() -> None:
    clock = Clock()
    backoff = Backoff(clock)
    for number in range(6):
        assert failed(backoff, refused(number % 2)).status == "refused"
        assert failed(backoff, refused(number, host=f"https://h{number}.example")).status == "refused"
    for number in range(6):
        clock.time += WINDOW * 0.6
        assert failed(backoff, refused(number, host="https://b.example")).status == "refused"
    for number in range(4):
        backoff.answered("https://c.example", f"https://c.example/fine/{number}")
        failed(backoff, refused(0, host="https://c.example"))
    for number in range(4):
        backoff.answered("https://c.example", f"https://c.example/fine/{number}")
    assert failed(backoff, refused(1, host="https://c.example")).status == "refused"
    assert failed(backoff, refused(2, host="https://c.example")).status == "refused"


def test_a_content_host_leaves_nothing_behind() -> None:
    backoff = Backoff(Clock())
    failed(backoff, refused(1))
    failed(backoff, refused(1, 429))
    backoff.answered(HOST, f"{HOST}/1")
    assert (backoff._answers, backoff._strikes) == ({}, {})


def test_a_host_that_forbids_most_of_its_feeds_is_asked_no_more_for_a_while(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.poller._gate._ours = False
        sources = [at.source(f"/status/403?feed={number}") for number in range(5)]
        records = await at.poller.poll_all(sources)
        assert [record.status for record in records] == ["refused"] * 2 + ["rate-limited"] * 3
        assert [record.http_status for record in records] == [403] * 3 + [0] * 2
        assert "it limits how often" in records[2].reason
        assert records[3].reason.startswith("not asked")

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, host_delay=0.0, concurrency=1))


def test_a_host_that_complained_is_asked_five_seconds_apart(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.poller._gate._ours = False
        at.here.documents |= {"/1": rss(item("1", "one")), "/2": rss(item("1", "one"))}
        at.poller._gate.slow_down(at.here.address, 0.5, 60)
        began = time.monotonic()
        await at.poller.poll_all([at.source("/1"), at.source("/2")])
        assert time.monotonic() - began > 0.5

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, host_delay=0.0))


@pytest.mark.parametrize(("asked", "kept"), [("5", 60), ("99999999", 86_400)])
def test_what_a_host_may_ask_for_has_limits(tmp_path: Path, asked: str, kept: float) -> None:
    async def work(at: Desk) -> None:
        at.poller._gate._ours = False
        await at.poll(f"/status/503?retry={asked}")
        assert kept - 5 < at.poller._gate.quiet_for(at.here.address) <= kept

    at_desk(tmp_path, work)


def test_what_a_host_asked_for_outlives_the_process(tmp_path: Path) -> None:
    async def ask(at: Desk) -> None:
        at.poller._gate._ours = False
        await at.poll("/status/429?retry=3600")

    async def again(at: Desk) -> None:
        at.poller._gate._ours = False
        at.here.documents["/good"] = rss(item("1", "one"))
        (other,) = await at.poller.poll_all([at.source("/good")])
        assert (other.status, other.http_status) == ("rate-limited", 0)
        assert other.reason.startswith("not asked: its server wants 3,")
        at.poller._gate._ours = True
        (mine,) = await at.poller.poll_all([at.source("/good")])
        assert mine.status == "working"

    async def both() -> None:
        async with outlet() as here:
            for work in (ask, again):
                async with desk(tmp_path, here) as at:
                    await work(at)

    asyncio.run(both())


def test_the_host_that_complained_is_left_alone_and_not_the_one_that_led_there(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.poller._gate._ours = False
        other = at.here.address.replace("127.0.0.1", "localhost")
        at.here.documents["/good"] = rss(item("1", "one"))
        at.here.redirects |= {
            "/first": (302, f"{other}/status/429?retry=7200"), "/second": (302, f"{other}/good"),
        }  # fmt: skip
        first = await at.poll("/first")
        assert (first.status, first.http_status) == ("rate-limited", 429)
        assert at.poller._gate.quiet_for(at.here.address) < 1
        assert at.poller._gate.quiet_for(other) > 7000
        second = await at.poll("/second")
        assert (second.status, second.reason[:9]) == ("rate-limited", "not asked")
        assert [one.path for one in at.here.requests if one.path != "/robots.txt"] == ["/first", "/second"]
        assert (await at.poll("/good")).status == "working"

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, host_delay=0.0, allow_networks=("127.0.0.0/8", "::1/128")))
