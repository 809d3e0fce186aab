"""`wirewatch feeds health`: how each source is doing, and whether a person has to look."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice

import click

from schemas.health import STATUSES, Health, verdicts
from schemas.time import rfc3339
from wirewatch.cli.options import print_record, with_records, with_settings
from wirewatch.settings import Settings

NEEDS_PERSON = 3


@click.command(name="health")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice(STATUSES),
    metavar="STATUS",
    help="Only sources of this status; may be given again.",
)
@with_records
@with_settings
def command(settings: Settings, *, status: tuple[str, ...], as_json: bool, limit: int) -> None:
    """Say how each source is doing and what to do about it; exit 3 when a person has to look at one.

    Sources are those of the settings and those of the last run in this data folder, `run --feeds` included. Those a
    person has to look at come first. A summary goes to standard error.
    """
    found = healths(settings)
    shown = [one for one in found if not status or one.status in status]
    # Those a person has to look at first: a limit must not hide them.
    shown.sort(key=lambda one: (not one.needs_person, -one.failures))
    for one in islice(shown, limit or None):
        print_record(one, as_json=as_json, text=_line(one))
    click.echo(_summary(found), err=True)
    if any(one.needs_person for one in shown):
        sys.exit(NEEDS_PERSON)


def healths(settings: Settings) -> list[Health]:
    """How all sources of the settings and of the last run are doing. Writes nothing."""
    from wirewatch import wiring
    from wirewatch.fetched import states_of

    return verdicts(wiring.watched(settings), states_of(settings))


def _line(one: Health) -> str:
    mark = "!" if one.needs_person else " "
    ok = rfc3339(one.last_ok_at) if one.last_ok_at else "never"
    text = f"{mark} {one.status:<15}  {one.name or one.feed_url}: {one.reason}  (last fine: {ok})  {one.feed_url}"
    return f"{text}\n    -> {one.todo}" if one.needs_person and one.todo else text


def _summary(found: list[Health]) -> str:
    counts = Counter(one.status for one in found)
    parts = ", ".join(f"{number} {status}" for status, number in counts.most_common())
    person = sum(one.needs_person for one in found)
    asks = f"; {person} need{'s' if person == 1 else ''} a person" if person else "; none needs a person"
    return f"{len(found)} sources: {parts}{asks}" if found else "no sources"
