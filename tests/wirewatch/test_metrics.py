from __future__ import annotations

from pathlib import Path

import msgspec

from wirewatch import metrics
from wirewatch.settings import Settings
from wirewatch.station import Station, station


def test_a_broken_edit_of_a_watchlist_shows_until_it_is_mended(tmp_path: Path) -> None:
    lists = tmp_path / "lists.yaml"
    lists.write_text("id: one\nquery: alpha", "utf-8")
    plain = Settings()
    watchlists = msgspec.structs.replace(plain.watchlists, paths=(str(lists),))
    settings = msgspec.structs.replace(plain, data=str(tmp_path / "data"), watchlists=watchlists)
    with station(settings, ()) as opened:
        assert faults(opened) == 0
        lists.write_text("id: one\nquery: alpha beta\nseverity: hi", "utf-8")
        opened.watched.settle(30)
        assert faults(opened) == 2
        lists.write_text("id: one\nquery: alpha OR beta", "utf-8")
        opened.watched.settle(30)
        assert faults(opened) == 0


def faults(opened: Station) -> int:
    text = metrics.render(metrics.of_station(opened, None))
    (line,) = [line for line in text.splitlines() if line.startswith("wirewatch_watchlist_faults ")]
    return int(line.split()[1])
