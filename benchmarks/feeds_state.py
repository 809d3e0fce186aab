"""What the poller's memory costs: file size, and processor time of what a poll asks of it.

    python -m benchmarks.feeds_state [--feeds N]

Every feed has 50 items with an id that is their address, as most feeds do; after that each brings one new item.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.results import Result, options, record
from connectors.feeds.items.entries import marks_of
from connectors.feeds.polling.restore import restore
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import Known, NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas import codec, identity
from schemas.feed import FeedState, FeedStatus, FetchRecord
from schemas.item import FeedItem

ITEMS = 50
GROUP = 32
_MEASURED = 500
_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def state(feed: int, minutes: int) -> FeedState:
    """The state of `feed` after a poll."""
    url, at = f"https://outlet-{feed}.example/rss", _AT + timedelta(minutes=minutes)
    fetch = FetchRecord(feed_url=url, fetched_at=at, status=FeedStatus.WORKING, reason="50 entries, 1 new, 0 changed")
    return FeedState(
        feed_url=url, etag='"65f1b0c2-3a4b"', body_hash=identity.digest(url), last_fetch=fetch, last_ok_at=at,
        last_new_at=at, interval=600.0,
    )  # fmt: skip


def item(feed: int, number: int) -> FeedItem:
    """An entry of `feed`."""
    feed_url, address = f"https://outlet-{feed}.example/rss", f"https://outlet-{feed}.example/news/{number}"
    words = f"Council of the northern district meets for the {number}th time"
    name, content = identity.item_id(feed_url, "guid", address), identity.content_hash("feed", words, "", words * 30)
    article = identity.article_id_of_address(address)
    return FeedItem(
        feed_url=feed_url, native_id=address, id_policy="guid", item_id=name, article_id=article, keyed_by="address",
        content_hash=content, version_id=identity.version_id(article, content), op="new", url=address, title=words,
        body=words * 30, published_at=_AT, seen_at=_AT,
    )  # fmt: skip


def marks(feed: int, start: int) -> dict[str, Known]:
    """What is remembered of a document of `feed`."""
    found: dict[str, Known] = {}
    for number in range(start, start + ITEMS):
        found |= marks_of(item(feed, number), "address")
    return found


def each(work: Callable[[int], object], times: int) -> str:
    """Processor time of `work`, for one."""
    began = time.process_time()
    for number in range(times):
        work(number)
    return f"{(time.process_time() - began) / times * 1000:.2f} ms"


def main() -> None:
    """Measure, print, write down."""
    parser = options(__doc__)
    parser.add_argument("--feeds", type=int, default=20_000)
    feeds = parser.parse_args().feeds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feeds.sqlite3"
        states = SqliteFeedStates(path)
        for first in range(0, feeds, GROUP):
            states.save_all([(state(feed, 0), marks(feed, 0)) for feed in range(first, min(first + GROUP, feeds))])
        polls = [(state(feed, 10), marks(feed, 1)) for feed in range(0, feeds, max(1, feeds // _MEASURED))][:_MEASURED]
        groups = [polls[first : first + GROUP] for first in range(0, len(polls), GROUP)]
        names = [[item(feed, number).item_id for number in range(1, ITEMS + 1)] for feed in range(len(polls))]
        looked_up = each(lambda number: states.seen(polls[number][0].feed_url, names[number]), len(polls))
        alone = each(lambda number: states.save(*polls[number]), len(polls))
        grouped = each(lambda number: states.save_all(groups[number]), len(groups))
        listed = each(lambda _: list(states.states()), 3)
        states.close()
        size = path.stat().st_size / 1e6
        log = EmbeddedLog(Path(folder) / "log.sqlite3")
        some = min(feeds, 1_000)
        for feed in range(some):
            fetch = state(feed, 0).last_fetch
            assert fetch is not None
            lines = [
                NewRecord(topic="items", key="", value=codec.encode(item(feed, number))) for number in range(ITEMS)
            ]
            log.append([*lines, NewRecord(topic="fetches", key=fetch.feed_url, value=codec.encode(fetch))])
        lost = SqliteFeedStates(Path(folder) / "lost.sqlite3")
        began = time.process_time()
        restore(log, lost)
        restored = time.process_time() - began
        lost.close()
        log.close()
    how = f"{feeds:,} feeds of {ITEMS} items"
    record(
        Result("feed states: file", f"{size:.0f} MB, {size * 1e6 / feeds / ITEMS:.0f} bytes an item", how),
        Result("feed states: look up a document", looked_up, how),
        Result("feed states: save a changed document", f"{alone} alone, {grouped} a group of {GROUP}", how),
        Result("feed states: read all", listed, how),
        Result(
            "feed states: give back from the log", f"{restored / some / ITEMS * 1e6:.0f} µs an item",
            f"after a loss, {some * ITEMS:,} items on the log",
        ),
    )  # fmt: skip


if __name__ == "__main__":
    main()
