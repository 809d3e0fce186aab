"""The note a process leaves beside each batch, so that the next one knows what it died with."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec

from schemas.errors import StoreError


class _Note(msgspec.Struct):
    first: str
    records: int
    deaths: int


class InFlightFile:
    """`InFlight` as a small file.

    Not synced: it outlives the process, which is what it is for; after a power cut a missing note only means that the
    batch is tried whole once more.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def previous(self) -> tuple[str, int, int] | None:
        """See `InFlight.previous`. An unreadable note counts as none."""
        try:
            note = msgspec.json.decode(self._path.read_bytes(), type=_Note)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return (note.first, note.records, note.deaths)

    def begin(self, first: str, records: int, deaths: int) -> None:
        """See `InFlight.begin`. Where there is no room for the note there is none: the batch itself waits for room."""
        spare = self._path.with_suffix(".new")
        try:
            spare.write_bytes(msgspec.json.encode(_Note(first, records, deaths)))
            spare.replace(self._path)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                message = f"cannot be written: {error.strerror or error}"
                raise StoreError(message, subject=str(self._path)) from error
            spare.unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)

    def end(self) -> None:
        """See `InFlight.end`."""
        self._path.unlink(missing_ok=True)
