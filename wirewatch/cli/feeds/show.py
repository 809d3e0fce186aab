"""`wirewatch feeds show`: all that is known of one feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from schemas import codec
from schemas.errors import PositionLostError, WirewatchError
from schemas.feed import FeedSource, FeedState, FetchRecord, Push
from schemas.health import Health, verdicts
from schemas.rhythm import Weights
from schemas.time import rfc3339
from wirewatch.cli.options import all_keys, print_record, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.interfaces import Log, Record

_LOOKED_THROUGH = 50_000
"""Newest polls of all feeds among which those of this one are looked for."""
_PAGE = 5_000
_MONDAY = 96
"""Hours from 1970 to the first midnight of a Monday."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One feed in full; `state` is null before its first poll, `polls` are newest first."""

    source: dict[str, object]
    health: Health
    state: FeedState | None
    learned: str
    polls: list[FetchRecord]


@click.command(name="show")
@click.argument("address", metavar="ADDRESS")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--polls", default=10, show_default=True, type=click.IntRange(min=0), help="How many of its last polls to show."
)
@with_settings
def command(settings: Settings, address: str, *, as_json: bool, polls: int) -> None:
    """Show one feed in full: source, health, why it is polled when, history, rhythm, last polls.

    ADDRESS is its address as listed, or its name, or a part of either that no other feed has.
    """
    shown = _shown(settings, address, polls)
    print_record(shown, as_json=as_json, text="\n".join(_page(shown)))


def _shown(settings: Settings, address: str, polls: int) -> Shown:
    from wirewatch import wiring
    from wirewatch.fetched import states_of

    sources = wiring.watched(settings)
    source = _found(sources, address)
    states = {one.feed_url: one for one in states_of(settings)}
    healths = {one.feed_url: one for one in verdicts(sources, states.values())}
    state = states.get(source.feed_url)
    return Shown(
        source=all_keys(source),
        health=healths[source.feed_url],
        state=state.to_show() if state is not None else None,
        learned=_learned(settings, source.feed_url),
        polls=_last_polls(settings, source.feed_url, polls),
    )


def _learned(settings: Settings, feed_url: str) -> str:
    from wirewatch import wiring

    if not (settings.folder / "feeds.sqlite3").is_file():
        return ""
    with closing(wiring.feed_states(settings)) as memory:
        return memory.learned(feed_url)


def _found(sources: tuple[FeedSource, ...], address: str) -> FeedSource:
    named = [source for source in sources if address in {source.feed_url, source.name}]
    part = address.casefold()
    alike = [source for source in sources if part in f"{source.feed_url} {source.name}".casefold()]
    for found in (named, alike):
        if len(found) == 1:
            return found[0]
        if found:
            some = ", ".join(source.feed_url for source in found[:5])
            message = f"{len(found)} feeds have this in address or name: {some}"
            raise WirewatchError(message, subject=address)
    message = "no feed of the settings or of the last run has this address or name; see `wirewatch feeds list`"
    raise WirewatchError(message, subject=address)


def _last_polls(settings: Settings, feed_url: str, wanted: int) -> list[FetchRecord]:
    from wirewatch import backends, wiring

    if not wanted or not backends.has_log(settings):
        return []
    log = wiring.read_log(settings)
    try:
        found = list(_polls(log, feed_url))
    finally:
        log.close()
    return sorted(found, key=lambda record: record.fetched_at, reverse=True)[:wanted]


def _polls(log: Log, feed_url: str) -> Iterator[FetchRecord]:
    ends = log.ends("fetches")
    looked_through = _LOOKED_THROUGH // max(1, len(ends))
    places = {partition: max(0, end - looked_through) for partition, end in ends.items()}
    while page := _page_of(log, places):
        for record in page:
            places[record.partition] = record.offset + 1
            if record.key == feed_url:
                yield codec.decode(record.value, FetchRecord, record.headers, subject=record.position)


def _page_of(log: Log, places: dict[int, int]) -> Sequence[Record]:
    """The next records from `places` on, or from the oldest ones kept where these are gone."""
    while True:
        try:
            return log.read("fetches", places, _PAGE)
        except PositionLostError as error:
            places[error.partition] = error.oldest


def _page(shown: Shown) -> Iterator[str]:
    health, state = shown.health, shown.state
    yield from (f"{key:<12}{value}" for key, value in shown.source.items() if value)
    yield ""
    yield f"status      {health.status}{' (a person should look)' if health.needs_person else ''}"
    yield f"reason      {health.reason}"
    if health.todo:
        yield f"to do       {health.todo}"
    yield f"last fine   {_when(health.last_ok_at)}"
    yield f"last new    {_when(health.last_new_at)}"
    if state is None:
        return
    yield f"next poll   {_when(state.next_poll_at)}: {state.planned_by or 'planned by an earlier version'}"
    yield from _rhythm(state)
    yield from _asked(state)
    yield from _push(state.push)
    if shown.learned:
        yield f"language    learned: {shown.learned}"
    if state.history:
        yield "\nhistory"
        yield from (f"  {rfc3339(one.at)}  {one.status:<15}  {one.reason}" for one in reversed(state.history))
    if shown.polls:
        yield "\nlast polls"
        yield from (f"  {rfc3339(one.fetched_at)}  {one.status:<15}  {one.reason}" for one in shown.polls)


def _rhythm(state: FeedState) -> Iterator[str]:
    rhythm = state.rhythm
    if rhythm.since is None:
        return
    yield f"rhythm      {rhythm.rate * 24:.1f} items a day; {rhythm.known:,} items known since {rfc3339(rhythm.since)}"
    weights = Weights(rhythm)
    hours = [sum(weights.of_hour(_MONDAY + 24 * day + hour) for day in range(7)) for hour in range(24)]
    days = [sum(weights.of_hour(_MONDAY + 24 * day + hour) for hour in range(24)) for day in range(7)]
    busiest = sorted(range(24), key=hours.__getitem__)[-3:]
    yield f"busiest     at {', '.join(f'{hour:02}' for hour in sorted(busiest))} h UTC, on {_DAYS[days.index(max(days))]}"


def _asked(state: FeedState) -> Iterator[str]:
    if state.hint:
        yield f"hint        {state.hint:,.0f} s between polls"
    if state.skip_hours:
        yield f"skip hours  {', '.join(map(str, state.skip_hours))} UTC"
    if state.skip_days:
        yield f"skip days   {', '.join(_DAYS[day] for day in state.skip_days)}"
    if state.moved_to:
        yield f"moved to    {state.moved_to} ({state.moved_seen} times in a row)"


def _push(push: Push) -> Iterator[str]:
    if push.hub:
        lease = f"until {rfc3339(push.lease_until)}" if push.lease_until else "not verified yet"
        delivered = f"last delivery {rfc3339(push.delivered_at)}" if push.delivered_at else "nothing delivered yet"
        yield f"hub         {push.hub} ({lease}; {push.refused or delivered})"


def _when(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else "never"
