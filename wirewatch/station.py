"""What a process opens: log, index and files of the settings, locked for what it does, and the parts over them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from alerts.copies import DESK
from connectors.feeds.polling.listing import FixedSources
from connectors.inflight import InFlightSlot
from connectors.interfaces import FeedSources, Positions
from connectors.lock import FolderLock
from pipelines.patience import patiently
from pipelines.resources import release
from wirewatch import wiring
from wirewatch.places import realign
from wirewatch.sources import SourcesInForce

if TYPE_CHECKING:
    from alerts.desk import Desk
    from alerts.ledger import Ledger
    from connectors.feeds.poller import Poller
    from connectors.feeds.polling.state import SqliteFeedStates
    from connectors.interfaces import Consumer, Index, Log, PositionStore, Topic
    from connectors.log.enquiry import Enquiry
    from dashboard.sources import Polls
    from pipelines.archive import Archiving
    from pipelines.matching.reload import Watched
    from pipelines.monitoring import Outputs
    from pipelines.run import MicroBatches
    from schemas.feed import FeedSource
    from wirewatch.settings import Settings

Part = Literal["poll", "pipeline", "desk", "page"]
EVERYTHING: tuple[Part, ...] = ("poll", "pipeline", "desk", "page")
BOTH: Outputs = ("hits", "index")
_RUN_LOCK = "run.lock"


class Station:
    """The parts, each opened when it is first asked for. Build it with `station` or `service`.

    Ask for what a thread will use before it starts: opening is not safe from several threads.
    """

    def __init__(self, settings: Settings, stack: ExitStack, listed: FeedSources | None) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        """Once set, pipeline and desk end what they have in hand and return."""
        self._stack = stack
        self._listed = listed
        self._asking = threading.Lock()
        self._enquiry: Enquiry | None = None
        stack.callback(release)

    @cached_property
    def feeds(self) -> SourcesInForce:
        """The sources to poll, which the team may edit meanwhile. Raises `SettingsError`."""
        return SourcesInForce(self._listed or wiring.feed_sources(self.settings))

    @property
    def sources(self) -> tuple[FeedSource, ...]:
        """The sources polled at present."""
        return self.feeds.current

    @cached_property
    def watched(self) -> Watched:
        """The watchlists in force; the graph, which may run elsewhere, loads its own. Raises `WatchlistError`."""
        return wiring.watched_lists(self.settings)

    @cached_property
    def log(self) -> Log:
        """The log."""
        log = wiring.open_log(self.settings)
        self._stack.callback(log.close)
        return log

    @cached_property
    def index(self) -> Index:
        """The index."""
        index = wiring.open_index(self.settings)
        self._stack.callback(index.close)
        return index

    @cached_property
    def places(self) -> PositionStore | None:
        """Where the pipeline keeps its place; None: in its consumer group."""
        return wiring.open_places(self.settings, lambda: self.index, self._stack)

    @cached_property
    def states(self) -> SqliteFeedStates:
        """What the poller remembers."""
        states = wiring.feed_states(self.settings)
        self._stack.callback(states.close)
        return states

    @cached_property
    def polls(self) -> Polls:
        """How the feeds are doing: from the poller's memory where that is here, else from the log."""
        if (self.settings.folder / "feeds.sqlite3").is_file() or not self.settings.kafka.servers:
            return self.states
        from wirewatch.fetched import FetchedStates

        return FetchedStates(self.log)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; only one process holds it."""
        ledger = wiring.open_ledger(self.settings)
        self._stack.callback(ledger.close)
        return ledger

    @cached_property
    def desk(self) -> Desk:
        """The desk."""
        mailer = wiring.mailer(self.settings)
        self._stack.callback(mailer.close)
        return wiring.desk(self.settings, self.log, self.ledger, mailer, self.index)

    @cached_property
    def poller(self) -> Poller:
        """The poller."""
        return wiring.poller(self.settings, self.log, self.states)

    def pipeline(self, outputs: Outputs = BOTH) -> MicroBatches:
        """The graph; imports Beam and loads the language engine, so ask for it in the thread that runs it."""
        from pipelines.language.detect import warm

        warm()
        name = wiring.reads_as(outputs)
        reader = self._reader(name, "items")
        in_flight = InFlightSlot(self.settings.folder, name)
        self._stack.callback(in_flight.close)
        return wiring.pipeline(self.settings, reader, in_flight, outputs, self.stopping.is_set)

    def archiving(self) -> Archiving | None:
        """Copying what else the index shows; None where nobody but us asks it."""
        return wiring.archiving(self.index, self._reader, self.stopping.is_set)

    def _pipelines_lag(self) -> dict[str, int]:
        # A reader that never kept a place is one that this team does not use.
        if self.places is not None:
            kept = {name: place for name in wiring.PIPELINES if (place := self.places.positions(name))}
            return {name: _behind(self.log, "items", place) for name, place in (kept or {wiring.PIPELINE: {}}).items()}
        with self._asking:
            if self._enquiry is None:
                self._enquiry = wiring.enquiry(self.settings)
                self._stack.callback(self._enquiry.close)
        groups: dict[str, Topic] = {**dict.fromkeys(wiring.PIPELINES, "items"), **wiring.ARCHIVES}
        used = {name: topic for name, topic in groups.items() if self._enquiry.committed(name, topic)}
        return {name: self._enquiry.lag(name, topic) for name, topic in (used or {wiring.PIPELINE: "items"}).items()}

    def _reader(self, name: str, topic: Topic) -> Consumer:
        reader = wiring.consumer(self.settings, name, topic, self.log, self.places, self.stopping.is_set)
        self._stack.callback(reader.close)
        return reader

    def archive(self) -> None:
        """Copy what else the index shows, up to the ends of its topics, and have all that is stored found."""
        archiving = self.archiving()
        if archiving is not None:
            archiving.drain()
        self.index.settle()

    def lag(self) -> dict[str, int]:
        """Records that each reader has still to process, as far as this process can tell. Raises `StoreError`."""
        found = self._pipelines_lag()
        if "ledger" in self.__dict__:
            found["desk"] = _behind(self.log, "hits", self.ledger.positions(DESK))
        return found


def _behind(log: Log, topic: Topic, place: Positions) -> int:
    return sum(max(0, end - place.get(partition, 0)) for partition, end in log.ends(topic).items())


def refuse_when_in_use(settings: Settings) -> None:
    """Raises `FolderInUseError` when another process holds the data folder. Writes nothing where there is none yet."""
    if settings.folder.is_dir():
        _lock(settings, _RUN_LOCK, "run").close()


def is_left_to_services(settings: Settings) -> bool:
    """Whether what goes on the log is others' to process: it is shared, and `run` has never worked in this folder.

    A desk of one's own beside the one that is somewhere would tell everything a second time.
    """
    return bool(settings.kafka.servers) and not (settings.folder / _RUN_LOCK).exists()


def _lock(settings: Settings, name: str, command: str) -> FolderLock:
    return FolderLock(settings.folder / name, held_for=f"another wirewatch {command}")


@contextmanager
def station(settings: Settings, sources: FeedSources | tuple[FeedSource, ...] | None = None) -> Iterator[Station]:
    """Lock the data folder for all parts and open them; close them at the end. `sources` replace those of the settings.

    Sources, watchlists and mail settings are read first, so that a broken one is told before anything is written. Raises
    `SettingsError`, `WatchlistError`, `DataFolderError`.
    """
    if isinstance(sources, tuple):
        sources = FixedSources(sources)
    with _opened(settings, EVERYTHING, sources, whole=True) as opened:
        yield opened


@contextmanager
def service(settings: Settings, part: Part, reads_as: str = wiring.PIPELINE) -> Iterator[Station]:
    """The same for one part, whose lock alone is taken: poll and desk are one process each, the others may be many.

    `reads_as` names the reader of a pipeline: where its place is not a group's, it is one process too.
    """
    with _opened(settings, (part,), None, whole=False, reads_as=reads_as) as opened:
        yield opened


@contextmanager
def _opened(
    settings: Settings,
    parts: tuple[Part, ...],
    sources: FeedSources | None,
    *,
    whole: bool,
    reads_as: str = wiring.PIPELINE,
) -> Iterator[Station]:
    with ExitStack() as stack:
        opened = Station(settings, stack, sources)
        _read_first(opened, parts)
        if whole:
            stack.callback(_lock(settings, _RUN_LOCK, "run").close)
        if "poll" in parts:
            stack.callback(_lock(settings, "poll.lock", "poll").close)
            opened.feeds.keep(settings.folder)
        if "pipeline" in parts and opened.places is not None:
            # Two readers of one place would each do everything.
            stack.callback(_lock(settings, f"{reads_as}.lock", "pipeline").close)
        if "desk" in parts:
            opened.ledger  # noqa: B018 opened for its lock
        patiently(lambda: realign(opened, parts), lambda: False)
        yield opened


def _read_first(opened: Station, parts: tuple[Part, ...]) -> None:
    if "poll" in parts or "page" in parts:
        opened.feeds  # noqa: B018 read for its faults
    if "page" in parts:
        opened.watched  # noqa: B018 read for its faults
    if "desk" in parts:
        wiring.desk_settings(opened.settings)
