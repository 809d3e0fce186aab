"""The live page inside the process: what it is made from, on a socket bound before."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dashboard.app import create_app
from dashboard.discover import Discover
from dashboard.server import PageServer
from dashboard.sources import Health, Sources
from schemas.time import now
from wirewatch import metrics
from wirewatch.door import credentials, names_of

if TYPE_CHECKING:
    from pipelines.run import MicroBatches
    from schemas.watchlist import Watchlist
    from wirewatch.settings import Settings
    from wirewatch.station import Station


class _Server(PageServer):
    """Without uvicorn's signal handlers: the process owns the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Page:
    """Serves the page of `station` until `stop`."""

    def __init__(
        self,
        station: Station,
        bound: socket.socket,
        pipeline: Callable[[], MicroBatches | None],
        failing: Callable[[], dict[str, str]],
    ) -> None:
        self._station = station
        self._pipeline = pipeline
        self._failing = failing
        self._socket = bound
        host, port = bound.getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        sources = Sources(
            hits=station.index,
            articles=station.index,
            feed_states=station.states,
            feeds=lambda: station.sources,
            watchlists=self._watchlists,
            metrics=self._metrics,
            health=self._health,
            now=now,
            discover=_discover(station.settings),
        )
        settings = station.settings
        names = names_of(settings.alerts.base_url)
        self._server = _Server(create_app(sources, names, credentials(settings.page)), host, port)

    async def serve(self) -> None:
        """Until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """End open requests and streams, and return from `serve` within two seconds."""
        self._server.should_exit = True

    def _watchlists(self) -> tuple[Watchlist, ...]:
        return self._station.watched.current().watchlists

    def _health(self) -> Health:
        failing = self._failing()
        return Health(ok=not failing, details=failing)

    def _metrics(self) -> str:
        return metrics.render(metrics.of_station(self._station, self._pipeline()))


def _discover(settings: Settings) -> Discover | None:
    kibana = settings.kibana
    if not kibana.url:
        return None
    return Discover(url=kibana.url, space=kibana.space, prefix=settings.elasticsearch.prefix)
