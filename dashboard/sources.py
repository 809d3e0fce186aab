"""What the page is made from: the stores and a few callables, handed in by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connectors.interfaces import ArticleStore, HitStore
from dashboard.discover import Discover
from schemas.feed import FeedSource, FeedState
from schemas.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the parts of this process work, and one word or sentence about each."""

    ok: bool
    details: dict[str, str] = field(default_factory=dict)


class Polls(Protocol):
    """What polls have come to."""

    def states(self) -> Iterable[FeedState]:
        """What is known of each feed; a feed that was never polled may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All the page may read. Calls may block: they are made from worker threads, several at once."""

    hits: HitStore
    articles: ArticleStore
    feed_states: Polls
    polls_only: bool = False
    """Whether `feed_states` knows only what polls came to: the poller's memory is elsewhere."""
    feeds: Callable[[], tuple[FeedSource, ...]]
    """The sources that are configured; states of others are not shown."""
    watchlists: Callable[[], tuple[Watchlist, ...]]
    """The lists in force at this moment."""
    metrics: Callable[[], str]
    """Prometheus text of the whole process."""
    health: Callable[[], Health]
    now: Callable[[], datetime]
    discover: Discover | None = None
    """Kibana beside the index, which pages link to; None: there is none."""
