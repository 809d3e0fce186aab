"""The count at the end: what the server showed against what the log has.

A document counts as taken when a poll recorded it: the record of a poll goes on the log together with its items. Of a
document that nobody recorded (the process was killed, the log was full) an entry may be missing when it was gone
before the next poll; those are counted apart.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors.feeds.items.headline import alike, sketch
from connectors.interfaces import Record, Topic
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.feed import FINE, FetchRecord
from schemas.item import FeedItem
from tests.faults.polling.newsroom import Newsroom, Story, text, title, token

_TOKEN = re.compile(r"w\d+n\d+e")
_PAGE = 5_000
_TICK = 0.001

Words = tuple[str, str]


class Count(msgspec.Struct):
    """What the audit came to. `wrong` says in words whatever must not be; empty when nothing was lost or doubled."""

    figures: Counter[str] = msgspec.field(default_factory=Counter)
    statuses: Counter[str] = msgspec.field(default_factory=Counter)
    wrong: list[str] = msgspec.field(default_factory=list)


class Sent:
    """The log, by the word that each entry has in its title."""

    def __init__(self, data: Path) -> None:
        log = EmbeddedLog(data / "log.sqlite3", read_only=True)
        self.words: dict[str, set[Words]] = defaultdict(set)
        self.names: dict[str, set[str]] = defaultdict(set)
        self.articles: dict[str, set[str]] = defaultdict(set)
        self.entries: dict[str, set[str]] = defaultdict(set)
        self.titles: dict[str, dict[str, list[str]]] = defaultdict(dict)
        """Of each entry, by the names it got in their order, the titles it had under them."""
        self.items = 0
        for record in _records(log, "items"):
            item = codec.decode(record.value, FeedItem, record.headers)
            self.items += 1
            for known in _TOKEN.findall(item.title):
                self.words[known].add((item.title, item.body or item.summary))
                self.names[known].add(item.item_id)
                self.articles[known].add(item.article_id)
                self.entries[item.item_id].add(known)
                self.titles[known].setdefault(item.item_id, []).append(item.title)
        self.fetches: dict[int, list[tuple[float, FetchRecord]]] = defaultdict(list)
        for record in _records(log, "fetches"):
            fetch = codec.decode(record.value, FetchRecord, record.headers)
            self.fetches[feed_of(fetch.feed_url)].append((fetch.fetched_at.timestamp(), fetch))
        for fetches in self.fetches.values():
            fetches.sort(key=lambda pair: pair[0])
        log.close()

    def poll_of(self, feed: int, asked: float, until: float) -> FetchRecord | None:
        """The record of the poll that asked between the two moments."""
        # Records tell the time in whole milliseconds.
        fetches = self.fetches[feed]
        place = bisect_left(fetches, asked - _TICK, key=lambda pair: pair[0])
        return fetches[place][1] if place < len(fetches) and fetches[place][0] < until - _TICK else None


def feed_of(feed_url: str) -> int:
    """The number of a feed by its address."""
    return int(urlsplit(feed_url).path.rsplit("/", 1)[1])


def audit(folder: Path, rooms: Sequence[Newsroom]) -> Count:
    """Hold the journal of the server in `folder` against the log there; `rooms` say how each feed names its entries."""
    count, sent = Count(), Sent(folder)
    shown: set[tuple[int, int, int, int]] = set()
    for feed, lines in _journal(folder).items():
        ends = [line["asked"] for line in lines[1:]] + [float("inf")]
        for line, end in zip(lines, ends, strict=True):
            count.figures["requests answered"] += 1
            if line["whole"]:
                poll = sent.poll_of(feed, line["asked"], end)
                taken = poll is not None and poll.status in FINE
                count.figures["documents shown and taken" if taken else "documents shown and not recorded"] += 1
                for place in line["shown"]:
                    shown.add((feed, *place))
                    if not taken and _words(rooms[feed], place) not in sent.words[token(feed, place[0])]:
                        count.figures["gone before a poll could record them"] += 1
                    elif taken and _words(rooms[feed], place) not in sent.words[token(feed, place[0])]:
                        count.wrong.append(f"LOST: feed {feed} ({rooms[feed].kind}) showed {place} at {line['asked']}")
    for feed, places in enumerate(json.loads((folder / "visible.json").read_text())):
        for place in places:
            shown.add((feed, *place))
            count.figures["visible at the end"] += 1
            if _words(rooms[feed], place) not in sent.words[token(feed, place[0])]:
                count.wrong.append(f"LOST: feed {feed} ({rooms[feed].kind}) still shows {place}")
    count.figures["entries shown"] = len({place[:2] for place in shown})
    count.figures["versions shown"] = len(shown)
    count.figures["items on the log"] = sent.items
    _names(sent, rooms, count)
    for fetches in sent.fetches.values():
        count.statuses.update(str(fetch.status) for _, fetch in fetches)
    return count


def _names(sent: Sent, rooms: Sequence[Newsroom], count: Count) -> None:
    """One entry has one name and one article, and no name or article stands for two entries."""
    for known, names in sent.names.items():
        kind = rooms[int(known[1 : known.index("n")])].kind
        for what, several in (("names", len(names) > 1), ("articles", len(sent.articles[known]) > 1)):
            if several:
                # Words read in a wrong encoding are other words, and such an entry is known by nothing else.
                allowed = kind == "words" or (kind == "flips" and _retitled(sent.titles[known]))
                count.figures[
                    f"entries with two {what}{', retitled' if kind == 'flips' and allowed else ''}: {kind}"
                ] += 1
                if not allowed:
                    count.wrong.append(f"TWO {what.upper()}: {known} ({kind})")
    for name, entries in sent.entries.items():
        if len(entries) > 1:
            kind = rooms[int(min(entries)[1 : min(entries).index("n")])].kind
            count.figures[f"names of two entries: {kind}"] += 1
            if kind not in {"twins", "rare twins"}:
                count.wrong.append(f"ONE NAME: {name} stands for {sorted(entries)} ({kind})")


def _retitled(titles: Mapping[str, Sequence[str]]) -> bool:
    """Whether each next name began with a title unlike the last one before: another host and other words at once."""
    lasting = list(titles.values())
    return not any(alike(sketch(one[-1]), sketch(other[0])) for one, other in pairwise(lasting))


def _words(room: Newsroom, place: Sequence[int]) -> Words:
    story = Story(number=place[0], guid="", link="", published=None, titled=place[1], edition=place[2])  # type: ignore[arg-type]
    return title(room.feed, story), text(room.feed, room.form, story)


def _journal(folder: Path) -> Mapping[int, list[dict[str, Any]]]:
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with (folder / "shown.jsonl").open() as journal:
        for line in journal:
            read = json.loads(line)
            lines[read["feed"]].append(read)
    for feed in lines.values():
        feed.sort(key=lambda line: line["asked"])
    return lines


def _records(log: EmbeddedLog, topic: Topic) -> Iterator[Record]:
    place = 0
    while page := log.read(topic, {0: place}, _PAGE):
        yield from page
        place = page[-1].offset + 1
