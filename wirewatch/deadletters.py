"""Dead letters of a data folder: their present states, and running one again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from connectors.ingest.intake import STAGE, replay
from connectors.interfaces import NewRecord, Positions, Topic
from pipelines.stages import REPLAY_HEADER
from schemas import codec
from schemas.deadletter import DeadLetter
from schemas.errors import FolderInUseError, WirewatchError
from schemas.feed import FINE, FetchRecord
from schemas.time import now
from wirewatch import wiring

if TYPE_CHECKING:
    from connectors.interfaces import Log
    from wirewatch.settings import Settings


def present(settings: Settings) -> dict[str, DeadLetter]:
    """The newest state of each dead letter, in the order they first came up."""
    log = wiring.read_log(settings)
    letters: dict[str, DeadLetter] = {}
    start: dict[int, int] = {}
    try:
        while records := log.read("deadletters", start, 500):
            for record in records:
                letter = codec.decode(record.value, DeadLetter, record.headers, subject=record.position)
                letters[letter.id] = letter
                start[record.partition] = record.offset + 1
    finally:
        log.close()
    return letters


def one(letters: dict[str, DeadLetter], beginning: str) -> DeadLetter:
    """The dead letter whose id begins so. Raises `WirewatchError` when none or several do."""
    found = [letter for key, letter in letters.items() if key.startswith(beginning)]
    if len(found) != 1:
        message = f"{len(found)} dead letters begin like this" if found else "no such dead letter"
        raise WirewatchError(message, subject=beginning)
    return found[0]


def run_again(settings: Settings, log: Log, letter: DeadLetter) -> str:
    """Replay one dead letter; returns what became of it, in a few words. One that fails again stays, or becomes, open."""
    replayed = msgspec.structs.replace(letter, status="replayed", failed_at=now())
    done = NewRecord.of("deadletters", letter.id, replayed)
    if letter.topic:
        again = NewRecord(
            topic=msgspec.convert(letter.topic, Topic),
            key=letter.key,
            value=letter.raw,
            headers={**letter.headers, REPLAY_HEADER: letter.id},
        )
        log.append([done, again])
        return f"back in {letter.topic}"
    if letter.stage == STAGE:
        return _push_again(settings, log, letter, done)
    before = log.ends("deadletters")
    fetch = asyncio.run(_again(settings, log, letter))
    # Closed only now: a document that could not even be fetched has not been processed, and must not vanish.
    if fetch.status in FINE and not _written(log, letter.id, before):
        log.append([done])
    return f"{fetch.status.value}: {fetch.reason}"


def _push_again(settings: Settings, log: Log, letter: DeadLetter, done: NewRecord) -> str:
    if not letter.whole:
        return f"only its first {len(letter.raw):,} bytes were kept; push the line again"
    states = wiring.feed_states(settings)
    try:
        receipt = replay(letter, log, states, wiring.feed_sources(settings), now)
    finally:
        states.close()
    if receipt.status == "bad":
        return receipt.reason
    log.append([done])
    return receipt.status


async def _again(settings: Settings, log: Log, letter: DeadLetter) -> FetchRecord:
    states = wiring.feed_states(settings)
    poller = wiring.poller(settings, log, states)
    try:
        return await poller.replay_document(letter)
    finally:
        await poller.close()
        states.close()


def _written(log: Log, letter_id: str, since: Positions) -> bool:
    """Whether the dead letter got a new state after `since`: what fails again is written by whoever it failed for."""
    start = dict(since)
    while records := log.read("deadletters", start, 500):
        if any(record.key == letter_id for record in records):
            return True
        start = {**start, **{record.partition: record.offset + 1 for record in records}}
    return False


def process_now(settings: Settings) -> bool:
    """Process what waits in the log, unless a running wirewatch or services do; returns whether it was done here."""
    from wirewatch.station import is_left_to_services, station

    if is_left_to_services(settings):
        return False
    try:
        with station(settings, sources=()) as opened:
            opened.pipeline().drain()
            opened.desk.drain()
            opened.archive()
    except FolderInUseError:
        return False
    return True
