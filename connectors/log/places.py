"""Reading places in a file of their own: for a log in a file beside an index that keeps none."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from connectors.interfaces import Positions
from connectors.sqlite import Database

_LAYOUTS = (
    (
        "CREATE TABLE positions (consumer TEXT, part INTEGER, place INTEGER NOT NULL, PRIMARY KEY (consumer, part))"
        " WITHOUT ROWID"
    ),
)


class PlacesFile:
    """`PositionStore` as one SQLite file. Lost, its readers begin at the beginning, which changes nothing."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _LAYOUTS)

    def positions(self, consumer: str) -> Positions:
        """See `PositionStore.positions`."""
        rows = self._database.rows("SELECT part, place FROM positions WHERE consumer = ?", (consumer,))
        return dict(cast("list[tuple[int, int]]", rows))

    def save_positions(self, consumer: str, positions: Positions) -> None:
        """See `PositionStore.save_positions`."""
        rows = [(consumer, partition, place) for partition, place in positions.items()]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
