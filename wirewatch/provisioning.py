"""What `wirewatch setup` puts on the servers of the settings, one step a server, each found as it is or brought there.

Every step may be run again at any time, also beside running processes: what is as it should be is left alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from connectors.interfaces import Change
from schemas.errors import StoreError

if TYPE_CHECKING:
    from wirewatch.settings import Settings


class Step(msgspec.Struct, frozen=True):
    """One server and what is done there."""

    server: str
    """Its name and where it is, as it is told to people."""
    run: Callable[[], Sequence[Change]]
    """Does it and returns what was found or done. Raises `StoreError`, `retryable` while the server is away."""


def steps(settings: Settings) -> Iterator[Step]:
    """The steps that `settings` ask for, in the order they are run; none at embedded size."""
    del settings
    yield from ()


def changes(
    asked: Sequence[Step], *, wait: float, say: Callable[[str], None], pause: Callable[[float], None] = time.sleep
) -> Iterator[Change]:
    """Run the steps and yield each change; a server that is away is waited for, `wait` seconds in all.

    `say` is told once why it waits. Raises the `StoreError` of the step that failed.
    """
    end = time.monotonic() + wait
    for step in asked:
        yield from _patiently(step, end, say, pause)


def _patiently(step: Step, end: float, say: Callable[[str], None], pause: Callable[[float], None]) -> Sequence[Change]:
    told = ""
    while True:
        try:
            return step.run()
        except StoreError as error:
            left = end - time.monotonic()
            if not error.retryable or left <= 0:
                raise
            if (reason := str(error)) != told:
                say(f"waiting for {step.server}, {left:.0f} s at most: {reason}")
                told = reason
            pause(min(left, random.uniform(0.5, 1.5)))  # noqa: S311 jitter
