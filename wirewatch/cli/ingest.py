"""`wirewatch ingest`: push items in from elsewhere."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import click

from schemas.errors import StoreError, WirewatchError
from wirewatch.cli.options import print_record, setting_option, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.ingest.intake import Intake, Receipt
    from connectors.ingest.lines import Line, Lines
    from schemas.feed import FeedSource

FLUSH_SECONDS = 0.5
"""What came by then is put on the log, however slowly lines come in."""
_MOST_LINES = 500
_MOST_BYTES = 4 * 1024 * 1024
_LAST_READS = 8
"""A pipe holds a megabyte at most."""
_INTERRUPTED = 130
_PATIENCE = 60.0
_STANDARD_INPUT = 0
_WORDS = {"new": "new", "update": "changed", "unchanged": "unchanged", "bad": "set aside"}


@click.command(name="ingest")
@click.argument("file", metavar="FILE|-", default="-")
@click.option("--feed", metavar="NAME|URL", help="Where lines without a feed of their own come from.")
@click.option("--json", "as_json", is_flag=True, help="One receipt a line, as soon as the log has the item.")
@click.option("--no-process", is_flag=True, help="Only push; the next or running `wirewatch run` processes the items.")
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
def command(settings: Settings, *, file: str, feed: str | None, as_json: bool, no_process: bool) -> None:
    """Push items in, one JSON object a line, from FILE or standard input.

    Each line is a FeedItem or its needed part: `url` or `native_id`, one of `title`, `summary` and `body`, and
    `feed_url` (or --feed). Lines pushed again change nothing; changed words are an update of the item.

    A line that is no item is told, set aside as a dead letter, and makes the exit code 1; the others are in. Works beside
    a running `wirewatch run`, which processes the items; when none is running, this command does at the end of its input.
    """
    from wirewatch import logs
    from wirewatch.deadletters import process_now

    logs.configure(settings.logs)
    counts: Counter[str] = Counter()
    with _opened(file) as lines, _intake(settings, file, feed) as intake, _Ending() as ending:
        for receipts in _taken(lines, intake, ending):
            for receipt in receipts:
                counts[receipt.status] += 1
                _tell(receipt, as_json=as_json)
        unused = ", ".join(sorted(intake.unused))
    if unused:
        click.echo(f"warning: keys that are not used: {unused}", err=True)
    told = ", ".join(f"{counts[status]} {word}" for status, word in _WORDS.items())
    click.echo(f"{file}: {told}", err=as_json)
    if ending.asked:
        sys.exit(_INTERRUPTED)
    if counts["new"] + counts["update"] and not no_process:
        process_now(settings)
    if counts["bad"]:
        sys.exit(1)


class _Ending:
    """Whether somebody wants it to end, by Ctrl-C or a supervisor by SIGTERM; the second time it ends at once.

    Within the block no signal comes between reading a line and putting it on the log.
    """

    asked = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, *_: object) -> None:
        if self.asked:
            os._exit(_INTERRUPTED)
        self.asked = True


def _taken(lines: Lines, intake: Intake, ending: _Ending) -> Iterator[Sequence[Receipt]]:
    """Receipts as they come. What the other end has written when it is asked to end is taken still."""
    from connectors.ingest.intake import batches

    waiting: list[Line] = []
    due, ended, last_reads = 0.0, False, 0
    while not ended:
        last_reads += ending.asked
        left = due - time.monotonic() if waiting else FLUSH_SECONDS
        found = lines.read(0 if ending.asked else left)
        if found and not waiting:
            due = time.monotonic() + FLUSH_SECONDS
        waiting += found
        ended = lines.ended or (last_reads > 0 and not found) or last_reads > _LAST_READS
        size = sum(len(line.raw) for line in waiting)
        if ended or len(waiting) >= _MOST_LINES or size >= _MOST_BYTES or time.monotonic() >= due:
            batch, waiting = waiting, []
            for part in batches(batch, _MOST_LINES, _MOST_BYTES):
                yield _patiently(intake.take, part)


def _patiently(take: Callable[[Sequence[Line]], list[Receipt]], part: Sequence[Line]) -> list[Receipt]:
    """Take `part`; a store that is away is waited for, a minute at most. Raises `StoreError`."""
    end = time.monotonic() + _PATIENCE
    told = False
    while True:
        try:
            return take(part)
        except StoreError as error:
            if not error.retryable or time.monotonic() >= end:
                where = f"nothing from line {part[0].number} on is in: {error.message}"
                raise StoreError(where, subject=error.subject, retryable=error.retryable) from error
            if not told:
                click.echo(f"waiting: {error}", err=True)
                told = True
            time.sleep(random.uniform(0.5, 1.5))  # noqa: S311 jitter


def _tell(receipt: Receipt, *, as_json: bool) -> None:
    if receipt.status == "bad":
        click.echo(f"{receipt.file}:{receipt.line}: {receipt.reason}", err=True)
    if as_json:
        print_record(receipt, as_json=True, text="")


@contextmanager
def _opened(file: str) -> Iterator[Lines]:
    from connectors.ingest.lines import Lines

    if file == "-":
        yield Lines(_STANDARD_INPUT, file)
        return
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise WirewatchError(message, subject=file) from error
    try:
        yield Lines(descriptor, file)
    finally:
        os.close(descriptor)


@contextmanager
def _intake(settings: Settings, file: str, feed: str | None) -> Iterator[Intake]:
    from connectors.ingest.intake import Intake
    from schemas.time import now
    from wirewatch import wiring

    listed = wiring.feed_sources(settings)
    default = _default(feed, listed.read())
    log = wiring.open_log(settings)
    states = wiring.feed_states(settings)
    try:
        yield Intake(log, states, listed, file=file, now=now, default=default)
    finally:
        states.close()
        log.close()


def _default(feed: str | None, listed: tuple[FeedSource, ...]) -> FeedSource | None:
    from connectors.ingest.pushed import Sources

    if feed is None:
        return None
    try:
        return Sources(listed).named(feed)
    except ValueError as error:
        raise click.UsageError(f"--feed: {error}") from error
