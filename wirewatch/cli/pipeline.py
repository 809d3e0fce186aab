"""`wirewatch pipeline`: the graph as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wirewatch.cli.options import service_port, setting_option, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from pipelines.monitoring import Outputs
    from wirewatch.figures import Figures
    from wirewatch.process import Process
    from wirewatch.station import Station

_OUTPUTS: dict[str, Outputs] = {
    "hits,index": ("hits", "index"),
    "index,hits": ("hits", "index"),
    "hits": ("hits",),
    "index": ("index",),
}


@click.command(name="pipeline")
@click.option(
    "--outputs",
    default="hits,index",
    show_default=True,
    type=click.Choice(list(_OUTPUTS)),
    help="What to make: hits, articles in the index, or both in one line.",
)
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
@service_port
def command(settings: Settings, *, outputs: str) -> None:
    """Detect the language of what is on the log, match it, and write hits and articles.

    With Kafka, as many processes as the topic has partitions share the work; with `--outputs hits` in some and
    `--outputs index` in others, an index that is away delays no hit. Ctrl-C or SIGTERM ends it within seconds.
    """
    from wirewatch import logs

    logs.configure(settings.logs)
    _micro_batches(settings, _OUTPUTS[outputs])


def _micro_batches(settings: Settings, outputs: Outputs) -> None:
    from wirewatch.running import run_service
    from wirewatch.services import add_pipeline
    from wirewatch.wiring import reads_as

    def add(process: Process, station: Station, figures: Figures) -> str:
        add_pipeline(process, station, figures, outputs)
        return f"processes items; makes {' and '.join(outputs)}"

    run_service(settings, "pipeline", add, click.echo, reads_as(outputs))
