"""`wirewatch search`: articles by their words, in the language of the watchlists."""

from __future__ import annotations

from datetime import datetime

import click

from schemas.article import Article
from schemas.time import rfc3339
from wirewatch.cli.options import print_record, since_option, with_records, with_settings
from wirewatch.settings import Settings


@click.command(name="search")
@click.argument("query")
@since_option
@with_records
@with_settings
def command(settings: Settings, *, query: str, since: datetime | None, as_json: bool, limit: int) -> None:
    """List articles that match QUERY, newest first. '*' is everything.

    \b
    resolution AND 1244          both words
    "resolution 1244"            side by side
    kosov* NEAR/10 banjsk*       at most ten words between; * ends a word of four letters or more
    title:banjska NOT lang:ru    fields: title: body: lang: source: country: author:
    {NATO}                       to the letter
    """  # noqa: D301 click keeps the lines of a paragraph that begins with the character \b
    from pipelines.search import search
    from schemas.query.parse import parse
    from wirewatch import wiring

    # Before the data folder is looked for: a fault in the query is told even where there are no data yet.
    parse(query)
    index = wiring.read_index(settings)
    try:
        for article in search(query, index, limit, since):
            print_record(article, as_json=as_json, text=_line(article))
    finally:
        index.close()


def _line(article: Article) -> str:
    source = article.source.name or article.feed_url
    return f"{rfc3339(article.seen_at)}  [{article.language}]  {source}: {article.title}  {article.url}"
