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


@click.command(name="pipeline", context_settings={"ignore_unknown_options": True})
@click.option(
    "--outputs",
    default="hits,index",
    show_default=True,
    type=click.Choice(list(_OUTPUTS)),
    help="What to make: hits, articles in the index, or both in one line.",
)
@click.option("--runner", metavar="NAME", help="Hand the graph to an engine: PortableRunner, FlinkRunner, PrismRunner.")
@click.option("--detach", is_flag=True, help="With --runner: return when the engine has taken it.")
@click.argument("beam_options", nargs=-1, type=click.UNPROCESSED, metavar="[BEAM_OPTION]...")
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
@service_port
def command(
    settings: Settings, *, outputs: str, runner: str | None, detach: bool, beam_options: tuple[str, ...]
) -> None:
    """Detect the language of what is on the log, match it, and write hits and articles.

    With Kafka, as many processes as the topic has partitions share the work; with `--outputs hits` in some and
    `--outputs index` in others, an index that is away delays no hit. Ctrl-C or SIGTERM ends it within seconds.

    With --runner, an engine such as Flink does the work from Kafka, and this process watches it; all other options are
    Beam's and the engine's (--job_endpoint, --environment_type, --parallelism, --savepoint_path, …).
    """
    from wirewatch import logs

    if runner is None:
        if beam_options:
            raise click.NoSuchOption(beam_options[0].partition("=")[0])
        if detach:
            raise click.UsageError("--detach is for --runner")
        logs.configure(settings.logs)
        _micro_batches(settings, _OUTPUTS[outputs])
        return
    from wirewatch.cluster import Engine, run_unbounded

    logs.configure(settings.logs)
    run_unbounded(settings, _OUTPUTS[outputs], Engine(runner, beam_options, detach), click.echo)


def _micro_batches(settings: Settings, outputs: Outputs) -> None:
    from wirewatch.running import run_service
    from wirewatch.services import add_pipeline
    from wirewatch.wiring import reads_as

    def add(process: Process, station: Station, figures: Figures) -> str:
        add_pipeline(process, station, figures, outputs)
        return f"processes items; makes {' and '.join(outputs)}"

    run_service(settings, "pipeline", add, click.echo, reads_as(outputs))
