"""`wirewatch feeds list`: the sources that are polled, and which of them are listed twice."""

from __future__ import annotations

import click

from schemas.duplicates import originals
from schemas.feed import FeedSource
from wirewatch.cli.options import all_keys, print_record, with_records, with_settings
from wirewatch.settings import Settings


@click.command(name="list")
@click.option("--duplicates", is_flag=True, help="Only those that are the same feed as one before them.")
@with_records
@with_settings
def command(settings: Settings, *, duplicates: bool, as_json: bool, limit: int) -> None:
    """List the sources: country, language, kind, folder, name, address.

    Those of the settings, or of the list that comes with wirewatch, and what `feeds add` and `feeds import` brought.
    `=` marks a feed that is listed before under another address, as far as spelling and past redirects show.
    """
    from wirewatch import wiring

    sources = wiring.sources(settings)
    again = originals(sources, wiring.led_to(settings))
    chosen = [source for source in sources if source.feed_url in again or not duplicates]
    for source in chosen[: limit or None]:
        first = again.get(source.feed_url, "")
        record = {**all_keys(source), "duplicate_of": first}
        print_record(record, as_json=as_json, text=_line(source) + (f"  = {first}" if first else ""))
    if 0 < limit < len(chosen):
        click.echo(f"{limit} of {len(chosen)} sources; --limit 0 lists all", err=True)


def _line(source: FeedSource) -> str:
    facts = "  ".join(part or "-" for part in (source.country, source.language, source.kind, source.folder))
    return f"{facts}  {source.name or '-'}  {source.feed_url}"
