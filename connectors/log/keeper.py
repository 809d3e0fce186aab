"""The thread that keeps a member of a group alive while its batch runs or waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

_SECONDS = 0.25


class Keeper(threading.Thread):
    """Calls `tick` four times a second between `work` and `rest`; `tick` must not raise. `end` stops the thread."""

    def __init__(self, name: str, tick: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._tick = tick
        self._changed = threading.Condition()
        self._at_work = False
        self._ended = False

    def work(self) -> None:
        """The owner is busy with something else from now on."""
        with self._changed:
            if not self._at_work:
                self._at_work = True
                self._changed.notify()

    def rest(self) -> None:
        """The owner is back."""
        # Not waking the thread: most batches are over before its first tick.
        self._at_work = False

    def end(self) -> None:
        """Stop and wait for the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self.join()

    def run(self) -> None:
        """The thread's work."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._at_work)
                self._changed.wait_for(lambda: self._ended, _SECONDS)
                if self._ended:
                    return
            if self._at_work:
                self._tick()
