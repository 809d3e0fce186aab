"""One client that several threads use at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """A thing opened when it is first needed, and anew after one was given up; the last to use one closes it."""

    def __init__(self, opening: Callable[[], T], closing: Callable[[T], None]) -> None:
        self._opening = opening
        self._closing = closing
        self._lock = threading.Lock()
        self._present: _Held[T] | None = None

    @contextmanager
    def use(self) -> Iterator[T]:
        """The thing, for as long as it is used. What fails with an error is given up: its clients do not always recover."""
        with self._lock:
            if self._present is None:
                self._present = _Held(self._opening())
            held = self._present
            held.users += 1
        try:
            yield held.thing
        except BaseException:
            self.give_up(held.thing)
            raise
        finally:
            with self._lock:
                held.users -= 1
                last = held is not self._present and not held.users
            if last:
                self._closing(held.thing)

    def give_up(self, thing: T) -> None:
        """Nobody new gets `thing`."""
        with self._lock:
            if self._present is not None and self._present.thing is thing:
                self._present = None

    def close(self) -> None:
        """Close what is open, now or when the last has done with it."""
        with self._lock:
            held, self._present = self._present, None
            unused = held is not None and not held.users
        if held is not None and unused:
            self._closing(held.thing)


class _Held(Generic[T]):
    def __init__(self, thing: T) -> None:
        self.thing = thing
        self.users = 0
