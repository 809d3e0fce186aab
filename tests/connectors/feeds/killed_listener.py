"""A listening poller that kills itself during a delivery: run by `test_push_fallback.py` in a process of its own.

Arguments: data folder, port to listen on, feed address, point (`appended`, `saved` or `none`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.feeds.listener import Listener
from connectors.feeds.poller import Poller
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.settings import PollerSettings
from connectors.feeds.websub.rules import Terms
from connectors.log.embedded import EmbeddedLog
from schemas.feed import FeedSource, FeedState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.interfaces import Known, NewRecord


class KilledLog(EmbeddedLog):
    point = ""

    def append(self, records: Sequence[NewRecord]) -> None:
        super().append(records)
        if self.point == "appended" and any(b'"pushed":true' in record.value for record in records):
            os.kill(os.getpid(), signal.SIGKILL)


class KilledStates(SqliteFeedStates):
    point = ""

    def save_all(self, saved: Sequence[tuple[FeedState, Mapping[str, Known]]]) -> None:
        super().save_all(saved)
        if self.point == "saved" and any(state.push.delivered_at is not None for state, _ in saved):
            os.kill(os.getpid(), signal.SIGKILL)


async def main(folder: Path, port: int, feed_url: str, point: str) -> None:
    log, states = KilledLog(folder / "log.sqlite3"), KilledStates(folder / "feeds.sqlite3")
    log.point = states.point = point
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    terms = Terms(base=f"http://127.0.0.1:{port}", retry=0.2)
    settings = PollerSettings(allow_networks=("127.0.0.0/8",), parsers=1, websub=terms)
    poller, stop = Poller(settings, log, states), asyncio.Event()
    await asyncio.gather(Listener(poller, bound).serve(stop), poller.run((FeedSource(feed_url=feed_url),), stop))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
