"""Waiting for a back end that is away: the backpressure of the sinks."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from schemas.errors import StoreError

T = TypeVar("T")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 15.0
_LOOK_UP = 0.2

_log = logging.getLogger(__name__)


class StoppedWaitingError(Exception):
    """The process is to stop while a back end is away: the batch is abandoned uncommitted, and runs again later."""


def patiently(call: Callable[[], T], stopped: Callable[[], bool]) -> T:
    """`call()`, repeated with growing, jittered pauses (0.1 to 15 s) while it raises a retryable `StoreError`.

    Nothing is dropped and nothing new is read meanwhile. Any other error passes through; `stopped()` ends the wait
    with `StoppedWaitingError`.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            return call()
        except StoreError as error:
            if not error.retryable:
                raise
            _log.warning("back end away", extra={"subject": error.subject, "reason": error.message})
        until = time.monotonic() + pause * random.uniform(0.5, 1.0)  # noqa: S311 jitter
        while time.monotonic() < until:
            if stopped():
                raise StoppedWaitingError
            time.sleep(min(_LOOK_UP, pause))
        pause = min(pause * 2, _LONGEST_PAUSE)
