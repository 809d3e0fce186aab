"""A running process from its settings to its end: opened, said, run until a signal, closed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from wirewatch.figures import Figures, add_log
from wirewatch.listening import address_of, listening_socket
from wirewatch.process import Process
from wirewatch.services import add_all, add_endpoint, add_page
from wirewatch.station import service
from wirewatch.wiring import PIPELINE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from wirewatch.settings import Settings
    from wirewatch.station import Part, Station


def run_all(
    station: Station, page: socket.socket, say: Callable[[str], None], hubs: socket.socket | None = None
) -> None:
    """Run everything in this process until a signal. Raises what a part fails with."""
    process = Process(station.stopping)
    add_page(process, station, add_all(process, station, say, hubs), page)
    process.run(lambda: say(f"wirewatch watches {len(station.sources)} feeds; the page is at {address_of(page)}"))


def run_service(
    settings: Settings,
    part: Part,
    add: Callable[[Process, Station, Figures], str],
    say: Callable[[str], None],
    reads_as: str = PIPELINE,
) -> None:
    """Run what `add` adds to the process until a signal. `add` returns what is said of it once it has begun.

    Raises `SettingsError`, `WatchlistError` and `DataFolderError` before anything is written, later `StoreError`.
    """
    with ExitStack() as stack:
        host, port = settings.service.host, settings.service.port
        bound = stack.enter_context(listening_socket(host, port)) if port else None
        station = stack.enter_context(service(settings, part, reads_as))
        process, figures = Process(station.stopping), Figures()
        doing = add(process, station, figures)
        add_log(figures, station)
        if bound is not None:
            add_endpoint(process, figures, bound)
            doing += f"; figures at {address_of(bound)}metrics"
        process.run(lambda: say(f"wirewatch {doing}"))
