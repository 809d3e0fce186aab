"""Pushed lines to the log, in batches: what the log has is acknowledged, what is no item is set aside.

Kill the process between any two lines: what was not acknowledged is pushed again, under the same ids. Works beside a
running poller: log and states take several writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from connectors.feeds.items.entries import source_of as kept_source
from connectors.feeds.items.headline import sketch
from connectors.ingest import pushed
from connectors.ingest.lines import KEPT, LONGEST, Line
from connectors.interfaces import FeedSources, FeedStates, Known, Log, NewRecord
from schemas import identity
from schemas.deadletter import DeadLetter
from schemas.errors import SettingsError
from schemas.feed import FeedSource
from schemas.item import FeedItem

Status = Literal["new", "update", "unchanged"]
STAGE = "ingest"
_KEPT_WHOLE = 512 * 1024
"""Bytes up to which a bad line is kept whole, so that it can be replayed."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line, once the log has it."""

    file: str
    line: int
    status: Literal["new", "update", "unchanged", "bad"]
    item_id: str = ""
    article_id: str = ""
    reason: str = ""
    """Of a bad line."""


class Intake:
    """Takes lines of one file. Owns neither log nor states. Used from one thread."""

    def __init__(
        self,
        log: Log,
        states: FeedStates,
        listed: FeedSources,
        *,
        file: str,
        now: Callable[[], datetime],
        default: FeedSource | None = None,
    ) -> None:
        self._log = log
        self._states = states
        self._listed = listed
        self._file = file
        self._now = now
        self._default = default
        self._stamp = listed.stamp()
        self._sources = pushed.Sources(listed.read(), default)
        self._known_habits: dict[str, tuple[bool, str]] = {}
        self.unused: set[str] = set()
        """Keys met that are not used."""

    def take(self, lines: Sequence[Line]) -> list[Receipt]:
        """One receipt for each of `lines`, in order; the log has them all. Raises `StoreError`: none is remembered then.

        Taking a line again is harmless: an item whose words are known is `unchanged` and not appended.
        """
        self._follow_lists()
        self._known_habits.clear()
        moment = self._now()
        results = [self._read(line, moment) for line in lines]
        seen = self._seen([result for result in results if isinstance(result, FeedItem)])
        records: list[NewRecord] = []
        receipts: list[Receipt] = []
        for line, result in zip(lines, results, strict=True):
            if isinstance(result, DeadLetter):
                records.append(NewRecord.of("deadletters", result.id, result))
                receipts.append(Receipt(file=self._file, line=line.number, status="bad", reason=result.reason))
                continue
            item, status = _against(result, seen[result.feed_url].get(result.item_id))
            if status != "unchanged":
                records.append(NewRecord.of("items", item.article_id, item, trace=item.trace_id))
            seen[item.feed_url][item.item_id] = Known(item.content_hash, item.article_id, sketch(item.title))
            receipts.append(
                Receipt(
                    file=self._file, line=line.number, status=status, item_id=item.item_id, article_id=item.article_id
                )
            )
        self._log.append(records)
        for feed_url, marks in seen.items():
            self._states.remember(feed_url, marks, moment)
        return receipts

    def _read(self, line: Line, moment: datetime) -> FeedItem | DeadLetter:
        try:
            if not line.whole:
                raise ValueError(f"is longer than {LONGEST >> 20} MiB ({line.length:,} bytes)")  # noqa: TRY301 told as any
            given = pushed.decoded(line.raw)
            source = pushed.source_of(given, self._sources)
            by_item, learned = self._habits(source.feed_url)
            item = pushed.item_of(given, source, moment, by_item=by_item, learned=learned)
        except ValueError as error:
            return self._dead(line, str(error), moment)
        self.unused |= pushed.unused(line.raw)
        return item

    def _habits(self, feed_url: str) -> tuple[bool, str]:
        """Whether the feed is keyed by item, and its language profile."""
        if feed_url not in self._known_habits:
            state = self._states.state(feed_url)
            by_item = state is not None and state.keyed_by == "item"
            self._known_habits[feed_url] = by_item, self._states.learned(feed_url)
        return self._known_habits[feed_url]

    def _dead(self, line: Line, reason: str, moment: datetime) -> DeadLetter:
        raw_hash = identity.digest(line.raw.decode("utf-8", "surrogateescape"))
        # By its words, not by its place: pushed again it is the same dead letter.
        position = f"{self._default.feed_url if self._default else STAGE}#{raw_hash}"
        kept = {"source": msgspec.json.encode(self._default).decode()} if self._default else {}
        return DeadLetter(
            id=identity.dead_letter_id(position, STAGE),
            stage=STAGE,
            reason=reason,
            position=position,
            subject=f"{self._file}:{line.number}",
            headers={"file": self._file, "line": str(line.number), **kept},
            raw=line.raw if line.length <= _KEPT_WHOLE else line.raw[:KEPT],
            length=line.length,
            raw_hash=raw_hash,
            failed_at=moment,
        )

    def _seen(self, items: Sequence[FeedItem]) -> dict[str, dict[str, Known]]:
        by_feed: dict[str, list[str]] = {}
        for item in items:
            by_feed.setdefault(item.feed_url, []).append(item.item_id)
        return {feed_url: dict(self._states.seen(feed_url, ids)) for feed_url, ids in by_feed.items()}

    def _follow_lists(self) -> None:
        stamp = self._listed.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._sources = pushed.Sources(self._listed.read(), self._default)
        except SettingsError:
            # Half-edited: the last good list says enough, and the next edit is read again.
            return


def replay(
    letter: DeadLetter, log: Log, states: FeedStates, listed: FeedSources, now: Callable[[], datetime]
) -> Receipt:
    """Take the line of a dead letter of this stage again; one that is bad again is open again. Raises `StoreError`."""
    file, number = letter.headers.get("file", "-"), int(letter.headers.get("line", "0"))
    default = kept_source(letter) if "source" in letter.headers else None
    intake = Intake(log, states, listed, file=file, now=now, default=default)
    (receipt,) = intake.take([Line(number, letter.raw, letter.length)])
    return receipt


def batches(lines: Sequence[Line], most_lines: int, most_bytes: int) -> Iterator[Sequence[Line]]:
    """`lines` in their order, in batches of at most so many lines and about so many bytes."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.raw)
        if len(batch) >= most_lines or size >= most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _against(item: FeedItem, known: Known | None) -> tuple[FeedItem, Status]:
    """The item as it goes on the log, and what it is there: an item once known keeps its article."""
    if known is None:
        return item, "new"
    if known.article_id and known.article_id != item.article_id:
        version = identity.version_id(known.article_id, item.content_hash)
        item = msgspec.structs.replace(item, article_id=known.article_id, version_id=version)
    if known.content_hash == item.content_hash:
        return item, "unchanged"
    return msgspec.structs.replace(item, op="update"), "update"
