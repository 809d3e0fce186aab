"""One line on standard error that shows how far long work has come, when somebody is looking."""

from __future__ import annotations

import sys


class ProgressLine:
    """Rewrites one line of a terminal; writes nothing where standard error is no terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __call__(self, text: str) -> None:
        """Show `text` in place of what was there."""
        if self._shown:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def close(self) -> None:
        """Leave a clean line."""
        self("")
