"""What docs/architecture.md says of a lost file: each of the data folder, alone, deleted between two runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.item import FeedItem
from schemas.time import now
from tests.product import LOOPBACK, mails, outcome, records, wirewatch
from tests.samples import item
from tests.wire import Wire, rss, serving

pytestmark = pytest.mark.slow

# A document of which every entry is as old as the request would have invented dates.
BEGAN = now()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as served:
        yield served


def news(*numbers: int) -> list[FeedItem]:
    return [
        item(number, title=f"Banjska {number}", published_at=BEGAN - timedelta(minutes=number)) for number in numbers
    ]


def once(wire: Wire, data: Path) -> None:
    wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), *LOOPBACK, "--data", data)


@pytest.mark.parametrize("lost", ["log", "index", "ledger", "feeds"])
def test_a_lost_file_loses_no_news_and_tells_nobody_twice(wire: Wire, tmp_path: Path, lost: str) -> None:
    wire["/a.rss"] = rss(*news(*range(6)))
    once(wire, tmp_path)
    before = outcome(tmp_path)
    assert len(before["hits"]) == len(mails(tmp_path)) == 6
    for file in tmp_path.glob(f"{lost}.sqlite3*"):
        file.unlink()
    # Fewer new records than were lost: a place kept in another file points behind the end of the new log.
    wire["/a.rss"] = rss(*news(4, 5, 6, 7))
    once(wire, tmp_path)
    after = outcome(tmp_path)
    assert before["contents"] < after["contents"]
    assert before["hits"] < after["hits"]
    assert len(after["contents"]) == len(after["hits"]) == 8
    assert before["alerts"] < after["alerts"] if lost != "ledger" else len(after["alerts"]) == 8
    assert len(mails(tmp_path)) == 8
    assert len(records("alerts", "list", "--data", tmp_path)) == 8


def test_the_log_of_another_folder_is_read_from_its_beginning_and_said(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(*news(*range(6)))
    once(wire, tmp_path)
    (tmp_path / "log.sqlite3").unlink()
    wire["/a.rss"] = rss(*news(9))
    done = wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), *LOOPBACK, "--data", tmp_path)
    assert "the log is not the one read before" in done.stderr
    assert len(outcome(tmp_path)["hits"]) == 7
