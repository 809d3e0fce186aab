"""Who is to be told about one record of `hits`: pure, so that any decision can be made again from plain data.

One alert per (article, list, recipient), whichever feed, version or query brings it first, and however often. The set
of rows does not depend on the order of records. Neither do their states, but for one case that time itself decides: an
edit (op `update`) never wakes a row suppressed as history, yet an edit that comes before any history record is mailed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from alerts.row import Row
from schemas.alert import Alert
from schemas.identity import alert_key, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from schemas.hit import Hit, ItemHits, Severity

_SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high", "critical")


def concerned(record: ItemHits, recipients: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """(list id, recipient) by the key of every alert `record` has a say in; `recipients` for lists that name none."""
    return {
        alert_key("hit", record.article_id, "", watchlist, recipient): (watchlist, recipient)
        for watchlist, hits in _by_list(record.hits).items()
        for recipient in _recipients(hits) or recipients
    }


def decide(
    record: ItemHits, known: Mapping[str, Row], recipients: tuple[str, ...], domain: str, now: datetime
) -> tuple[Row, ...]:
    """The rows to insert or replace because of `record`, given those in `known` (by key) that it concerns.

    A new alert is `pending`, or `suppressed` when the record is history; a row suppressed as history becomes `pending`
    when another feed brings the article as new; any other row already covers the article, and while it is pending the
    hits of this record join its mail.
    """
    by_list = _by_list(record.hits)
    rows = []
    for key, (watchlist, recipient) in concerned(record, recipients).items():
        hits = by_list[watchlist]
        row = known.get(key)
        if row is None:
            rows.append(_new(key, recipient, record, hits, domain=domain, now=now))
        elif (changed := _changed(row, record, hits)) != row:
            rows.append(changed)
    return tuple(rows)


def _new(key: str, recipient: str, record: ItemHits, hits: tuple[Hit, ...], *, domain: str, now: datetime) -> Row:
    ordered = _joined((), hits)
    alert = Alert(
        alert_key=key,
        kind="hit",
        story_id=record.article_id,
        watchlist=hits[0].watchlist,
        recipient=recipient,
        articles=(record.article_id,),
        hits=(),
        title="",
        state="suppressed" if record.history else "pending",
        reason=_history_reason(record, ordered[0]) if record.history else "",
        message_id=f"<{digest('message', key)}@{domain}>",
        created_at=now,
    )
    return _carrying(alert, ordered)


def _changed(row: Row, record: ItemHits, hits: tuple[Hit, ...]) -> Row:
    suppressed = row.alert.state == "suppressed"
    if record.history:
        return _carrying(row.alert, _joined(row.hits, hits)) if suppressed else row
    if suppressed and record.op == "new":
        woken = msgspec.structs.replace(row.alert, state="pending", reason="")
        return _carrying(woken, _joined((), hits))
    if row.alert.state == "pending":
        return _carrying(row.alert, _joined(row.hits, hits))
    return row


def _carrying(alert: Alert, hits: tuple[Hit, ...]) -> Row:
    first = min(hits, key=lambda hit: (hit.seen_at, hit.hit_id))
    alert = msgspec.structs.replace(
        alert,
        hits=tuple(hit.hit_id for hit in hits),
        title=first.title,
        watchlist_name=first.watchlist_name,
        severity=max((hit.severity for hit in hits), key=_SEVERITIES.index),
    )
    return Row(alert=alert, hits=hits)


def _joined(known: tuple[Hit, ...], new: tuple[Hit, ...]) -> tuple[Hit, ...]:
    merged: dict[str, Hit] = {}
    for hit in (*known, *new):
        other = merged.get(hit.hit_id)
        merged[hit.hit_id] = hit if other is None else other.merge(hit)
    return tuple(sorted(merged.values(), key=lambda hit: (hit.query, hit.hit_id)))


def _by_list(hits: Iterable[Hit]) -> dict[str, tuple[Hit, ...]]:
    lists: dict[str, tuple[Hit, ...]] = {}
    for hit in hits:
        lists[hit.watchlist] = (*lists.get(hit.watchlist, ()), hit)
    return lists


def _recipients(hits: Iterable[Hit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(recipient for hit in hits for recipient in hit.recipients))


def _history_reason(record: ItemHits, hit: Hit) -> str:
    if record.rematch:
        return "history: found by a rematch of what was stored"
    if hit.published_at is None:
        return "history: without a usable date when its feed was first polled"
    return f"history: published {' '.join(_age(hit.seen_at - hit.published_at))} before it was first seen"


def _age(age: timedelta) -> Iterator[str]:
    days, seconds = divmod(int(age.total_seconds()), 86400)
    amount, unit = (days, "day") if days >= 2 else (days * 24 + seconds // 3600, "hour")  # noqa: PLR2004 49 hours say more than "2 days"
    yield str(amount)
    yield unit if amount == 1 else f"{unit}s"
