"""`wirewatch alerts`: what was told to whom. Reads the ledger beside a running desk."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import click
import msgspec

from alerts.excerpt import clean
from alerts.row import Attempt, Row
from schemas.alert import Alert
from schemas.errors import WirewatchError
from schemas.hit import Hit
from schemas.time import rfc3339
from wirewatch.cli.options import print_record, since_option, with_records, with_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wirewatch.settings import Settings


class AlertFile(msgspec.Struct, frozen=True, kw_only=True):
    """All the ledger holds on one alert, as `alerts show --json` prints it."""

    alert: Alert
    hits: tuple[Hit, ...]
    attempts: tuple[Attempt, ...]


@click.group(name="alerts")
def command() -> None:
    """What was told to whom, what waits, and what was suppressed and why."""


@command.command(name="list")
@since_option
@with_records
@with_settings
def list_alerts(settings: Settings, *, since: datetime | None, as_json: bool, limit: int) -> None:
    """List alerts, newest first: those of the ledger, or where a desk elsewhere has it, its copies in the index."""
    from wirewatch import backends, wiring

    if settings.elasticsearch.urls and not backends.has_ledger(settings):
        index = wiring.read_index(settings)
        try:
            found = takewhile(lambda alert: since is None or alert.created_at >= since, index.alerts(limit))
            for alert in found:
                print_record(alert, as_json=as_json, text=_line(alert))
        finally:
            index.close()
        return
    with wiring.read_ledger(settings) as ledger:
        for alert in ledger.alerts(limit, since):
            print_record(alert, as_json=as_json, text=_line(alert))


@command.command()
@click.argument("key", metavar="KEY")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_settings
def show(settings: Settings, key: str, *, as_json: bool) -> None:
    """Show one alert whole: the hits it tells of, and every attempt to deliver it."""
    from wirewatch import wiring

    with wiring.read_ledger(settings) as ledger:
        row = ledger.rows((key,)).get(key)
        if row is None:
            message = "no such alert"
            raise WirewatchError(message, subject=key)
        attempts = ledger.attempts(key)
    file = AlertFile(alert=row.alert, hits=row.hits, attempts=attempts)
    print_record(file, as_json=as_json, text="\n".join(_page(row, attempts)))


def _line(alert: Alert) -> str:
    text = f"{rfc3339(alert.created_at)}  {alert.state}  {alert.watchlist}  {alert.recipient}  {clean(alert.title)}"
    return f"{text}  ({clean(alert.reason)})" if alert.reason and alert.state != "sent" else text


def _page(row: Row, attempts: tuple[Attempt, ...]) -> Iterator[str]:
    alert = row.alert
    yield clean(alert.title)
    yield ""
    yield f"state       {alert.state}{' (' + clean(alert.reason) + ')' if alert.reason else ''}"
    yield f"list        {alert.watchlist} ({clean(alert.watchlist_name)}), {alert.severity}"
    yield f"recipient   {alert.recipient}"
    yield f"message id  {alert.message_id}"
    yield f"story       {alert.story_id}"
    yield f"articles    {', '.join(alert.articles)}"
    yield f"created     {rfc3339(alert.created_at)}"
    if alert.sent_at is not None:
        yield f"sent        {rfc3339(alert.sent_at)}"
    if alert.next_attempt_at is not None:
        yield f"next try    {rfc3339(alert.next_attempt_at)}"
    for hit in row.hits:
        found = ", ".join(dict.fromkeys(clean(span.text) for span in hit.spans))
        yield f"hit         {hit.hit_id}  {hit.query}  [{hit.language}]  {clean(hit.source)}  {hit.url}  ({found})"
    for attempt in attempts:
        ended = "-" if attempt.ended_at is None else rfc3339(attempt.ended_at)
        outcome = attempt.outcome or "not ended"
        yield f"attempt {attempt.number:<3} {rfc3339(attempt.started_at)}  {ended}  {outcome}  {clean(attempt.answer)}"
