"""`wirewatch serve`: the live page as a service."""

from __future__ import annotations

from contextlib import ExitStack

import click

from wirewatch.cli.options import setting_option, with_settings
from wirewatch.settings import Settings


@click.command(name="serve")
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
@setting_option("--port", "page.port", type=click.IntRange(0, 65535), metavar="N", help="Port of the page.")
def command(settings: Settings) -> None:
    """Serve the live page over what the other services have stored.

    What is known of the feeds comes from the poller's memory where its data folder is this one, else from the log of
    polls, which does not tell whether a feed that answers is silent for longer than it used to be.
    """
    from wirewatch import logs
    from wirewatch.figures import Figures, add_index, add_log
    from wirewatch.listening import address_of, listening_socket
    from wirewatch.process import Process
    from wirewatch.services import add_page
    from wirewatch.station import service

    logs.configure(settings.logs)
    with ExitStack() as stack:
        page = stack.enter_context(listening_socket(settings.page.host, settings.page.port))
        station = stack.enter_context(service(settings, "page"))
        process, figures = Process(station.stopping), Figures()
        add_log(figures, station)
        add_index(figures, station)
        add_page(process, station, figures, page)
        process.run(lambda: click.echo(f"wirewatch serves the page at {address_of(page)}"))
