"""`wirewatch run`: everything in one process."""

from __future__ import annotations

from contextlib import ExitStack

import click

from connectors.interfaces import FeedSources
from wirewatch.cli.options import allow_network, setting_option, with_settings
from wirewatch.settings import Settings


@click.command(name="run")
@click.option("--once", is_flag=True, help="Poll every feed once, process all, deliver alerts, print a summary, end.")
@click.option(
    "--feeds", multiple=True, metavar="X", help="Feed address, OPML file or TOML list; only these are polled."
)
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
@setting_option("--port", "page.port", type=click.IntRange(0, 65535), metavar="N", help="Port of the page.")
@allow_network
def command(settings: Settings, *, once: bool, feeds: tuple[str, ...]) -> None:
    """Poll feeds, match watchlists, alert, and serve the live page, all in one process.

    --feeds replaces the configured sources and the list of `feeds add` for this run. Ctrl-C ends it cleanly, and the next start goes on where this
    one stopped; a second Ctrl-C exits at once.
    """
    from wirewatch import logs, wiring
    from wirewatch.station import refuse_when_in_use, station

    logs.configure(settings.logs)
    sources = wiring.feed_sources(settings, feeds)
    if once:
        _once(settings, sources)
        return
    from wirewatch.listening import hub_socket, listening_socket
    from wirewatch.running import run_all

    with ExitStack() as stack:
        # First: who starts a second process by mistake must hear of that, not of a port that is taken too.
        refuse_when_in_use(settings)
        page = stack.enter_context(listening_socket(settings.page.host, settings.page.port))
        hubs = hub_socket(settings)
        if hubs is not None:
            stack.enter_context(hubs)
        opened = stack.enter_context(station(settings, sources))
        run_all(opened, page, click.echo, hubs)


def _once(settings: Settings, sources: FeedSources) -> None:
    from wirewatch.once import run_once
    from wirewatch.progress import ProgressLine
    from wirewatch.station import station

    progress = ProgressLine()
    with station(settings, sources) as opened:
        try:
            summary = run_once(opened, progress)
        finally:
            progress.close()
    for line in summary.lines():
        click.echo(line)
    if summary.told.undelivered or summary.told.failed:
        click.echo("some alerts could not be delivered; see `wirewatch alerts list` and `wirewatch doctor`", err=True)
    if summary.told.waiting:
        raise click.exceptions.Exit(1)
