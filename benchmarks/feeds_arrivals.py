"""When the items of real feeds came: the frozen offsets, and the same from a folder of saved documents.

`feeds_arrivals.txt` holds numbers only, no words and no addresses. A line is one feed: kind, entries its document
shows, first minute of the trial, last minute, a minute at which its collector was away (0: never), first item, and the
minutes from each item to the next; minutes since 1970. `saved` are the dates in feed documents saved in the test
suites of fastfeedparser (200 of the small web, saved on one day), rss-parser, feed-rs, feedjira and rss-fetcher;
`news` those that the public archive chemodakov/rss-archive has collected from 21 newsrooms in 13 weeks. Feeds most of
whose dates lie on the full hour are left out: their dates do not say when items came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec

from connectors.feeds.documents.document import ParseRequest
from connectors.feeds.documents.parse import parse

_FILE = Path(__file__).with_name("feeds_arrivals.txt")
_TRIAL_DAYS = 84
_KEPT_DAYS = 300
_FEWEST, _FEWEST_KEPT = 6, 3
_DAY, _HOUR, _MINUTE = 86_400.0, 3_600.0, 60.0
_LARGEST = 3_000_000


class Arrivals(msgspec.Struct, frozen=True):
    """One feed: times in seconds since 1970, in order."""

    kind: str
    shown: int
    """Entries its document shows at most."""
    start: float
    end: float
    """The trial: from the first poll to when the document was saved."""
    away: float
    """When whoever collected the dates was away for hours; 0: never known to be."""
    times: tuple[float, ...]


def frozen(kind: str) -> list[Arrivals]:
    """The feeds of a kind, `saved` or `news`."""
    lines = (line for line in _FILE.read_text("utf-8").splitlines() if line.startswith(kind))
    return [_thawed(line) for line in lines]


def halves(feeds: Sequence[Arrivals]) -> tuple[list[Arrivals], list[Arrivals]]:
    """Every other feed, to tune on, and the rest, to judge by."""
    return list(feeds[::2]), list(feeds[1::2])


def of_folder(folder: Path) -> list[Arrivals]:
    """The feeds among the documents in `folder`, taken to be saved at one time, when the newest entry came."""
    dated = [(count, dates) for count, dates in map(_dates, sorted(folder.rglob("*"))) if _usable(dates)]
    end = max((dates[-1] for _, dates in dated), default=0.0)
    return [_trial("saved", count, end, dates) for count, dates in dated]


def line(feed: Arrivals) -> str:
    """`feed` as a line of the frozen file."""
    minutes = [round(at / _MINUTE) for at in feed.times]
    facts = (feed.shown, *(round(at / _MINUTE) for at in (feed.start, feed.end, feed.away)), minutes[0])
    return " ".join([feed.kind, *map(str, facts), *(str(b - a) for a, b in pairwise(minutes))])


def _thawed(text: str) -> Arrivals:
    kind, shown, *numbers = text.split()
    start, end, away, *minutes = map(int, numbers)
    times = tuple(at * _MINUTE for at in accumulate(minutes))
    return Arrivals(kind, int(shown), start * _MINUTE, end * _MINUTE, away * _MINUTE, times)


def _trial(kind: str, shown: int, end: float, dates: Sequence[float]) -> Arrivals:
    start = max(end - _TRIAL_DAYS * _DAY, dates[len(dates) // 3] + _MINUTE)
    kept = [at for at in dates if at > end - _KEPT_DAYS * _DAY]
    return Arrivals(kind, shown, start, end, 0.0, tuple(kept if len(kept) >= _FEWEST_KEPT else dates[-_FEWEST_KEPT:]))


def _usable(dates: Sequence[float]) -> bool:
    return len(dates) >= _FEWEST and sum(at % _HOUR == 0 for at in dates) < len(dates) / 2


def _dates(file: Path) -> tuple[int, list[float]]:
    if not file.is_file() or file.stat().st_size > _LARGEST:
        return 0, []
    document, _ = parse(ParseRequest(body=file.read_bytes(), now=datetime.now(UTC)))
    return (0, []) if document is None else (len(document.entries), sorted(_plausible(document.entries)))


def _plausible(entries: Sequence[object]) -> Iterator[float]:
    now = datetime.now(UTC)
    for entry in entries:
        at = getattr(entry, "published_at", None)
        if at is not None and at <= now:
            yield at.timestamp()
