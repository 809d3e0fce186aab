"""The poll loop with every guard, against bare clients: CPU time of the client alone, on loopback.

    python -m benchmarks.feeds_poll [--feeds N] [--rounds N]

Feeds lie on many 127.x addresses, answered by another process: 70 % with 304, 30 % with 50 kB under gzip, a new
connection each, 200 in flight. Clients take turns within each round; the median of their ratios counts.
- loop: due queue, host gate, guard, validators, redirect loop, own inflate cap, page check, document hash
- bare aiohttp, bare httpx: GET with the same headers, body read and decoded, nothing else
- poller: the loop with its log and its memory, over the feeds that answer 304
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import httpx

from benchmarks.results import Result, options, record
from connectors.feeds.fetching.fetch import Fetcher
from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.hosts import HostGate, Turn, host_of
from connectors.feeds.fetching.validators import document_hash, to_send
from connectors.feeds.poller import Poller
from connectors.feeds.polling.rounds import Plan, Rounds
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.log.embedded import EmbeddedLog
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord

IN_FLIGHT = 200
LOOPBACK = ("127.0.0.0/8",)
_HEADERS = {"If-None-Match": '"1"', "If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT", "User-Agent": "bench"}

Client = Callable[[Sequence[str]], Awaitable[int]]


def address(number: int, port: int) -> str:
    """The address of one of the feeds: 250 to a /24, so that each is a host of its own."""
    return f"http://127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}:{port}/{number}"


@contextlib.contextmanager
def outlets(*options: str) -> Iterator[int]:
    """The port of a server process."""
    command = [sys.executable, "-m", "benchmarks.feeds_server", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # both were asked for as pipes
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


async def bare_aiohttp(urls: Sequence[str]) -> int:
    """Bytes read by aiohttp alone."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:

        async def get(url: str) -> int:
            async with session.get(url, headers=_HEADERS, allow_redirects=False) as response:
                return len(await response.read())

        return await _in_flight(get, urls)


async def bare_httpx(urls: Sequence[str]) -> int:
    """Bytes read by httpx alone."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=30.0, trust_env=False) as client:

        async def get(url: str) -> int:
            return len((await client.get(url, headers=_HEADERS)).content)

        return await _in_flight(get, urls)


async def _in_flight(get: Callable[[str], Awaitable[int]], urls: Sequence[str]) -> int:
    left = iter(urls)

    async def work() -> int:
        return sum([await get(url) for url in left])

    return sum(await asyncio.gather(*(work() for _ in range(IN_FLIGHT))))


async def loop(urls: Sequence[str]) -> int:
    """Bytes read by the poll loop with its guards, without log and memory."""
    guard = Guard(networks(LOOPBACK))
    clock = asyncio.get_running_loop().time
    gate = HostGate(0.0, guard, ours=False, clock=clock)
    fetcher = Fetcher(user_agent="bench", guard=guard)
    await fetcher.open()
    moment = datetime.now(UTC)
    states = {
        url: FeedState(
            feed_url=url, etag='"1"', last_modified="Sun, 22 Nov 2026 12:00:00 GMT", full_at=moment, body_hash="x"
        )
        for url in urls
    }
    read = 0

    async def poll(source: FeedSource, turn: Turn, _: datetime) -> tuple[FetchRecord, Plan]:
        nonlocal read
        url = source.feed_url
        state = states[url]
        try:
            await gate.learn(host_of(url))
            fetched = await fetcher.fetch(url, to_send(state, url, moment))
        finally:
            turn.end()
        status = FeedStatus.UNCHANGED
        if not fetched.unchanged and document_hash(fetched.body) != state.body_hash:
            status = FeedStatus.WORKING
        read += len(fetched.body)
        made = FetchRecord(feed_url=url, fetched_at=moment, status=status, reason="", http_status=fetched.http_status)
        return made, Plan(moment, url)

    rounds = Rounds(poll, gate, IN_FLIGHT, 5.0, lambda: datetime.now(UTC))
    await rounds.once([FeedSource(feed_url=url) for url in urls], {}, lambda _: None)
    await fetcher.close()
    return read


def _cpu(client: Client, urls: Sequence[str]) -> tuple[float, int]:
    gc.collect()
    began = time.process_time()
    read = asyncio.run(_run(client, urls))
    return time.process_time() - began, read


async def _run(client: Client, urls: Sequence[str]) -> int:
    return await client(urls)


def _whole_poller(urls: Sequence[str]) -> float:
    """CPU seconds of the poller over feeds whose state is known, log and memory in real files."""
    with tempfile.TemporaryDirectory() as folder:
        log = EmbeddedLog(Path(folder) / "log.sqlite3")
        states = SqliteFeedStates(Path(folder) / "feeds.sqlite3")
        moment = datetime.now(UTC)
        known = [
            FeedState(feed_url=url, etag='"1"', full_at=moment, last_ok_at=moment - timedelta(hours=1), interval=600.0)
            for url in urls
        ]
        states.save_all([(state, {}) for state in known])

        async def poll() -> float:
            settings = PollerSettings(allow_networks=LOOPBACK, concurrency=IN_FLIGHT, parsers=1)
            poller = Poller(settings, log, states)
            await poller.poll_all([FeedSource(feed_url=urls[0])])
            began = time.process_time()
            records = await poller.poll_all([FeedSource(feed_url=url) for url in urls])
            seconds = time.process_time() - began
            await poller.close()
            assert all(one.status == "unchanged" for one in records)
            return seconds

        try:
            return asyncio.run(poll())
        finally:
            states.close()
            log.close()


def compared(urls: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each client in each round; the first round, which warms imports and caches, left out."""
    clients: dict[str, Client] = {"loop": loop, "aiohttp": bare_aiohttp, "httpx": bare_httpx}
    spent: dict[str, list[float]] = {name: [] for name in clients}
    for round_ in range(rounds + 1):
        read = set()
        for name, client in clients.items():
            seconds, size = _cpu(client, urls)
            read.add(size)
            if round_:
                spent[name].append(seconds)
        assert len(read) == 1, f"clients read different documents: {read}"
    return spent


def ratio(spent: dict[str, list[float]], rival: str) -> float:
    """What the poll loop costs against `rival`: the median over the rounds."""
    return statistics.median(ours / theirs for ours, theirs in zip(spent["loop"], spent[rival], strict=True))


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--feeds", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    with outlets() as port:
        urls = [address(number, port) for number in range(chosen.feeds)]
        unchanged = [url for number, url in enumerate(urls) if number % 100 < 70]
        spent = compared(urls, chosen.rounds)
        whole = [_whole_poller(unchanged) for _ in range(3)]
    per_feed = {name: statistics.median(seconds) / chosen.feeds * 1000 for name, seconds in spent.items()}
    shown = ", ".join(f"{name} {value:.2f}" for name, value in per_feed.items())
    results = [
        Result(
            f"poll loop with all guards to bare {rival}, CPU time",
            f"{ratio(spent, rival):.2f}x",
            f"{chosen.feeds:,} feeds on loopback, 70 % 304, 30 % 50 kB gzip; ms a feed: {shown}",
        )
        for rival in ("aiohttp", "httpx")
    ]
    results.append(
        Result(
            "whole poller, feeds that answer 304, CPU time",
            f"{statistics.median(whole) / len(unchanged) * 1000:.2f} ms a feed",
            f"with log and memory in files, flushed; {len(unchanged):,} feeds, no rival",
        )
    )
    record(*results)


if __name__ == "__main__":
    main()
