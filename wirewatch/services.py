"""What a process can do, each as a part added to its shell: `run` has them all, a service one.

    poll ──> [items] ──> pipeline ──> [hits] ──> desk          serve

Each part takes from the station what it needs and nothing else, so that a service opens no more than that.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipelines.patience import StoppedWaitingError, patiently
from schemas.errors import StoreError
from schemas.feed import FINE, FeedStatus, FetchRecord
from wirewatch import metrics, retention
from wirewatch.figures import Figures, add_index, add_log
from wirewatch.profiles import LEARN_SECONDS, learn

if TYPE_CHECKING:
    from pipelines.monitoring import Outputs
    from pipelines.run import MicroBatches
    from schemas.feed import FeedSource
    from wirewatch.process import Process
    from wirewatch.station import Station

_OFFLINE = frozenset({FeedStatus.UNREACHABLE, FeedStatus.TIMEOUT})
_NAMED = 5
_log = logging.getLogger(__name__)


def add_poller(
    process: Process,
    station: Station,
    figures: Figures,
    announce: Callable[[str], None],
    hubs: socket.socket | None = None,
) -> None:
    """Poll the feeds, hear the hubs, and learn in which variant each feed is written."""
    poller, states, feeds = station.poller, station.states, station.feeds
    telling = _Polls(lambda: station.sources, announce)

    async def poll(stop: asyncio.Event) -> None:
        # The poller reads the log before it polls; from then on a log that is away only makes polls fail.
        if await asyncio.to_thread(_answers, station):
            await poller.run(feeds, stop, telling.fetched)

    process.task(poll)
    if hubs is not None:
        from connectors.feeds.listener import Listener

        process.task(Listener(poller, hubs).serve)
    process.closing(poller.close)
    process.thread("profiles", lambda: _learn(station))
    figures.add(lambda: metrics.of_feeds(station.sources, states, poller))


def add_pipeline(process: Process, station: Station, figures: Figures, outputs: Outputs) -> None:
    """Run the graph over what comes; where articles go to an index that others ask too, copy what else it shows."""
    batches: list[MicroBatches] = []
    _ = station.log, station.places

    def work() -> None:
        batches.append(station.pipeline(outputs))
        _log.info("pipeline ready", extra={"outputs": ",".join(outputs)})
        while not process.stopping.is_set():
            batches[0].step(station.settings.pipeline.batch_seconds)

    process.thread("pipeline", work)
    if "index" in outputs and (archiving := station.archiving()) is not None:
        process.thread("archive", lambda: archiving.run(process.stopping))
    figures.add(lambda: metrics.of_graph(batches[0].counters if batches else None))
    if "hits" in outputs:
        watched = station.watched
        figures.add(lambda: metrics.of_lists(watched))


def add_desk(process: Process, station: Station, figures: Figures) -> None:
    """Decide, mail, and copy."""
    desk, ledger = station.desk, station.ledger
    process.thread("desk", lambda: desk.run(process.stopping))
    retention.start(station.settings, process.stopping)
    figures.add(lambda: metrics.of_desk(ledger, desk.counters))
    add_index(figures, station)


def add_page(process: Process, station: Station, figures: Figures, bound: socket.socket) -> None:
    """Serve the live page."""
    from wirewatch.page import page_of, serve

    page = page_of(station, figures.text, process.health)
    process.task(lambda stop: serve(page, bound, stop))


def add_endpoint(process: Process, figures: Figures, bound: socket.socket) -> None:
    """Answer supervisors: whether it is well, and its figures."""
    from dashboard.endpoint import create_endpoint
    from wirewatch.page import serve

    endpoint = create_endpoint(figures.text, process.health)
    process.task(lambda stop: serve(endpoint, bound, stop))


def add_all(
    process: Process, station: Station, announce: Callable[[str], None], hubs: socket.socket | None = None
) -> Figures:
    """Everything but the page in this one process; returns its figures."""
    figures = Figures()
    add_poller(process, station, figures, announce, hubs)
    add_pipeline(process, station, figures, ("hits", "index"))
    add_desk(process, station, figures)
    add_log(figures, station)
    return figures


def _answers(station: Station) -> bool:
    """Whether the log answers, once it does; False when the process is to end before that."""
    try:
        patiently(lambda: station.log.ends("fetches"), station.stopping.is_set)
    except StoppedWaitingError:
        return False
    return True


def _learn(station: Station) -> None:
    while not station.stopping.wait(LEARN_SECONDS):
        try:
            learn(station.index, station.states)
        except StoreError as error:
            # A hint less for half an hour; what cannot do without the store says so itself.
            _log.warning("language profiles not learned", extra={"reason": str(error)})


class _Polls:
    """Says what polls come to, and once when no feed can be reached at all."""

    def __init__(self, sources: Callable[[], tuple[FeedSource, ...]], announce: Callable[[str], None]) -> None:
        self._sources = sources
        self._announce = announce
        self._polled: dict[str, FeedStatus] = {}
        self._said_offline = False

    def fetched(self, fetch: FetchRecord) -> None:
        self._polled[fetch.feed_url] = fetch.status
        level = logging.INFO if fetch.status in FINE else logging.WARNING
        quiet = fetch.status is FeedStatus.UNCHANGED
        _log.log(
            logging.DEBUG if quiet else level,
            "polled",
            extra={"feed": fetch.feed_url, "status": fetch.status.value, "new": fetch.new, "reason": fetch.reason},
        )
        self._say_when_offline()

    def _say_when_offline(self) -> None:
        tried_all = len(self._polled) >= len(self._sources())
        if not tried_all or self._said_offline or not _OFFLINE.issuperset(self._polled.values()):
            return
        self._said_offline = True
        named, more = list(self._polled)[:_NAMED], len(self._polled) - _NAMED
        others = f" and {more} more" if more > 0 else ""
        self._announce(f"no feed could be reached: {', '.join(named)}{others}")
        self._announce("is there a network? `make demo` shows wirewatch without one")
