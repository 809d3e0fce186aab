"""`wirewatch feeds import`: whole lists into the team's own."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.duplicates import Known
from schemas.feed import FeedSource
from wirewatch.cli.options import with_settings
from wirewatch.settings import Settings


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--to", type=click.Path(path_type=Path), metavar="FILE", help="TOML list to put them in [default: DATA/feeds.toml]."
)
@with_settings
def command(settings: Settings, *, files: tuple[str, ...], to: Path | None) -> None:
    """Take the feeds of OPML files or TOML lists into the team's own list, folders kept.

    What is listed already, in the settings or in the team's list, is told and left out. Nothing is fetched: `feeds
    health` speaks of the new ones after their first poll. A running wirewatch takes them up by itself.
    """
    from connectors.feeds.sources.listed import is_address, read_sources
    from connectors.feeds.sources.ownlist import OwnList
    from wirewatch import wiring

    for file in files:
        if is_address(file):
            message = f"{file} is an address, not a file; `wirewatch feeds add` takes addresses"
            raise click.UsageError(message)
    lists = [(file, read_sources(file)) for file in files]
    own = OwnList(to) if to else wiring.own_list(settings)
    # The list that comes with wirewatch goes away once the settings name another: it does not count here.
    named = wiring.sources(settings) if settings.feeds.sources and not to else ()
    known = Known((*own.read(), *named), wiring.led_to(settings))
    new: list[FeedSource] = []
    told: list[str] = []
    for file, sources in lists:
        before = len(new)
        for source in sources:
            same = known.same(source.feed_url)
            if same is None:
                new.append(source)
                known.add(source)
            elif same.feed_url != source.feed_url:
                click.echo(f"{source.feed_url} is the same feed as {same.feed_url}: left out", err=True)
        added = len(new) - before
        told.append(f"{file}: {added} added, {len(sources) - added} listed already")
    if new:
        own.add(new)
    click.echo("\n".join(told))
