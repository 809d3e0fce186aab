"""Many feeds at a steady pace: how late polls are, and whether memory stays flat.

    python -m benchmarks.feeds_poll_long [--feeds N] [--minutes N] [--interval SECONDS]

A restart with 20,000 known feeds, each planned within the next interval, polled from then on by the whole poller with
its log and memory in files, 32 at once, as it is installed. Feeds lie on 127.x addresses: 90 % answer 304, 10 % send
the document of last time. A deadline is missed when a poll begins more than a tenth of the interval after it was due.
No rival: the figures are absolute. Resident memory is that of the poller's process, without its parse worker.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.feeds_poll import LOOPBACK, address, outlets
from benchmarks.feeds_server import document
from benchmarks.results import Result, options, record
from connectors.feeds.fetching.validators import document_hash
from connectors.feeds.poller import Poller
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.interfaces import Known
from connectors.log.embedded import EmbeddedLog
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord

_DOCUMENTS = 20


class _Measured:
    """What is kept of a run: a few numbers a poll."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.other: dict[str, int] = {}

    def told(self, fetch: FetchRecord) -> None:
        self.late.append(fetch.late)
        if fetch.status is not FeedStatus.UNCHANGED:
            self.other[fetch.status] = self.other.get(fetch.status, 0) + 1


def _resident() -> float:
    """MiB in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096 / (1 << 20)


def _seed(states: SqliteFeedStates, urls: Sequence[str], interval: float) -> None:
    hashes = [document_hash(document(number)) for number in range(_DOCUMENTS)]
    moment, chance = datetime.now(UTC), random.Random(1)
    for start in range(0, len(urls), 500):
        known: list[tuple[FeedState, dict[str, Known]]] = []
        for number, url in enumerate(urls[start : start + 500], start):
            before = moment - timedelta(seconds=interval)
            state = FeedState(
                feed_url=url, etag='"1"', full_at=moment, last_ok_at=before, last_new_at=before, interval=interval,
                body_hash=hashes[number % _DOCUMENTS],
                next_poll_at=moment + timedelta(seconds=chance.random() * interval),
            )  # fmt: skip
            known.append((state, {}))
        states.save_all(known)


async def _polled(
    poller: Poller, sources: Sequence[FeedSource], seconds: float
) -> tuple[_Measured, list[float], float]:
    measured, memory, stop = _Measured(), [], asyncio.Event()
    began = time.process_time()
    polling = asyncio.create_task(poller.run(sources, stop, measured.told))
    # The first tenth of the run brings imports and caches.
    for share in (0.1, 0.45, 0.45):
        done, _ = await asyncio.wait({polling}, timeout=seconds * share)
        if done:
            polling.result()
        memory.append(_resident())
    stop.set()
    await polling
    spent = time.process_time() - began
    await poller.close()
    return measured, memory, spent


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--feeds", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--interval", type=float, default=600.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, outlets("--unchanged", "0.9", "--delay", "0.12") as port:
        urls = [address(number, port) for number in range(chosen.feeds)]
        log, states = EmbeddedLog(Path(folder) / "log.sqlite3"), SqliteFeedStates(Path(folder) / "feeds.sqlite3")
        _seed(states, urls, chosen.interval)
        settings = PollerSettings(
            allow_networks=LOOPBACK, parsers=1, min_interval=chosen.interval, max_interval=chosen.interval
        )
        sources = [FeedSource(feed_url=url, interval=chosen.interval) for url in urls]
        poller = Poller(settings, log, states)
        measured, memory, spent = asyncio.run(_polled(poller, sources, chosen.minutes * 60))
        states.close()
        log.close()
    late = sorted(measured.late)
    missed = sum(one > chosen.interval / 10 for one in late)
    how = f"{chosen.feeds:,} feeds every {chosen.interval:g} s for {chosen.minutes:g} minutes, {len(late):,} polls"
    results = (
        Result(
            "many feeds: how late a poll begins",
            f"p50 {late[len(late) // 2]:.3f} s, p99 {late[len(late) * 99 // 100]:.3f} s, max {late[-1]:.3f} s;"
            f" {missed} late by over a tenth of the interval",
            f"{how}; not unchanged: {measured.other or 'none'}; no rival",
        ),
        Result(
            "many feeds: memory and CPU time of the poller",
            f"{memory[0]:.0f}, {memory[1]:.0f}, {memory[2]:.0f} MiB at a tenth, half and end;"
            f" {spent / len(late) * 1000:.2f} ms a poll",
            f"{how}; with log and memory in files; no rival",
        ),
    )
    record(*results)


if __name__ == "__main__":
    main()
