"""`wirewatch poll`: the poller as a service."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import click

from wirewatch.cli.options import allow_network, service_port, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from wirewatch.figures import Figures
    from wirewatch.process import Process
    from wirewatch.station import Station


@click.command(name="poll")
@with_settings
@service_port
@allow_network
def command(settings: Settings) -> None:
    """Poll the feeds of the settings, and put what they bring on the log.

    One process over one data folder, which holds what it remembers of each feed. Ctrl-C or SIGTERM ends it within
    seconds; the next start goes on where this one stopped.
    """
    from wirewatch import logs
    from wirewatch.listening import hub_socket
    from wirewatch.running import run_service
    from wirewatch.services import add_poller

    logs.configure(settings.logs)
    bound = hub_socket(settings)

    def add(process: Process, station: Station, figures: Figures) -> str:
        add_poller(process, station, figures, click.echo, bound)
        return f"polls {len(station.sources)} feeds"

    with closing(bound) if bound is not None else nullcontext():
        run_service(settings, "poll", add, click.echo)
