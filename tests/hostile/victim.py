"""Run in a process of its own: a poller that meets each attack, with what it cost, one JSON line each.

    python -m tests.hostile.victim FOLDER DEADLINE URL...

A line holds `url, status, reason, seconds, growth`; growth is KiB of resident memory, from just before the poll to its
highest point, the page cache of the parse workers not included: they are processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from connectors.feeds.poller import Poller
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.log.embedded import EmbeddedLog
from schemas.feed import FeedSource

_STATUS = Path("/proc/self/status")


def highest() -> int:
    """The most KiB this process had in memory since `forget`."""
    if _STATUS.is_file():
        line = next(one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def forget() -> None:
    """Begin to measure anew, where the system can."""
    if _STATUS.is_file():
        Path("/proc/self/clear_refs").write_text("5")


async def main(folder: Path, deadline: float, urls: list[str]) -> None:
    log, states = EmbeddedLog(folder / "log.sqlite3"), SqliteFeedStates(folder / "feeds.sqlite3")
    settings = PollerSettings(allow_networks=("127.0.0.0/8",), timeout=deadline, parsers=1)
    poller = Poller(settings, log, states)
    try:
        for url in urls:
            forget()
            before, began = highest(), time.monotonic()
            record = await poller.poll(FeedSource(feed_url=url))
            line = {"url": url, "status": record.status, "reason": record.reason}
            cost = {"seconds": time.monotonic() - began, "growth": highest() - before}
            sys.stdout.write(json.dumps({**line, **cost}) + "\n")
    finally:
        await poller.close()
        states.close()
        log.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
