"""Everything one process of the embedded size opens: the data folder, locked, and the parts over it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from connectors.feeds.polling.listing import FixedSources
from connectors.inflight import InFlightFile
from connectors.interfaces import FeedSources
from connectors.lock import FolderLock
from pipelines.matching.reload import Watched
from pipelines.resources import release
from wirewatch import wiring
from wirewatch.places import realign
from wirewatch.sources import SourcesInForce

if TYPE_CHECKING:
    from alerts.desk import Desk
    from alerts.ledger import Ledger
    from connectors.feeds.poller import Poller
    from connectors.feeds.polling.state import SqliteFeedStates
    from connectors.interfaces import Index, Log
    from pipelines.run import MicroBatches
    from schemas.feed import FeedSource
    from wirewatch.settings import Settings


class Station:
    """The opened parts. Build it with `station`."""

    def __init__(self, settings: Settings, feeds: SourcesInForce, watched: Watched, stack: ExitStack) -> None:
        self.settings = settings
        self.feeds = feeds
        """The sources to poll, which the team may edit meanwhile."""
        self.watched = watched
        """The watchlists in force; the graph, which may run elsewhere, loads its own."""
        self.stopping = threading.Event()
        """Once set, pipeline and desk end what they have in hand and return."""
        self.log: Log = wiring.open_log(settings)
        stack.callback(self.log.close)
        self.index: Index = wiring.open_index(settings)
        stack.callback(self.index.close)
        self.places = wiring.open_places(settings, self.index, stack)
        """Where the pipeline keeps its place; None: in its consumer group."""
        self.states: SqliteFeedStates = wiring.feed_states(settings)
        stack.callback(self.states.close)
        self.ledger: Ledger = wiring.open_ledger(settings)
        stack.callback(self.ledger.close)
        mailer = wiring.mailer(settings)
        stack.callback(mailer.close)
        self.desk: Desk = wiring.desk(settings, self.log, self.ledger, mailer, self.index)
        self.poller: Poller = wiring.poller(settings, self.log, self.states)
        stack.callback(release)
        self._stack = stack

    @property
    def sources(self) -> tuple[FeedSource, ...]:
        """The sources polled at present."""
        return self.feeds.current

    def pipeline(self) -> MicroBatches:
        """The graph; imports Beam and loads the language engine, so ask for it in the thread that runs it."""
        from pipelines.language.detect import warm

        warm()
        reader = wiring.consumer(self.settings, wiring.PIPELINE, "items", self.log, self.places, self.stopping.is_set)
        self._stack.callback(reader.close)
        in_flight = InFlightFile(self.settings.folder / "pipeline.inflight")
        return wiring.pipeline(self.settings, reader, in_flight, self.stopping.is_set)


def refuse_when_in_use(settings: Settings) -> None:
    """Raises `FolderInUseError` when another process holds the data folder. Writes nothing where there is none yet."""
    if settings.folder.is_dir():
        _lock(settings).close()


def _lock(settings: Settings) -> FolderLock:
    return FolderLock(settings.folder / "run.lock", held_for="another wirewatch run")


@contextmanager
def station(settings: Settings, sources: FeedSources | tuple[FeedSource, ...] | None = None) -> Iterator[Station]:
    """Lock the data folder and open everything; close it at the end. `sources` replace those of the settings.

    Sources, watchlists and mail settings are read first, so that a broken one is told before anything is written. Raises
    `SettingsError`, `WatchlistError`, `DataFolderError`.
    """
    if isinstance(sources, tuple):
        sources = FixedSources(sources)
    feeds = SourcesInForce(sources or wiring.feed_sources(settings))
    watched = wiring.watched_lists(settings)
    wiring.desk_settings(settings)
    with ExitStack() as stack:
        stack.callback(_lock(settings).close)
        feeds.keep(settings.folder)
        opened = Station(settings, feeds, watched, stack)
        realign(opened)
        yield opened
