"""The poller of the polling proof, in a process of its own that is killed at any moment.

Its log refuses to append while the file `full` lies in the data folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from connectors.feeds.poller import Poller
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.interfaces import NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas.errors import StoreError
from schemas.feed import FINE, FeedSource


class FullAtTimes(EmbeddedLog):
    """The real log, on a disk that has no room at times."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "log.sqlite3")
        self._full = folder / "full"

    def append(self, records: Sequence[NewRecord]) -> None:
        if self._full.exists():
            message = "database or disk is full"
            raise StoreError(message, subject="log", retryable=True)
        super().append(records)


async def _poll(options: argparse.Namespace) -> int:
    sources = [FeedSource(feed_url=url) for url in json.loads((options.folder / "feeds.json").read_text())]
    log, states = FullAtTimes(options.folder), SqliteFeedStates(options.folder / "feeds.sqlite3")
    settings = PollerSettings(
        allow_networks=("127.0.0.0/8",), timeout=options.deadline, min_interval=options.interval * 0.85,
        max_interval=options.interval * 1.15,
    )  # fmt: skip
    poller = Poller(settings, log, states)
    try:
        if not options.once:
            await poller.run(sources, asyncio.Event())
        records = await poller.poll_all(sources)
        return sum(record.status not in FINE for record in records)
    finally:
        await poller.close()
        states.close()
        log.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interval", type=float, required=True)
    parser.add_argument("--deadline", type=float, required=True)
    parser.add_argument("--once", action="store_true", help="every feed once; writes how many failed")
    sys.stdout.write(f"{asyncio.run(_poll(parser.parse_args()))}\n")
