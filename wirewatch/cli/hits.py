"""`wirewatch hits`: what the watchlists found, newest first."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import click

from connectors.interfaces import HitFilter
from schemas.hit import Hit
from schemas.time import rfc3339
from wirewatch.cli.options import print_record, since_option, with_records, with_settings
from wirewatch.settings import Settings


@click.command(name="hits")
@click.option("--watchlist", default="", metavar="ID", help="Only hits of this list.")
@click.option("--language", default="", metavar="TAG", help="Only this language; sr also finds sr-Cyrl and sr-Latn.")
@since_option
@with_records
@with_settings
def command(
    settings: Settings, *, watchlist: str, language: str, since: datetime | None, as_json: bool, limit: int
) -> None:
    """List hits, newest first, each with the words that matched."""
    from wirewatch import wiring

    index = wiring.read_index(settings)
    try:
        for hit in index.newest(HitFilter(watchlist=watchlist, language=language, since=since), limit):
            print_record(hit, as_json=as_json, text=_line(hit))
    finally:
        index.close()


def _line(hit: Hit) -> str:
    source = hit.source or urlsplit(hit.feed_url).hostname
    found = ", ".join(dict.fromkeys(span.text for span in hit.spans))
    mark = "  history" if hit.history else ""
    text = f"{rfc3339(hit.seen_at)}  {hit.watchlist}/{hit.query}  [{hit.language}]  {source}: {hit.title}  ({found})"
    return f"{text}{mark}"
