"""The poller's memory deleted between two runs costs bandwidth: what is on the log is known by its name there.

Nobody is told anything twice, whatever the feed calls its entries and whatever happened to them meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.feed import FetchRecord
from schemas.item import FeedItem
from schemas.time import now
from tests.product import LOOPBACK, mails, outcome, wirewatch
from tests.samples import item
from tests.wire import Wire, rss, serving

pytestmark = pytest.mark.slow

# What has no id is known by its date too: it must not change from poll to poll, nor look as if the server had made it up
# for the answer.
BEGAN = now() - timedelta(hours=1)
WORDS = (
    "Patrol stopped near Banjska before dawn", "Council meets about Banjska and the northern roads",
    "Banjska monastery opens its library to readers", "Heavy snow closes the road from Banjska to Zvecan",
    "Court hears first witnesses of the Banjska case", "Harvest festival draws hundreds to Banjska",
)  # fmt: skip


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as served:
        yield served


def news(number: int, **changes: object) -> FeedItem:
    title = WORDS[number]
    return item(
        number, title=title, body=f"{title}. " + f"Sentence {number} of its own about it. " * 8,
        published_at=BEGAN - timedelta(minutes=number + 1), **changes,
    )  # fmt: skip


def by_id(numbers: tuple[int, ...], **changes: object) -> bytes:
    return rss(*(news(number, **changes) for number in numbers))


def by_address_alone(numbers: tuple[int, ...], **changes: object) -> bytes:
    return rss(*(news(number, native_id="", **changes) for number in numbers))


def by_words_alone(numbers: tuple[int, ...], **changes: object) -> bytes:
    return rss(*(news(number, native_id="", url="", **changes) for number in numbers))


def with_shared_ids(numbers: tuple[int, ...], **changes: object) -> bytes:
    return rss(*(news(number, native_id=f"shared-{number // 2}", **changes) for number in numbers))


def with_one_headline(numbers: tuple[int, ...], **changes: object) -> bytes:
    whole = [news(number, native_id="", url="", **changes) for number in numbers]
    return rss(*(msgspec.structs.replace(one, title=WORDS[0], published_at=BEGAN) for one in whole))


def with_one_address(numbers: tuple[int, ...], **changes: object) -> bytes:
    return rss(*(news(number, url="https://outlet.example/home", **changes) for number in numbers))


def once(wire: Wire, data: Path) -> FetchRecord:
    wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), *LOOPBACK, "--data", data)
    log = EmbeddedLog(data / "log.sqlite3", read_only=True)
    newest = log.read("fetches", {}, 1_000)[-1]
    log.close()
    return codec.decode(newest.value, FetchRecord, newest.headers)


def forget(data: Path) -> None:
    for file in data.glob("feeds.sqlite3*"):
        file.unlink()


def told(data: Path) -> list[str]:
    return sorted(str(message["Message-ID"]) for message in mails(data))


@pytest.mark.parametrize(
    "shown", [by_id, by_address_alone, by_words_alone, with_one_headline, with_shared_ids, with_one_address]
)
def test_nobody_is_told_twice_and_the_news_of_the_meantime_is_told(
    wire: Wire, tmp_path: Path, shown: Callable[..., bytes]
) -> None:
    # Alone at first: its neighbours and the address they share come later.
    wire["/a.rss"] = shown((0,))
    once(wire, tmp_path)
    wire["/a.rss"] = shown((0, 1, 2, 3))
    once(wire, tmp_path)
    before, mails_before = outcome(tmp_path), told(tmp_path)
    assert len(mails_before) == 4
    forget(tmp_path)
    wire["/a.rss"] = shown((0, 1, 2, 3, 4, 5))
    last = once(wire, tmp_path)
    assert (last.entries, last.new, last.updated) == (6, 2, 0)
    assert last.copies == (2 if shown in {by_words_alone, with_one_headline} else 0)
    after = outcome(tmp_path)
    assert before["contents"] <= after["contents"]
    assert len(told(tmp_path)) == 6
    assert set(mails_before) < set(told(tmp_path))
    assert once(wire, tmp_path).new == 0


def test_edited_in_the_meantime_is_an_edit_and_no_second_alert(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = by_id((0, 1, 2))
    once(wire, tmp_path)
    forget(tmp_path)
    wire["/a.rss"] = rss(news(0), news(1, summary="A correction."), news(2))
    once(wire, tmp_path)
    assert len(told(tmp_path)) == 3
    assert len({article for article, _ in outcome(tmp_path)["contents"]}) == 3
