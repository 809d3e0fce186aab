from __future__ import annotations

from pathlib import Path

from connectors.lastsources import read_last_sources
from schemas.feed import FeedSource
from wirewatch.sources import SourcesInForce


class _Listed:
    def __init__(self) -> None:
        self.sources: tuple[FeedSource, ...] = ()

    def stamp(self) -> str:
        return ""

    def read(self) -> tuple[FeedSource, ...]:
        return self.sources


def test_a_list_that_begins_empty_is_kept_once_it_has_feeds(tmp_path: Path) -> None:
    listed = _Listed()
    in_force = SourcesInForce(listed)
    in_force.keep(tmp_path)
    assert list(tmp_path.iterdir()) == []
    listed.sources = (FeedSource(feed_url="https://a.example/rss"),)
    in_force.read()
    assert read_last_sources(tmp_path) == listed.sources
