"""`wirewatch rematch` over a data folder: append what is found, remember how far it came, have the desk copy it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from connectors.interfaces import HitFilter, NewRecord
from connectors.jsonfile import read_json, write_json
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.load import load_watchlists
from pipelines.patience import patiently
from pipelines.rematch import Place, Rematched, key_of, rematch
from pipelines.search import candidates_of_lists
from schemas.errors import DataFolderError, FolderInUseError
from schemas.hit import Hit
from schemas.time import now
from wirewatch import wiring

if TYPE_CHECKING:
    from alerts.ledger import LedgerReader
    from alerts.settings import DeskSettings
    from connectors.interfaces import HitStore, Log
    from schemas.hit import ItemHits
    from wirewatch.settings import Settings

_PLACE = "rematch.json"
"""How far a rematch has come, kept until it has come to its end. Without it a rematch begins again, which is safe."""
_BATCH = 500
"""Articles looked at between two commits."""
_SECONDS = 5.0
"""The same by time: what Ctrl-C or a kill makes one look at again."""
_COPY_SECONDS = 60.0
_LOOKED_FOR = 200
"""Hits found last, of which each is looked for in the index that services fill."""


class Summary(msgspec.Struct, kw_only=True):
    """What one run came to."""

    stored: int = 0
    looked_at: int = 0
    new: int = 0
    known: int = 0
    complete: bool = False
    """Whether it came to the end; else `limit` ended it, and the next run goes on."""
    went_on: bool = False
    """Whether it went on where an earlier run had ended."""
    sent: int | None = None
    """Mails delivered afterwards; None when a running wirewatch does that."""
    undelivered: int = 0
    listed: bool = False
    """Whether `wirewatch hits` has them all by now."""
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """For a person."""
        went_on = ", going on where the last one ended" if self.went_on else ""
        yield f"articles  {self.looked_at:,} of {self.stored:,} stored looked at{went_on}"
        yield f"hits      {self.new:,} new, {self.known:,} known before"
        if self.sent is None:
            yield f"mails     left to the wirewatch that is running{'' if self.listed else ', which lists the hits soon'}"
        else:
            yield f"mails     {self.sent:,} sent" + (f", {self.undelivered:,} waiting" if self.undelivered else "")
        yield f"seconds   {self.seconds:.1f}"
        if not self.complete:
            yield "stopped   at --limit; the same command again goes on from there"


def run_rematch(
    settings: Settings,
    *,
    since: datetime | None,
    mail: bool,
    limit: int,
    found: Callable[[Hit], None],
    progress: Callable[[str], None],
) -> Summary:
    """Write the hits of the lists of `settings` that are missing, at most `limit` (0 = all); `found` is given each.

    Raises `WatchlistError`, `SettingsError` and `DataFolderError` before anything is written. May be ended at any moment: the next run
    with the same lists goes on, and what was done twice changes nothing.
    """
    from wirewatch.station import is_left_to_services

    started = time.monotonic()
    lists = load_watchlists(wiring.watchlist_files(settings).read())
    desk = wiring.desk_settings(settings)
    key = key_of(lists, mail=mail)
    place = read_json(settings.folder / _PLACE, Place)
    summary = Summary(went_on=place is not None and place.lists == key)
    index = wiring.read_index(settings)
    # Beside servers there need not be one yet.
    settings.folder.mkdir(parents=True, exist_ok=True)
    log = wiring.open_log(settings)
    ledger = _ledger(settings) if mail else None
    newest: deque[Hit] = deque(maxlen=_LOOKED_FOR)
    try:
        summary.stored = index.count()
        results = rematch(
            index,
            candidates_of_lists(lists, since),
            compile_watchlists(lists),
            lambda article_id: _known(index, article_id),
            (lambda record: _untold(desk, ledger, record)) if mail else None,
            now,
            lists=key,
            place=place,
        )

        def tell(hit: Hit) -> None:
            newest.append(hit)
            found(hit)

        _write(settings, log, results, summary, limit=limit, found=tell, progress=progress)
        end = dict(log.ends("hits"))
    finally:
        if ledger is not None:
            ledger.close()
        log.close()
        index.close()
    progress("telling")
    if is_left_to_services(settings):
        _wait_until(lambda: _all_stored(settings, newest), summary)
    else:
        _settle(settings, end, summary)
    if summary.complete:
        (settings.folder / _PLACE).unlink(missing_ok=True)
    summary.seconds = time.monotonic() - started
    return summary


def _write(
    settings: Settings,
    log: Log,
    results: Iterator[Rematched],
    summary: Summary,
    *,
    limit: int,
    found: Callable[[Hit], None],
    progress: Callable[[str], None],
) -> None:
    batch: list[Rematched] = []
    until = time.monotonic() + _SECONDS
    for result in results:
        batch.append(result)
        summary.looked_at += 1
        summary.known += result.known
        summary.new += len(result.new)
        if limit and summary.new >= limit:
            break
        if len(batch) >= _BATCH or time.monotonic() >= until:
            _commit(settings, log, batch, found)
            batch, until = [], time.monotonic() + _SECONDS
            progress(f"{summary.looked_at:,} articles looked at, {summary.new:,} new hits")
    else:
        summary.complete = True
    _commit(settings, log, batch, found)


def _commit(settings: Settings, log: Log, batch: list[Rematched], found: Callable[[Hit], None]) -> None:
    records = [_record(one.record) for one in batch if one.record is not None]
    if records:
        patiently(lambda: log.append(records), lambda: False)
    # Only now: a place saved before its hits were durable would skip them for ever.
    if batch:
        write_json(settings.folder / _PLACE, batch[-1].place)
    for one in batch:
        for hit in one.new:
            found(hit)


def _record(hits: ItemHits) -> NewRecord:
    return NewRecord.of("hits", hits.article_id, hits)


def _known(index: HitStore, article_id: str) -> set[str]:
    return {hit.hit_id for hit in index.newest(HitFilter(article_id=article_id), 0)}


def _ledger(settings: Settings) -> LedgerReader | None:
    try:
        return wiring.read_ledger(settings)
    except DataFolderError:
        return None


def _untold(desk: DeskSettings, ledger: LedgerReader | None, record: ItemHits) -> bool:
    """Whether the desk would do anything about `record`."""
    from alerts.decide import concerned, decide

    rows = ledger.rows(tuple(concerned(record, desk.recipients))) if ledger is not None else {}
    return bool(decide(record, rows, desk.recipients, desk.mail.domain, now()))


def _settle(settings: Settings, end: dict[int, int], summary: Summary) -> None:
    """Have the hits decided and copied: by a running wirewatch, else here."""
    from wirewatch.station import station

    try:
        with station(settings, sources=()) as opened:
            told = opened.desk.drain()
            summary.sent, summary.undelivered, summary.listed = told.sent, told.undelivered, not told.waiting
            return
    except FolderInUseError:
        pass
    _wait_until(lambda: _copied(settings, end), summary)


def _wait_until(listed: Callable[[], bool], summary: Summary) -> None:
    give_up = time.monotonic() + _COPY_SECONDS
    while not summary.listed and time.monotonic() < give_up:
        summary.listed = listed()
        time.sleep(0.0 if summary.listed else 0.2)


def _all_stored(settings: Settings, newest: deque[Hit]) -> bool:
    """Whether the index has these hits, which a desk somewhere else copies; those it has are taken out of `newest`."""
    index = wiring.read_index(settings)
    try:
        while newest and newest[-1].hit_id in _known(index, newest[-1].article_id):
            newest.pop()
    finally:
        index.close()
    return not newest


def _copied(settings: Settings, end: dict[int, int]) -> bool:
    from alerts.copies import HITS_COPIED

    ledger = _ledger(settings)
    if ledger is None:
        return False
    with ledger:
        place = ledger.positions(HITS_COPIED)
    return all(place.get(partition, 0) >= offset for partition, offset in end.items())
