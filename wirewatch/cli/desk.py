"""`wirewatch desk`: the desk as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wirewatch.cli.options import service_port, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from wirewatch.figures import Figures
    from wirewatch.process import Process
    from wirewatch.station import Station


@click.command(name="desk")
@with_settings
@service_port
def command(settings: Settings) -> None:
    """Decide who is told of which hits, send the mails, and copy hits and alerts into the index.

    One process over one ledger in one data folder, whatever the size. Ctrl-C or SIGTERM ends it within seconds.
    """
    from wirewatch import logs
    from wirewatch.running import run_service
    from wirewatch.services import add_desk

    logs.configure(settings.logs)

    def add(process: Process, station: Station, figures: Figures) -> str:
        add_desk(process, station, figures)
        return "tells the recipients"

    run_service(settings, "desk", add, click.echo)
