"""What is older than its time leaves the index, once a day.

Beside the desk, which every installation has exactly one of: N pipelines would each ask the server for the same.
Ledger and feed memory keep what is deleted here, so that nobody is told of it again when it comes back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from schemas.errors import StoreError
from wirewatch import wiring

if TYPE_CHECKING:
    from wirewatch.settings import Settings

_DAY = 86_400.0
_AGAIN = 3_600.0
"""Seconds until it is tried again where the index was away or refused."""
_FIRST = 60.0
"""Seconds after the start: a process that dies at once and is started again must not keep the server busy."""
_log = logging.getLogger(__name__)


def start(settings: Settings, stopping: threading.Event, *, first: float = _FIRST) -> None:
    """Drop daily what the settings keep no longer, until `stopping`; nothing where the index is a file."""
    server, days = wiring.elasticsearch_server(settings), settings.elasticsearch.retention_days
    if server is None or not days:
        return

    def drop() -> Mapping[str, int]:
        from connectors.index.retention import drop_older

        return {str(kind): count for kind, count in drop_older(server, days).items()}

    # A daemon: deleting takes minutes at times, may be broken off anywhere, and must not hold up the end of the process.
    threading.Thread(target=lambda: drop_daily(drop, stopping, first=first), name="retention", daemon=True).start()


def drop_daily(
    drop: Callable[[], Mapping[str, int]],
    stopping: threading.Event,
    *,
    first: float = _FIRST,
    day: float = _DAY,
    again: float = _AGAIN,
) -> None:
    """Call `drop`, which returns documents deleted by index, until `stopping`; no error of it is raised."""
    pause = first
    while not stopping.wait(pause):
        try:
            dropped = drop()
        except StoreError as error:
            _log.warning("retention failed", extra={"reason": str(error)})
            pause = again
        else:
            _log.info("retention", extra={f"deleted_{name}": count for name, count in dropped.items() if count})
            pause = day
