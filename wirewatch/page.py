"""The live page inside the process: what it is made from, on a socket bound before."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.feeds.polling.state import SqliteFeedStates
from dashboard.app import create_app
from dashboard.discover import Discover
from dashboard.server import PageServer
from dashboard.sources import Health, Sources
from schemas.time import now
from wirewatch.door import credentials, names_of

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from wirewatch.settings import Settings
    from wirewatch.station import Station


class _Server(PageServer):
    """Without uvicorn's signal handlers: the process owns the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: Starlette, bound: socket.socket, stop: asyncio.Event) -> None:
    """Serve `app` on `bound` until `stop`; then open requests and streams end within two seconds."""
    host, port = bound.getsockname()[:2]
    server = _Server(app, host, port)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


def page_of(station: Station, figures: Callable[[], str], failing: Callable[[], dict[str, str]]) -> Starlette:
    """The page over the parts of `station`; `failing` says which parts of the process do not run."""
    settings, watched, index = station.settings, station.watched, station.index

    def health() -> Health:
        found = failing()
        return Health(ok=not found, details=found)

    sources = Sources(
        hits=index,
        articles=index,
        feed_states=station.polls,
        polls_only=not isinstance(station.polls, SqliteFeedStates),
        feeds=station.feeds.fresh,
        watchlists=lambda: watched.current().watchlists,
        metrics=figures,
        health=health,
        now=now,
        discover=_discover(settings),
    )
    return create_app(sources, names_of(settings.alerts.base_url), credentials(settings.page))


def _discover(settings: Settings) -> Discover | None:
    kibana = settings.kibana
    if not kibana.url:
        return None
    return Discover(url=kibana.url, space=kibana.space, prefix=settings.elasticsearch.prefix)
