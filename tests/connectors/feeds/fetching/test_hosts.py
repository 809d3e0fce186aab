from __future__ import annotations

import asyncio
from functools import partial

from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.hosts import HostGate
from schemas.errors import FeedError
from schemas.feed import FeedStatus


async def turns(gate: HostGate, *addresses: str) -> list[str]:
    """Take a turn for each address side by side; what happened, in order."""
    events: list[str] = []

    async def one(address: str) -> None:
        async with gate.turn(address):
            events.append(f"begin {address}")
            await asyncio.sleep(0.02)
            events.append(f"end {address}")

    await asyncio.gather(*map(one, addresses))
    return events


def gated(*addresses: str, delay: float = 0.1, allowed: tuple[str, ...] = ()) -> tuple[list[str], float]:
    async def run() -> tuple[list[str], float]:
        loop = asyncio.get_running_loop()
        gate = HostGate(delay, Guard(networks(allowed)), ours=bool(allowed), clock=loop.time)
        began = loop.time()
        return await turns(gate, *addresses), loop.time() - began

    return asyncio.run(run())


def test_one_host_has_one_turn_at_a_time_and_a_pause_between() -> None:
    first, second = "http://93.184.216.34/1", "http://93.184.216.34/2"
    events, seconds = gated(first, second)
    assert events == [f"begin {first}", f"end {first}", f"begin {second}", f"end {second}"]
    assert seconds >= 0.13


def test_two_hosts_do_not_wait_for_each_other() -> None:
    events, seconds = gated("http://93.184.216.34/1", "http://93.184.216.35/1", delay=5.0)
    assert [event.split()[0] for event in events] == ["begin", "begin", "end", "end"]
    assert seconds < 2


def test_a_name_in_an_allowed_network_needs_no_turn() -> None:
    events, _ = gated("http://localhost/1", "http://localhost/2", delay=5.0, allowed=("127.0.0.0/8", "::1/128"))
    assert [event.split()[0] for event in events] == ["begin", "begin", "end", "end"]


def test_quiet_is_kept_for_a_host_but_not_among_our_own() -> None:
    async def run() -> None:
        gate = HostGate(0.0, Guard(networks(["127.0.0.0/8"])), ours=True, clock=lambda: 100.0)
        await turns(gate, "http://127.0.0.1/a", "http://93.184.216.34/a")
        gate.quiet("http://127.0.0.1/a", 3600)
        gate.quiet("http://93.184.216.34/a", 3600)
        gate.quiet("http://93.184.216.34/a", 60)
        assert gate.quiet_for("http://127.0.0.1/b") == 0
        assert gate.quiet_for("http://93.184.216.34/b") == 3600

    asyncio.run(run())


def test_it_is_the_host_that_answered_that_is_left_alone() -> None:
    gate = HostGate(0.0, Guard(), ours=False, clock=lambda: 100.0)
    asked, answered = "http://93.184.216.34/a", "http://93.184.216.35/b"
    refused = partial(FeedError, "wait", subject=asked, status=FeedStatus.RATE_LIMITED, retry_after=600.0)
    gate.heed(asked, refused())
    assert gate.quiet_for(asked) == 0, "nobody answered"
    gate.heed(asked, refused(http_status=429, answered_by=answered))
    assert (gate.quiet_for(asked), gate.quiet_for(answered)) == (0, 600)
    gate.heed(asked, refused(http_status=429))
    assert gate.quiet_for(asked) == 600


def test_a_host_that_is_to_be_asked_more_slowly_is_so_for_as_long_as_it_wants() -> None:
    time = [100.0]
    gate = HostGate(1.0, Guard(), ours=False, clock=lambda: time[0])
    url = "http://93.184.216.34/a"

    def pause() -> float:
        gate.begin("93.184.216.34").end()
        return gate.quiet_for(url)

    assert pause() == 1.0
    gate.slow_down(url, 10.0, 600.0)
    gate.slow_down(url, 5.0, 3600.0)
    assert pause() == 10.0
    time[0] = 701.0
    assert pause() == 1.0
    gate.slow_down(url, 5.0, 60.0)
    assert pause() == 5.0


def test_everyone_in_a_long_line_for_one_host_gets_a_turn() -> None:
    async def run() -> list[str]:
        gate = HostGate(0.01, Guard(), ours=False, clock=asyncio.get_running_loop().time)
        async with asyncio.timeout(5):
            return await turns(gate, *(f"http://93.184.216.34/{number}" for number in range(5)))

    assert [event.split()[0] for event in asyncio.run(run())] == ["begin", "end"] * 5
