"""`wirewatch rematch`: history against new lists."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from wirewatch.cli.options import setting_option, since_option, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from schemas.hit import Hit


@click.command(name="rematch")
@click.option("--mail", is_flag=True, help="Tell the recipients what nobody has told them, as if it were new.")
@click.option("--json", "as_json", is_flag=True, help="Print the new hits, one JSON object a line.")
@click.option(
    "--limit", metavar="N", default=0, type=click.IntRange(min=0), help="Stop at N new hits [default: 0 = all]."
)
@since_option
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
def command(settings: Settings, *, mail: bool, as_json: bool, limit: int, since: datetime | None) -> None:
    """Find what the watchlists hit among the articles already stored, and add the hits that are missing.

    They are marked as history and alert nobody, unless --mail is given. Hits that are known stay as they are, so a
    second run adds nothing. Ended at any moment, the same command again goes on where it was. Works beside a running
    `wirewatch run`.
    """
    from wirewatch import logs
    from wirewatch.progress import ProgressLine
    from wirewatch.rematch import run_rematch

    logs.configure(settings.logs)

    def found(hit: Hit) -> None:
        if as_json:
            sys.stdout.buffer.write(msgspec.json.encode(hit) + b"\n")
            sys.stdout.buffer.flush()

    progress = ProgressLine()
    try:
        summary = run_rematch(settings, since=since, mail=mail, limit=limit, found=found, progress=progress)
    except KeyboardInterrupt:
        progress.close()
        click.echo("stopped; the same command again goes on from there", err=True)
        raise
    finally:
        progress.close()
    for line in summary.lines():
        click.echo(line, err=as_json)
