"""`wirewatch feeds discover`: the feeds a site offers."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from schemas.time import rfc3339
from wirewatch.cli.options import allow_network, print_record, with_records, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.feeds.sources.discover import Found


@click.command(name="discover")
@click.argument("address")
@click.option("--access", default="", metavar="NAME", help="Ask with the settings section feeds.access.NAME.")
@with_records
@with_settings
@allow_network
def command(settings: Settings, *, address: str, access: str, as_json: bool, limit: int) -> None:
    """List the feeds at ADDRESS: a page, a feed, or just the name of a site. The best comes first.

    At most 20 requests within 45 seconds, one at a time to one host. Only what could be read as a feed is listed.
    """
    from wirewatch import scouting

    for found in islice(scouting.search(settings, address, access).found, limit or None):
        print_record(_record(found), as_json=as_json, text=_line(found))


def _record(found: Found) -> dict[str, object]:
    from connectors.feeds.documents.form import form_of

    return {
        "feed_url": found.url,
        "name": found.document.title,
        "site_url": found.document.site_url,
        "form": form_of(found.fetched.body),
        "entries": len(found.document.entries),
        "newest_at": found.newest,
        "language_declared": found.document.language,
        "comments": found.comments,
        "also": found.also,
    }


def _line(found: Found) -> str:
    from connectors.feeds.documents.form import form_of

    newest = rfc3339(found.newest) if found.newest else "no dates"
    facts = [form_of(found.fetched.body), f"{len(found.document.entries)} entries", newest]
    facts += [found.document.language, "comments" if found.comments else ""]
    return f"{found.url}  {found.document.title or '-'}  ({', '.join(filter(None, facts))})"
