"""`wirewatch feeds export`: the sources as a file for other tools, or for another wirewatch."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from schemas.errors import WirewatchError
from schemas.time import now
from wirewatch.cli.options import with_settings
from wirewatch.settings import Settings


@click.command(name="export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["opml", "toml"]),
    default=None,
    help="Form of the list [default: by the name of --to, else opml].",
)
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="File to write [default: standard output].")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@with_settings
def command(settings: Settings, *, form: str | None, to: Path | None, force: bool) -> None:
    """Write all sources as OPML, which every feed reader takes, or as a TOML list.

    Both hold everything the list says of a source, and `feeds import` reads both.
    """
    from connectors.feeds.sources import opml, tomllist
    from connectors.feeds.sources.listed import by_folder
    from wirewatch import wiring

    sources = by_folder(wiring.sources(settings))
    form = form or ("toml" if to is not None and to.suffix.lower() == ".toml" else "opml")
    text = tomllist.written(sources) if form == "toml" else opml.written(sources, now())
    if to is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    try:
        with to.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        message = "exists already; --force overwrites it"
        raise WirewatchError(message, subject=str(to)) from error
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise WirewatchError(message, subject=str(to)) from error
    click.echo(f"{to}: {len(sources)} feeds", err=True)
