"""No request reaches a private address: by no spelling, on no hop, by no change of mind of a name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.feeds.fetching.fetch import Fetcher
from connectors.feeds.fetching.guard import Guard, networks
from schemas.errors import FeedError
from tests.hostile.servers import canary, serving

OUTLET = "127.0.1.1"
"""Where the hostile server lies: its network is allowed, that of the canary is not."""
ALLOWED = ("127.0.1.0/24",)
SPELLINGS = (
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0.0.0.0",
    "[::ffff:127.0.0.1]",
    "[::1]",
    "localhost",
    "127.0.0.1.",
    "[::127.0.0.1]",
    "①②⑦.⓪.⓪.①",
)


class Names(AbstractResolver):
    """Names with the answers a hostile name server gives, one after the other, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(
                hostname=host, host=one, port=port, family=socket.AF_INET6 if ":" in one else socket.AF_INET, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in answer
        ]  # fmt: skip

    async def close(self) -> None:
        pass


async def refused(url: str, allowed: Sequence[str] = ALLOWED, names: Names | None = None) -> FeedError:
    fetcher = Fetcher(user_agent="x", guard=Guard(networks(allowed)), timeout=5.0, names=names)
    await fetcher.open()
    try:
        with pytest.raises(FeedError) as caught:
            await fetcher.fetch(url)
    finally:
        await fetcher.close()
    return caught.value


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_this_machine_is_asked(spelling: str) -> None:
    async def run() -> None:
        async with canary() as bird, serving(OUTLET) as port:
            for hops in range(6):
                target = f"http://{spelling}:{bird.port}/"
                url = target if not hops else f"http://{OUTLET}:{port}/to/{hops}/{target.replace('/', '!')}"
                error = await refused(url)
                assert error.status in {"blocked-address", "unreachable", "refused"}, (url, error)
            assert bird.connections == 0

    asyncio.run(run())


def test_the_canary_sings_where_it_is_allowed() -> None:
    async def run() -> int:
        async with canary() as bird, serving(OUTLET) as port:
            fetcher = Fetcher(user_agent="x", guard=Guard(networks(["127.0.0.0/8"])))
            await fetcher.open()
            for hops in range(6):
                target = f"http://127.0.0.1:{bird.port}/"
                await fetcher.fetch(
                    target if not hops else f"http://{OUTLET}:{port}/to/{hops}/{target.replace('/', '!')}"
                )
            await fetcher.close()
            return bird.connections

    assert asyncio.run(run()) == 6


@pytest.mark.parametrize(
    "private",
    ["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fc00::1]", "[fe80::1]", "[64:ff9b::7f00:1]"],
)
@pytest.mark.parametrize("hops", range(1, 6))
def test_no_redirect_leads_into_a_private_network(private: str, hops: int) -> None:
    async def run() -> FeedError:
        async with serving(OUTLET) as port:
            return await refused(f"http://{OUTLET}:{port}/to/{hops}/http:!!{private}!latest")

    error = asyncio.run(run())
    assert error.status == "blocked-address"
    assert "(redirected to http://" in error.message


def test_a_name_that_leads_here_is_refused() -> None:
    async def run() -> None:
        async with canary() as bird:
            for answer in (["127.0.0.1"], ["::ffff:127.0.0.1"], ["0.0.0.0"], ["127.0.0.1", "10.0.0.1"]):
                error = await refused(f"http://portal.example:{bird.port}/", names=Names(answer))
                assert error.status == "blocked-address", error
                assert "--allow-network" in error.message
            assert bird.connections == 0

    asyncio.run(run())


def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    async def run() -> None:
        async with canary() as bird, serving(OUTLET) as port:
            assert bird.port != port
            names = Names([OUTLET], ["127.0.0.1"])
            fetcher = Fetcher(user_agent="x", guard=Guard(networks(ALLOWED)), timeout=5.0, names=names)
            await fetcher.open()
            first = await fetcher.fetch(f"http://rebind.example:{port}/feed")
            assert first.http_status == 200
            with pytest.raises(FeedError) as caught:
                # The first answer passed the gate; what counts is the address of this connection.
                await fetcher.fetch(f"http://rebind.example:{bird.port}/feed")
            await fetcher.close()
            assert caught.value.status == "blocked-address"
            assert names.asked == 2
            assert bird.connections == 0

    asyncio.run(run())


def test_of_many_answers_only_those_that_are_allowed_are_tried() -> None:
    async def run() -> None:
        async with canary() as bird:
            # Nothing listens at the allowed one: the next answer is tried, and refused.
            error = await refused(f"http://two.example:{bird.port}/", names=Names([OUTLET, "127.0.0.1"]))
            assert error.status in {"blocked-address", "unreachable"}
            assert bird.connections == 0

    asyncio.run(run())
