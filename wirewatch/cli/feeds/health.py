"""`wirewatch feeds health`: how each source is doing, and whether a person has to look."""

from __future__ import annotations

import sys
from itertools import islice

import click

from schemas.time import rfc3339
from wirewatch.cli.options import print_record, with_records, with_settings
from wirewatch.settings import Settings

NEEDS_PERSON = 3


@click.command(name="health")
@with_records
@with_settings
def command(settings: Settings, *, as_json: bool, limit: int) -> None:
    """Say how each source is doing; exit 3 when a person has to look at one.

    Sources are those of the settings and those of the last run in this data folder, `run --feeds` included.
    """
    from connectors.feeds.health import Health, verdict
    from wirewatch import wiring

    known = {}
    if settings.folder.is_dir():
        states = wiring.feed_states(settings)
        try:
            known = {state.feed_url: state for state in states.states()}
        finally:
            states.close()
    verdicts: list[Health] = [verdict(source, known.get(source.feed_url)) for source in wiring.watched(settings)]
    # Those a person has to look at first: a limit must not hide them.
    verdicts.sort(key=lambda one: (not one.needs_person, -one.failures))
    for one in islice(verdicts, limit or None):
        mark = "!" if one.needs_person else " "
        ok = rfc3339(one.last_ok_at) if one.last_ok_at else "never"
        text = f"{mark} {one.status:<15}  {one.name or one.feed_url}: {one.reason}  (last fine: {ok})  {one.feed_url}"
        print_record(one, as_json=as_json, text=text)
    if any(one.needs_person for one in verdicts):
        sys.exit(NEEDS_PERSON)
