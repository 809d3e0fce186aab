"""Whose turn it is: sources by the time they fall due, the heaviest first among those due, no host before its time.

Pure of clocks and sockets. One heap entry a source; a host that must wait costs nobody else anything.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from connectors.feeds.fetching.hosts import host_of
from schemas.feed import FeedSource


class Due(NamedTuple):
    """A source to poll, the time it was due, and the host that will be asked."""

    source: FeedSource
    at: float
    host: str


class Rota:
    """The sources of one run. `host_wait` gives the seconds until a host may be asked, see `HostGate.wait`.

    Times are seconds: `now` and due times of the wall's clock, `tick` of a clock that never jumps.
    """

    def __init__(self, host_wait: Callable[[str], float]) -> None:
        self._host_wait = host_wait
        self._sources: dict[str, FeedSource] = {}
        self._planned: dict[str, float] = {}
        # Feeds that are polled at another host than their own.
        self._moved: dict[str, str] = {}
        self._future: list[tuple[float, str]] = []
        # Due sources by host, heaviest first; a host is either in `_ready` with its first one, or asleep.
        self._lanes: dict[str, list[tuple[float, float, str]]] = {}
        self._ready: list[tuple[float, float, str]] = []
        self._asleep: dict[str, float] = {}
        self._sleeping: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._sources)

    def __contains__(self, feed_url: str) -> bool:
        return feed_url in self._sources

    def replace(self, sources: Iterable[FeedSource], planned: Mapping[str, tuple[float, str]], now: float) -> None:
        """Poll `sources` from now on, and no others. New ones are due as `planned` (time and host), or at once."""
        wanted = {source.feed_url: source for source in sources}
        for gone in self._sources.keys() - wanted.keys():
            self._planned.pop(gone, None)
            self._moved.pop(gone, None)
        added = wanted.keys() - self._sources.keys()
        self._sources = wanted
        for url in added:
            self.plan(url, *planned.get(url, (now,)))

    def plan(self, feed_url: str, at: float, host: str = "") -> None:
        """Poll `feed_url` at `at`, at `host` or else its own; nothing happens when it was removed meanwhile."""
        if feed_url not in self._sources:
            return
        if host and host != host_of(feed_url):
            self._moved[feed_url] = host
        else:
            self._moved.pop(feed_url, None)
        self._planned[feed_url] = at
        heapq.heappush(self._future, (at, feed_url))

    def move(self, feed_url: str, at: float) -> None:
        """Poll `feed_url` at `at` instead of when it was planned; nothing happens while it is being polled."""
        # A busy hub moves the poll to the same time with each delivery: one entry is enough.
        if self._planned.get(feed_url, at) != at:
            self.plan(feed_url, at, self._moved.get(feed_url, ""))

    def take(self, now: float, tick: float) -> Due | None:
        """The source to poll now; None when there is none whose host may be asked.

        It comes back only after `plan`. The caller takes the turn of its host before the next call.
        """
        self._advance(now, tick)
        while self._ready:
            weight, at, host = heapq.heappop(self._ready)
            lane = self._lanes.get(host)
            if not lane or host in self._asleep or lane[0][:2] != (weight, at):
                continue
            wait = self._host_wait(host)
            if wait > 0:
                self._asleep[host] = tick + wait
                heapq.heappush(self._sleeping, (tick + wait, host))
                continue
            _, _, url = heapq.heappop(lane)
            if lane:
                heapq.heappush(self._ready, (*lane[0][:2], host))
            else:
                del self._lanes[host]
            source = self._sources.get(url)
            if source is not None and self._planned.get(url) == at:
                del self._planned[url]
                return Due(source, at, host)
        return None

    def shift(self, seconds: float) -> None:
        """The wall's clock was set by `seconds`: everything planned moves with it."""
        self._planned = {url: at + seconds for url, at in self._planned.items()}
        # Whatever is due already stays so; of the others none changes its place among them.
        self._future = [(at + seconds, url) for at, url in self._future]
        self._lanes = {
            host: [(weight, at + seconds, url) for weight, at, url in lane] for host, lane in self._lanes.items()
        }
        self._ready = [(weight, at + seconds, host) for weight, at, host in self._ready]

    def wake(self, host: str) -> bool:
        """Something about `host` has changed: whether a source of it was waiting for that."""
        if self._asleep.pop(host, None) is None:
            return False
        self._offer(host)
        return True

    def idle(self, now: float, tick: float) -> float:
        """Seconds until `take` may have something, as far as is known; infinite when nothing is planned."""
        if self._ready:
            return 0.0
        due = self._future[0][0] - now if self._future else float("inf")
        awake = self._sleeping[0][0] - tick if self._sleeping else float("inf")
        return max(0.0, min(due, awake))

    def _advance(self, now: float, tick: float) -> None:
        while self._future and self._future[0][0] <= now:
            at, url = heapq.heappop(self._future)
            source = self._sources.get(url)
            if source is None or self._planned.get(url) != at:
                continue
            host, entry = self._moved.get(url) or host_of(url), (-source.weight, at, url)
            lane = self._lanes.setdefault(host, [])
            heapq.heappush(lane, entry)
            if lane[0] is entry and host not in self._asleep:
                self._offer(host)
        while self._sleeping and self._sleeping[0][0] <= tick:
            at, host = heapq.heappop(self._sleeping)
            if self._asleep.get(host) == at:
                del self._asleep[host]
                self._offer(host)

    def _offer(self, host: str) -> None:
        lane = self._lanes.get(host)
        if lane:
            heapq.heappush(self._ready, (*lane[0][:2], host))
