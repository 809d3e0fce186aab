"""`wirewatch feeds list`: the sources as they are configured."""

from __future__ import annotations

from itertools import islice

import click

from schemas.feed import FeedSource
from wirewatch.cli.options import all_keys, print_record, with_records, with_settings
from wirewatch.settings import Settings


@click.command(name="list")
@with_records
@with_settings
def command(settings: Settings, *, as_json: bool, limit: int) -> None:
    """List the configured sources: country, language, kind, folder."""
    from wirewatch import wiring

    for source in islice(wiring.sources(settings), limit or None):
        print_record(all_keys(source), as_json=as_json, text=_source_line(source))


def _source_line(source: FeedSource) -> str:
    facts = "  ".join(part or "-" for part in (source.country, source.language, source.kind, source.folder))
    return f"{facts}  {source.name or '-'}  {source.feed_url}"
