"""Which sources the last run of a data folder watched: what `feeds health` and `doctor` speak of afterwards."""

from __future__ import annotations

from pathlib import Path

from connectors.jsonfile import read_json, write_json
from schemas.feed import FeedSource

_FILE = "sources.json"


def write_last_sources(folder: Path, sources: tuple[FeedSource, ...]) -> None:
    """Keep `sources` in place of those of the run before. Raises `DataFolderError`."""
    write_json(folder / _FILE, sources)


def read_last_sources(folder: Path) -> tuple[FeedSource, ...]:
    """Those of the last run; empty where there was none, or where what it left cannot be read."""
    return read_json(folder / _FILE, tuple[FeedSource, ...]) or ()
