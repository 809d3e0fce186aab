"""Which sources the last run of a data folder watched: what `feeds health` and `doctor` speak of afterwards."""

from __future__ import annotations

from pathlib import Path

import msgspec

from schemas.errors import DataFolderError
from schemas.feed import FeedSource

_FILE = "sources.json"


def write_last_sources(folder: Path, sources: tuple[FeedSource, ...]) -> None:
    """Keep `sources` in place of those of the run before. Raises `DataFolderError`."""
    spare = folder / f"{_FILE}.new"
    try:
        spare.write_bytes(msgspec.json.encode(sources))
        spare.replace(folder / _FILE)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise DataFolderError(message, subject=str(folder / _FILE)) from error


def read_last_sources(folder: Path) -> tuple[FeedSource, ...]:
    """Those of the last run; empty where there was none, or where what it left cannot be read."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=tuple[FeedSource, ...])
    except (OSError, msgspec.MsgspecError):
        return ()
