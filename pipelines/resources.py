"""Log and index clients of this process, opened once by their factory however many bundles ask for them.

A Beam runner makes new DoFn instances for each bundle or worker thread; opening a client each time would cost more
than the batch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_open: dict[Callable[[], Any], Any] = {}
_lock = threading.RLock()  # what a factory makes may be made of something else obtained


def obtain(factory: Callable[[], T]) -> T:
    """What `factory` (hashable, equal when it opens the same thing) made, shared by the whole process."""
    with _lock:
        if factory not in _open:
            _open[factory] = factory()
        made: T = _open[factory]
        return made


def release() -> None:
    """Close everything obtained, last first; the next `obtain` opens it anew."""
    with _lock:
        for made in reversed(_open.values()):
            close = getattr(made, "close", None)
            if close is not None:
                close()
        _open.clear()
