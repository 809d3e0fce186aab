"""The note a process leaves beside each batch, so that the next one knows what it died with."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec

from connectors.interfaces import InHand
from connectors.lock import FolderLock
from schemas.errors import FolderInUseError, StoreError


class InFlightFile:
    """`InFlight` as a small file.

    Not synced: it outlives the process, which is what it is for; after a power cut a missing note only means that the
    batch is tried whole once more.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def previous(self) -> InHand | None:
        """See `InFlight.previous`. A note that cannot be read, or is of another release, counts as none."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=InHand)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def begin(self, batch: InHand) -> None:
        """See `InFlight.begin`. Where there is no room for the note there is none: the batch itself waits for room."""
        spare = self._path.with_suffix(".new")
        try:
            spare.write_bytes(msgspec.json.encode(batch))
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


class InFlightSlot(InFlightFile):
    """The note of one of several processes that read as `name` and share a folder.

    Each takes the first place that is free, and so the note of one that died: `NAME-1.inflight`, `NAME-2.inflight`, …
    Raises `DataFolderError`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        number = 1
        while True:
            try:
                self._lock = FolderLock(folder / f"{name}-{number}.lock", held_for=f"another {name}")
                break
            except FolderInUseError:
                number += 1
        super().__init__(folder / f"{name}-{number}.inflight")

    def close(self) -> None:
        """Leave the place to another process."""
        self._lock.close()
