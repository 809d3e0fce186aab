"""The borders: one small Protocol for each outside thing, its contract in the docstring.

An embedded implementation sits beside each one for a server; both pass the same suite in `tests/contracts/`.
Unless a docstring says otherwise: calls may block, are safe from several threads, raise `StoreError` (`retryable` when
waiting can help), and whoever opened a thing closes it; a closed thing is not used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Literal, Protocol

import msgspec

from schemas import codec
from schemas.alert import Alert
from schemas.article import Article, Version
from schemas.deadletter import DeadLetter
from schemas.feed import FeedSource, FeedState, FetchRecord
from schemas.hit import Hit

Topic = Literal["items", "hits", "deadletters", "fetches", "actions", "alerts"]
"""Topics by their name without the prefix of the settings (`wirewatch.`)."""

Positions = Mapping[int, int]
"""Next offset to read, by partition."""


class NewRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record to append. `key` decides the partition: records with one key stay in order."""

    topic: Topic
    key: str
    value: bytes
    headers: dict[str, str] = {}

    @classmethod
    def of(cls, topic: Topic, key: str, value: msgspec.Struct, **headers: str) -> NewRecord:
        """The record that carries `value`."""
        return cls(topic=topic, key=key, value=codec.encode(value), headers=codec.headers(value, **headers))


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record as read back, with its place."""

    topic: Topic
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, str] = {}
    appended_at: datetime

    @property
    def position(self) -> str:
        """`topic/partition/offset`: how errors and dead letters name the record."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Log(Protocol):
    """An append-only log of topics."""

    def append(self, records: Sequence[NewRecord]) -> None:
        """Append all, in order. Returns only when they are durable; on an error some may have been appended."""

    def read(self, topic: Topic, start: Positions, limit: int) -> Sequence[Record]:
        """At most `limit` records from `start` on, in offset order within a partition; empty at the end.

        A partition not named starts at its beginning. Does not wait. A start before the oldest record kept is an error.
        """

    def ends(self, topic: Topic) -> Positions:
        """The offset the next record of each partition will get."""

    def close(self) -> None:
        """Release files and sockets."""


class PositionStore(Protocol):
    """Where a consumer keeps its place."""

    def positions(self, consumer: str) -> Positions:
        """The saved place of `consumer`; empty when it never saved one."""

    def save_positions(self, consumer: str, positions: Positions) -> None:
        """Save durably; partitions not named keep theirs."""


class Consumer(Protocol):
    """One reader of one topic with a place of its own. Not shared between threads."""

    name: str

    def read(self, limit: int, wait: float) -> Sequence[Record]:
        """Records after those read before; waits up to `wait` seconds for the first, then takes what is there."""

    def commit(self, positions: Positions) -> None:
        """Everything before `positions` is processed: a restart begins there. Cheap when already saved."""

    def lag(self) -> int:
        """Records between the committed place and the end of the topic."""

    def close(self) -> None:
        """Release what the consumer opened."""


class PartitionReader(Protocol):
    """One partition, read from where its caller says. Not shared between threads."""

    def read(self, start: int, limit: int, wait: float) -> Sequence[Record]:
        """At most `limit` records from `start` on, in order; waits up to `wait` seconds for the first.

        Empty at the end. Raises `PositionLostError` when `start` is outside of what the log keeps.
        """

    def close(self) -> None:
        """Release the sockets."""


class PartitionedTopic(Protocol):
    """One topic for one consumer whose engine shares out the partitions and keeps its place in each.

    The place committed here is where a run begins that the engine knows nothing of, and what lag is counted from.
    """

    def partitions(self) -> Sequence[int]:
        """The partitions there are now."""

    def begin(self, partition: int) -> int:
        """Where to begin: the committed place, else the oldest record. Raises `PositionLostError` as a reader does."""

    def reader(self, partition: int) -> PartitionReader:
        """A reader of its own for the caller, who closes it."""

    def commit(self, positions: Positions) -> None:
        """Everything before `positions` is processed; partitions not named keep theirs."""

    def close(self) -> None:
        """Release the sockets."""


class Mark(msgspec.Struct, frozen=True):
    """A consumer's place, to be saved together with what was made from the records before it."""

    consumer: str
    positions: dict[int, int]


class InHand(msgspec.Struct, frozen=True):
    """A batch that is being run."""

    places: dict[int, tuple[int, int]]
    """By partition: the offset of its first record in the batch, and the one after its last."""
    records: int
    deaths: int = 0
    """Deaths in a row that the process has died with exactly this in hand."""


class InFlight(Protocol):
    """What a process had in hand when it died: a note on disk beside each batch."""

    def previous(self) -> InHand | None:
        """The batch begun and never ended; None after a clean end."""

    def begin(self, batch: InHand) -> None:
        """`batch` is about to be run."""

    def end(self) -> None:
        """The batch was committed."""


class ArticleStore(Protocol):
    """Articles and their versions."""

    def apply(self, articles: Sequence[Article], versions: Sequence[Version], mark: Mark | None = None) -> None:
        """Merge each article into the stored one, write each version once, and return when durable.

        Merging is compare-and-set or a transaction, so that concurrent writers cannot lose an update. A store that
        also keeps reading positions saves `mark` in the same transaction; others ignore it.
        """

    def article(self, article_id: str) -> Article | None:
        """The article, or None."""

    def version(self, version_id: str) -> Version | None:
        """The version, or None."""


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """Which articles can match a query: a superset, which the matcher then decides.

    `any_of` is a disjunction of conjunctions of phrases; a phrase is a tuple of folded tokens next to each other, the
    last characters of a token may be `*` (prefix). An empty `any_of` means every article.
    """

    any_of: tuple[tuple[tuple[str, ...], ...], ...] = ()
    since: datetime | None = None
    beyond: tuple[datetime, str] | None = None
    """Only articles that come after this (`seen_at`, article id) in the order they are given in: where to go on."""


class Search(Protocol):
    """Finding articles by their words."""

    def candidates(self, wanted: Candidates) -> Iterator[Article]:
        """Articles that may match, newest `seen_at` first, streamed; ties by article id."""

    def count(self) -> int:
        """Articles stored."""


class HitFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which hits to list; empty fields do not limit. `language` also takes a macro-language (`sr` finds `sr-Latn`)."""

    article_id: str = ""
    watchlist: str = ""
    language: str = ""
    since: datetime | None = None


class HitStore(Protocol):
    """Hits with their stories, and alerts, as the desk copies them. The desk is the only writer."""

    def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
        """Insert or merge hits (`Hit.merge`), insert or replace alerts; durable on return."""

    def newest(self, wanted: HitFilter, limit: int) -> Iterator[Hit]:
        """Hits, newest `seen_at` first, at most `limit` (0 = all), streamed."""

    def after(self, cursor: int, limit: int) -> Sequence[tuple[int, Hit]]:
        """Hits first stored after `cursor`, oldest first, each with the cursor that continues behind it.

        For live views. A cursor only grows; the greatest one is found with `last_cursor`.
        """

    def last_cursor(self) -> int:
        """The cursor of the hit stored last; 0 when there is none."""

    def alerts(self, limit: int) -> Iterator[Alert]:
        """Alerts, newest `created_at` first, at most `limit` (0 = all)."""


class Index(ArticleStore, Search, HitStore, Protocol):
    """Everything that is searched, as one thing to open."""

    def settle(self) -> None:
        """What was stored before this call is found by every search that begins after it returns."""

    def close(self) -> None:
        """Release files and sockets."""


class Archive(Protocol):
    """Copies of what otherwise only lies in topics, for an index that people also ask without us."""

    def put_fetches(self, fetches: Sequence[FetchRecord]) -> None:
        """Insert or replace, one document a feed and time; durable on return."""

    def put_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Insert or replace by id; of two states of one id the later of the log wins. Durable on return."""


class Change(msgspec.Struct, frozen=True):
    """What `wirewatch setup` found or did about one thing of a server."""

    subject: str
    """`topic wirewatch.items`, `template wirewatch-articles`, …"""
    action: Literal["created", "changed", "unchanged"]
    detail: str = ""
    """What was changed from what, or why it cannot be changed."""


class Known(msgspec.Struct, frozen=True):
    """What the poller remembers of one thing that a feed has brought.

    Of an item: what was sent last. Of a dead letter: `content_hash` is the hash of its bytes. Of another key under which
    an item is to be recognised (an alias): `content_hash` is the item's id.
    """

    content_hash: str
    article_id: str = ""
    """Decided once: an item keeps its article when its feed moves it to another address."""
    title: bytes = b""
    """Its title in a few bytes, see `connectors/feeds/items/headline.py`."""
    published_at: datetime | None = None
    """Only for saving, not kept: a feed that shows old items keeps its memory for longer."""
    last_seen: datetime | None = None
    """Until when, to a day, its feed is known to have had it. None for saving: it has it now."""


class FeedStates(PositionStore, Protocol):
    """What the poller remembers between polls, its place in the fetches and what feeds were learned to be included."""

    def state(self, feed_url: str) -> FeedState | None:
        """The state of one feed, or None before its first poll."""

    def states_of(self, feed_urls: Sequence[str]) -> Mapping[str, FeedState]:
        """The states of many feeds at once; those without one are missing."""

    def states(self) -> Iterable[FeedState]:
        """All states, by address."""

    def seen(self, feed_url: str, keys: Sequence[str]) -> Mapping[str, Known]:
        """What is known under each of `keys` (item ids, dead letters, aliases) that this feed has already brought.

        What left its feed is forgotten after 90 days, or thrice the age of the oldest item it showed since, at most
        after 1,000 days; never while it is shown.
        """

    def learned(self, feed_url: str) -> str:
        """The language profile of a feed, stamped into its items (`Outlet.learned`); empty when none was learned."""

    def save_learned(self, profiles: Mapping[str, str]) -> None:
        """Save profiles by feed address; an empty one forgets, feeds not named keep theirs."""

    def save(self, state: FeedState, seen: Mapping[str, Known]) -> None:
        """Save the state and what is now acknowledged, in one transaction; an empty `seen` leaves what is known."""

    def save_all(self, saved: Sequence[tuple[FeedState, Mapping[str, Known]]]) -> None:
        """`save` for several feeds, all in one transaction: one wait for the disk."""

    def remember(self, feed_url: str, seen: Mapping[str, Known], at: datetime) -> None:
        """Save what was acknowledged at `at` whatever a poller saves meanwhile: the state of the feed stays.

        A feed that is not known is from now on, with nothing in its state.
        """

    def close(self) -> None:
        """Release the file."""


class Mailer(Protocol):
    """Hands over one message to one recipient."""

    def send(self, message: EmailMessage, recipient: str) -> str:
        """Return the server's answer once it has taken responsibility. Raises `DeliveryError`.

        Sending a message again may deliver a second copy, but never under another `Message-ID`.
        """

    def check(self) -> str:
        """Reach whatever takes the mails, without sending one, and say what was found. Raises `DeliveryError`."""

    def close(self) -> None:
        """End the session; errors are ignored."""


class WatchlistFile(msgspec.Struct, frozen=True):
    """One watchlist file as read: its name for messages, and its text."""

    name: str
    text: str


class WatchlistFiles(Protocol):
    """The watchlist files of this run."""

    def stamp(self) -> str:
        """Changes whenever a file was added, removed or edited. Cheap: called before every batch."""

    def read(self) -> Sequence[WatchlistFile]:
        """All files by name. Raises `WatchlistError` when one cannot be read."""


class FeedSources(Protocol):
    """The sources to poll, which the team may edit while a process runs."""

    def stamp(self) -> str:
        """Changes whenever what `read` gives may have changed. Cheap: asked every few seconds."""

    def read(self) -> tuple[FeedSource, ...]:
        """All sources, each address once. Raises `SettingsError` naming file, line and key."""
