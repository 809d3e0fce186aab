"""Lines out of a file or pipe as they come: bounded in memory, and never waiting longer than asked."""

from __future__ import annotations

import os
import select

import msgspec

from schemas.errors import WirewatchError

LONGEST = 4 * 1024 * 1024
"""Bytes of one line; no item is that long."""
KEPT = 64 * 1024
"""Bytes kept of a line that is longer."""
_CHUNK = 256 * 1024


class Line(msgspec.Struct, frozen=True):
    """One line without its end. `length` tells how long it was; `raw` is all of it unless it was too long."""

    number: int
    raw: bytes
    length: int

    @property
    def whole(self) -> bool:
        """Whether `raw` is all there was."""
        return len(self.raw) == self.length


class Lines:
    """The lines of an open file descriptor, which stays the caller's. Empty ones are counted and left out."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._rest = bytearray()
        self._dropped = 0
        self._number = 0
        self.ended = False
        """Whether the end was reached."""

    def read(self, wait: float) -> list[Line]:
        """Lines complete by now, after at most `wait` seconds for the first bytes; often none. Raises `WirewatchError`."""
        try:
            if not select.select([self._descriptor], [], [], max(0.0, wait))[0]:
                return []
            chunk = os.read(self._descriptor, _CHUNK)
        except (OSError, ValueError) as error:
            message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
            raise WirewatchError(message, subject=self._name) from error
        self.ended = not chunk
        *complete, rest = bytes(self._rest + chunk).split(b"\n")
        found = [self._line(raw) for raw in complete]
        self._rest = bytearray(rest)
        if self.ended and self._rest:
            found.append(self._line(bytes(self._rest)))
        elif len(self._rest) > LONGEST:
            self._dropped += len(self._rest) - KEPT
            del self._rest[KEPT:]
        return [line for line in found if line.raw.strip()]

    def _line(self, raw: bytes) -> Line:
        self._number += 1
        dropped, self._dropped = self._dropped, 0
        if dropped or len(raw) > LONGEST:
            return Line(self._number, raw[:KEPT], len(raw) + dropped)
        raw = raw.removesuffix(b"\r")
        if self._number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        return Line(self._number, raw, len(raw))
