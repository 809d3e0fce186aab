from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.index.embedded import EmbeddedIndex
from schemas.feed import FeedStatus
from tests.dashboard.newsroom import FEED, Newsroom, Page, serving


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with (
        closing(EmbeddedIndex(tmp_path / "index.sqlite")) as index,
        closing(SqliteFeedStates(tmp_path / "feeds.sqlite")) as states,
    ):
        room = Newsroom(index, states)
        room.polled(FEED, FeedStatus.WORKING, "12 entries, 2 new")
        yield room


@pytest.fixture
def page(newsroom: Newsroom) -> Iterator[Page]:
    with serving(newsroom) as running:
        yield running
