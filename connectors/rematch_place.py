"""How far a rematch of this data folder has come, kept between runs until it has come to its end."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from schemas.errors import DataFolderError

_FILE = "rematch.json"
T = TypeVar("T", bound=msgspec.Struct)


def write_rematch_place(folder: Path, place: msgspec.Struct) -> None:
    """Keep `place` in place of the one before. Raises `DataFolderError`."""
    spare = folder / f"{_FILE}.new"
    try:
        spare.write_bytes(msgspec.json.encode(place))
        spare.replace(folder / _FILE)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise DataFolderError(message, subject=str(folder / _FILE)) from error


def read_rematch_place(folder: Path, kind: type[T]) -> T | None:
    """The place kept; None when there is none, or none that can be read: then a rematch begins again, which is safe."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def forget_rematch_place(folder: Path) -> None:
    """The rematch has come to its end."""
    (folder / _FILE).unlink(missing_ok=True)
