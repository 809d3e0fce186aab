"""Reading feed documents: the whole path of a poll after the fetch, beside plain `feedparser.parse` in the same run.

    python -m benchmarks.feeds_parse [FOLDER] [--rounds N] [--most N]

FOLDER holds real feed documents, one a file; it is not part of this repository (parsers' repositories keep saved ones).
Without it documents are made of the sample wire's texts, as WordPress writes them.

Ours is all of it: the worker process, what goes through its pipes and back, and the items built in the poller. Figures
are CPU seconds of all processes; what starting a worker costs is measured in the same round and taken off, as a worker
serves a thousand documents.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path

import feedparser
import msgspec

from benchmarks.corpus import items
from benchmarks.results import Result, options, record
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.fetching.fetch import Fetched
from connectors.feeds.polling.outcome import Poll
from connectors.feeds.polling.reading import DocumentReader
from connectors.feeds.polling.state import SqliteFeedStates
from schemas.feed import FeedSource, FeedState, FeedStatus
from schemas.item import FeedItem

_LARGEST = 15 * 1024 * 1024
_PER_DOCUMENT = 30
_MADE = 60


def main() -> None:
    """Measure and record."""
    parser = options(__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=200, help="documents read at most")
    chosen = parser.parse_args()
    documents = _real(chosen.folder, chosen.most) if chosen.folder else made_documents()
    kind = "real documents" if chosen.folder else "documents made of the sample wire"
    rounds = [measured_round(documents) for _ in range(chosen.rounds)]
    rival, first, again = (statistics.median(column) for column in zip(*rounds, strict=True))
    size = sum(map(len, documents)) / 1024**2
    how = f"{len(documents)} {kind}, {size:.1f} MiB; CPU of all processes, median of {chosen.rounds} interleaved rounds"
    record(
        Result(
            f"parse path of a poll, {kind}",
            f"{first / rival:.2f} x plain feedparser.parse",
            f"{first:.2f} s against {rival:.2f} s; {how}",
        ),
        Result(
            f"poll of an unchanged document, {kind}",
            f"{again / first:.4f} x a first one",
            f"{again / len(documents) * 1e6:,.0f} µs against {first / len(documents) * 1e3:.1f} ms a document; {how}",
        ),
    )


def measured_round(documents: list[bytes]) -> tuple[float, float, float]:
    """CPU seconds of feedparser, of ours, and of ours when nothing changed."""
    idle = _measured(lambda: asyncio.run(_with_reader(_nothing)))
    rival = _measured(lambda: _by_feedparser(documents))
    again = 0.0

    async def both(reader: DocumentReader) -> None:
        nonlocal again
        known = []
        for number, body in enumerate(documents):
            poll, fetched = _poll(number), _fetched(body)
            came = await reader.judge(poll, fetched)
            state = FeedState(feed_url=poll.source.feed_url, body_hash=came.body_hash or "")
            known.append((msgspec.structs.replace(poll, state=state), fetched))
        start = time.process_time()
        for poll, fetched in known:
            assert (await reader.judge(poll, fetched)).record.status is not FeedStatus.WORKING
        again = time.process_time() - start

    ours = _measured(lambda: asyncio.run(_with_reader(both)))
    return rival, ours - again - idle, again


async def _nothing(_reader: DocumentReader) -> None:
    pass


async def _with_reader(work: Callable[[DocumentReader], Awaitable[None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        states = SqliteFeedStates(Path(folder) / "feeds.sqlite3")
        pool = ParsePool(1)
        try:
            reader = DocumentReader(pool, states)
            # Answers once its imports are done.
            await reader.judge(_poll(-1), _fetched(b"<rss version='2.0'><channel><title>x</title></channel></rss>"))
            await work(reader)
        finally:
            await pool.close()
            states.close()


def _by_feedparser(documents: list[bytes]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for body in documents:
            feedparser.parse(body, response_headers={"content-type": "application/xml"})


def _measured(run: Callable[[], None]) -> float:
    gc.collect()
    start = _cpu()
    run()
    return _cpu() - start


def _cpu() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _poll(number: int) -> Poll:
    url = f"https://feed-{number}.example/feed.xml"
    return Poll(source=FeedSource(feed_url=url), state=FeedState(feed_url=url), fetched_at=datetime.now(UTC))


def _fetched(body: bytes) -> Fetched:
    return Fetched(
        final_url="https://feed.example/feed.xml", http_status=200, body=body, content_type="application/xml"
    )


def _real(folder: Path, most: int) -> list[bytes]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and 0 < file.stat().st_size < _LARGEST]
    return [file.read_bytes() for file in files[:: max(1, len(files) // most)][:most]]


def made_documents() -> list[bytes]:
    """Documents of the sample wire's texts: 60 of 30 entries."""
    made = items(_MADE * _PER_DOCUMENT)
    return [_document(made[start : start + _PER_DOCUMENT]) for start in range(0, len(made), _PER_DOCUMENT)]


def _document(some: list[FeedItem]) -> bytes:
    entries = []
    for one in some:
        paragraphs = "".join(
            f'<p class="lead">{escape(sentence)}. <a href="https://outlet.example/{number}" rel="nofollow">More</a></p>'
            f'<figure><img src="https://outlet.example/{number}.jpg" alt="" width="600"/></figure>'
            for number, sentence in enumerate(one.body.split(". "))
        )
        entries.append(
            f"<item><title>{escape(one.title)}</title><link>{one.url}</link><dc:creator>Desk</dc:creator>"
            f"<pubDate>{format_datetime(one.seen_at)}</pubDate><category>News</category>"
            f'<guid isPermaLink="false">{one.native_id}</guid><description><![CDATA[<p>{one.summary}</p>]]></description>'
            f"<content:encoded><![CDATA[{paragraphs}]]></content:encoded></item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Outlet</title>'
        f"<link>https://outlet.example/</link>{''.join(entries)}</channel></rss>"
    ).encode()


if __name__ == "__main__":
    main()
