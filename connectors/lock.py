"""The lock that makes one process the owner of a data folder, or of one file in it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from schemas.errors import DataFolderError, FolderInUseError


class FolderLock:
    """Held from construction to `close`, or to the end of the process, however it ends.

    Raises `FolderInUseError` when another process holds it (naming that process), `DataFolderError` when the folder
    cannot be written.
    """

    def __init__(self, path: Path, *, held_for: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+", encoding="ascii")
        except OSError as error:
            message = f"cannot be written: {error.strerror or error}"
            raise DataFolderError(message, subject=str(path.parent)) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read(20).strip()
            self._file.close()
            message = f"already in use by {held_for}" + (f" (process {holder})" if holder else "")
            raise FolderInUseError(message, subject=str(path.parent)) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        """Let go. The file stays: removing it would let two processes lock two different files of one name."""
        self._file.close()
