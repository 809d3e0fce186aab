"""`wirewatch setup`: topics, templates, indices and Kibana's objects on the servers of the settings."""

from __future__ import annotations

import click

from wirewatch.cli.options import print_record, with_settings
from wirewatch.settings import Settings


@click.command(name="setup")
@click.option(
    "--wait",
    metavar="SECONDS",
    default=0.0,
    type=click.FloatRange(min=0),
    help="Wait so long for servers that are still starting.",
)
@click.option(
    "--reindex", is_flag=True, help="Also make indices anew, behind their alias, that cannot be changed in place."
)
@click.option("--kibana", default="", metavar="URL", help="Also import data views, searches and dashboard there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_settings
def command(settings: Settings, *, wait: float, reindex: bool, kibana: str, as_json: bool) -> None:
    """Bring the servers of the settings to what wirewatch needs, and say what was created or changed.

    Run it before the first start and after each upgrade; what is there already stays as it is, so it may be run again at
    any time. Without servers in the settings there is nothing to set up.
    """
    from wirewatch.progress import ProgressLine
    from wirewatch.provisioning import changes, steps

    progress = ProgressLine()
    asked = tuple(steps(settings, reindex=reindex, kibana=kibana, progress=progress))
    if not asked:
        click.echo("nothing to set up: the settings name no servers, all lies in the data folder", err=True)
    try:
        for change in changes(asked, wait=wait, say=lambda text: click.echo(text, err=True)):
            progress.close()
            detail = f"  {change.detail}" if change.detail else ""
            print_record(change, as_json=as_json, text=f"{change.action:9}  {change.subject}{detail}")
    finally:
        progress.close()
