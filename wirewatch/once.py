"""`wirewatch run --once`: poll every feed once, process all of it, tell the team, and say what came of it."""

from __future__ import annotations

import asyncio
import collections
import threading
from typing import TYPE_CHECKING

import msgspec

from alerts.desk import DeskSummary
from schemas.feed import FINE, FetchRecord
from wirewatch.profiles import learn

if TYPE_CHECKING:
    from collections.abc import Callable

    from wirewatch.station import Station


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What one run came to."""

    fetches: tuple[FetchRecord, ...]
    records: int
    dead_letters: int
    """Records set aside in this run, by the graph or the desk."""
    told: DeskSummary
    articles: int
    """Articles in the index afterwards."""

    def lines(self) -> list[str]:
        """For a person."""
        by_status = collections.Counter(fetch.status.value for fetch in self.fetches)
        states = ", ".join(f"{count} {status}" for status, count in by_status.most_common())
        new = sum(fetch.new for fetch in self.fetches)
        updated = sum(fetch.updated for fetch in self.fetches)
        lines = [
            f"feeds     {len(self.fetches)} tried" + (f": {states}" if states else ""),
            f"items     {new} new, {updated} updated; {self.articles} articles in the index",
            f"alerts    {self.told.sent} sent, {self.told.failed} failed, {self.told.undelivered} waiting",
            f"          {self.told.suppressed} suppressed so far" if self.told.suppressed else "",
        ]
        lines += [f"waiting   {reason}" for reason in self.told.waiting]
        if self.dead_letters:
            lines.append(f"set aside {self.dead_letters} records (wirewatch deadletters list)")
        lines += [f"failed    {fetch.feed_url}: {fetch.reason}" for fetch in self.fetches if fetch.status not in FINE]
        return [line for line in lines if line]


def run_once(station: Station, progress: Callable[[str], None]) -> Summary:
    """One pass over all feeds. Returns when all that came is indexed, decided, delivered and copied.

    `progress` is given one short line after each step of long work.
    """
    # Beam takes a second to import: let it happen while the first answers are on their way.
    warming = threading.Thread(target=_import_graph, daemon=True)
    warming.start()
    fetches = asyncio.run(_poll(station, progress))
    warming.join()
    pipeline = station.pipeline()
    progress("matching")
    records = pipeline.drain()
    progress("telling")
    told = station.desk.drain()
    station.archive()
    if records:
        learn(station.index, station.states)
    return Summary(
        fetches=fetches,
        records=records,
        dead_letters=pipeline.counters.dead_letters_total + told.dead_letters,
        told=told,
        articles=station.index.count(),
    )


def _import_graph() -> None:
    import pipelines.run  # noqa: F401 imported for the time it takes
    from pipelines.language.detect import warm

    warm()


async def _poll(station: Station, progress: Callable[[str], None]) -> tuple[FetchRecord, ...]:
    done = 0

    def tell(_: FetchRecord) -> None:
        nonlocal done
        done += 1
        progress(f"polled {done} of {len(station.sources)} feeds")

    try:
        return tuple(await station.poller.poll_all(station.sources, tell))
    finally:
        await station.poller.close()
