"""`wirewatch feeds remove`: feeds out of the team's own list."""

from __future__ import annotations

import click

from schemas.duplicates import Known
from schemas.errors import WirewatchError
from wirewatch.cli.options import with_settings
from wirewatch.settings import Settings


@click.command(name="remove")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@with_settings
def command(settings: Settings, *, addresses: tuple[str, ...]) -> None:
    """Take feeds out of the list that `feeds add` and `feeds import` keep.

    All or none of them. Their articles, hits and alerts stay. What the settings list is removed there. A running
    wirewatch stops polling them by itself.
    """
    from connectors.lastsources import read_last_sources, write_last_sources
    from wirewatch import wiring

    own = wiring.own_list(settings)
    known = Known(own.read())
    found = []
    for address in addresses:
        source = known.same(address)
        if source is None:
            listed = Known(wiring.sources(settings)).same(address)
            if listed is None:
                raise WirewatchError("no such feed; see `wirewatch feeds list`", subject=address)
            where = ", ".join(settings.feeds.sources) or "the list that comes with wirewatch"
            message = f"is not in {own.path} but comes from {where}: remove it there, or set feeds.sources"
            raise WirewatchError(message, subject=address)
        found.append(source.feed_url)
    own.remove(found)
    last = read_last_sources(settings.folder)
    if any(source.feed_url in found for source in last):
        # `feeds health` and `doctor` speak of the sources of the last run too.
        write_last_sources(settings.folder, tuple(source for source in last if source.feed_url not in found))
    for address in found:
        click.echo(f"removed {address}")
