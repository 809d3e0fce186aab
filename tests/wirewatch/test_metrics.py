from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from wirewatch import metrics
from wirewatch.settings import Settings
from wirewatch.station import Station, station

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


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


def test_how_feeds_are_doing_and_how_late_they_are_polled_is_told(tmp_path: Path) -> None:
    sources = tuple(FeedSource(feed_url=f"https://{name}.example/rss") for name in "abc")
    settings = msgspec.structs.replace(Settings(), data=str(tmp_path / "data"))
    with station(settings, sources) as opened:
        for source, status, late in zip(sources, (FeedStatus.WORKING, FeedStatus.GONE), (2.0, 40.0), strict=False):
            fetch = FetchRecord(feed_url=source.feed_url, fetched_at=NOW, status=status, reason="", late=late)
            gone = int(status is FeedStatus.GONE)
            opened.states.save(FeedState(feed_url=source.feed_url, last_fetch=fetch, failures=gone), {})
        lines = metrics.render(metrics.of_station(opened, None)).splitlines()
    for line in (
        'wirewatch_feeds_health{status="working"} 1', 'wirewatch_feeds_health{status="gone"} 1',
        'wirewatch_feeds_health{status="never-polled"} 1', "wirewatch_feeds_need_person 1",
        'wirewatch_poll_late_seconds{quantile="0.5"} 2', 'wirewatch_poll_late_seconds{quantile="1.0"} 40',
    ):  # fmt: skip
        assert line in lines
