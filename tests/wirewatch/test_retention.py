from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

import pytest

from schemas.errors import StoreError
from wirewatch.retention import drop_daily


def test_an_index_that_is_away_is_asked_again_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stopping, asked = threading.Event(), 0

    def drop() -> Mapping[str, int]:
        nonlocal asked
        asked += 1
        if asked == 1:
            message = "connection refused"
            raise StoreError(message, subject="https://index.example:9200", retryable=True)
        if asked == 3:
            stopping.set()
        return {"articles": 7, "alerts": 0}

    drop_daily(drop, stopping, first=0.01, day=0.02, again=0.01)
    assert asked == 3
    failed, *fine = caplog.records
    assert (failed.levelname, failed.reason) == ("WARNING", "https://index.example:9200: connection refused")  # type: ignore[attr-defined]
    assert [one.deleted_articles for one in fine] == [7, 7]  # type: ignore[attr-defined]
