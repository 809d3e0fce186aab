"""The only place that chooses back ends and puts the parts together.

Everything opened here is closed by whoever asked for it. Heavy imports happen inside the functions, so that a command
pays only for what it uses.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from connectors.index.embedded import EmbeddedIndex
from connectors.lastsources import read_last_sources
from connectors.log.embedded import EmbeddedLog
from connectors.watchlists import WatchlistPaths
from schemas.errors import DataFolderError, SettingsError
from schemas.time import now
from wirewatch.backends import (
    IndexFactory,
    LogFactory,
    elasticsearch_server,
    index_factory,
    kafka_server,
    log_factory,
)

__all__ = ["IndexFactory", "LogFactory", "elasticsearch_server", "index_factory", "kafka_server", "log_factory"]

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack

    from alerts.desk import Desk
    from alerts.ledger import Ledger, LedgerReader
    from alerts.settings import DeskSettings
    from connectors.feeds.poller import Poller
    from connectors.feeds.polling.state import SqliteFeedStates
    from connectors.feeds.sources.ownlist import OwnList
    from connectors.interfaces import (
        Archive,
        Consumer,
        FeedSources,
        FeedStates,
        HitStore,
        Index,
        InFlight,
        Log,
        Mailer,
        PositionStore,
        Topic,
    )
    from connectors.log.enquiry import Enquiry
    from connectors.log.partitions import KafkaPartitions
    from pipelines.archive import Archiving
    from pipelines.matching.reload import Watched
    from pipelines.monitoring import Outputs, Parts
    from pipelines.run import MicroBatches
    from schemas.duplicates import Elsewhere
    from schemas.feed import FeedSource
    from wirewatch.settings import Settings

LOCAL_RECIPIENT = "monitor@localhost"
"""Who gets the mails, in the mail folder, when nobody else is named."""
PIPELINE = "pipeline"
"""The consumer that the graph reads `items` as."""
PIPELINES = (PIPELINE, "hits", "index")
"""All of them: with one output alone it is another reader, named by it."""
ARCHIVES: dict[str, Topic] = {"index.deadletters": "deadletters", "index.fetches": "fetches"}
"""Readers that copy whole topics into the index, each with what it reads."""


def packaged(name: str) -> str:
    """The path of a file or folder of `examples/`, wherever wirewatch is installed."""
    return str(resources.files("examples").joinpath(name))


def open_log(settings: Settings) -> Log:
    """The log, for writing."""
    return log_factory(settings)()


def open_index(settings: Settings) -> Index:
    """The index, for writing."""
    return index_factory(settings)()


def read_log(settings: Settings) -> Log:
    """The log as it is, never written: works beside whoever writes it."""
    if settings.kafka.servers:
        return open_log(settings)
    return EmbeddedLog(_existing(settings, "log.sqlite3"), read_only=True)


def read_index(settings: Settings) -> Index:
    """The index as it is, never written: works beside whoever writes it."""
    if settings.elasticsearch.urls:
        return open_index(settings)
    return EmbeddedIndex(_existing(settings, "index.sqlite3"), read_only=True)


def _existing(settings: Settings, name: str) -> Path:
    path = settings.folder / name
    if not path.is_file():
        message = "no data here yet; start with `wirewatch run`, or name the folder with --data"
        raise DataFolderError(message, subject=settings.data)
    return path


def watchlist_files(settings: Settings) -> WatchlistPaths:
    """The watchlist files of the settings, else those that come with wirewatch."""
    return _watchlists(settings)()


def feed_sources(settings: Settings, only: Sequence[str] = ()) -> FeedSources:
    """The feed sources of the settings, else those that come with wirewatch, and the team's own beside them.

    `only` these (addresses, OPML files or TOML lists) replace all of them.
    """
    from connectors.feeds.sources.listed import ListedSources

    if only:
        return ListedSources(only)
    return ListedSources(settings.feeds.sources or (packaged("feeds.opml"),), own_list(settings).path)


def own_list(settings: Settings) -> OwnList:
    """The list that `feeds add`, `import` and `remove` edit."""
    from connectors.feeds.sources.ownlist import OwnList

    return OwnList(settings.folder / "feeds.toml")


def sources(settings: Settings) -> tuple[FeedSource, ...]:
    """The feed sources as they are listed now; each address once."""
    return feed_sources(settings).read()


def led_to(settings: Settings) -> Elsewhere:
    """Which other addresses the feeds of this folder were found at."""
    from schemas.duplicates import led_to

    if not (settings.folder / "feeds.sqlite3").is_file():
        return {}
    states = feed_states(settings)
    try:
        return led_to(states.states())
    finally:
        states.close()


def watched(settings: Settings) -> tuple[FeedSource, ...]:
    """The sources of the settings and those of the last run of this folder, each address once.

    The list that comes with wirewatch counts only where there was no run: `run --feeds` and the demo replace it.
    """
    last = read_last_sources(settings.folder)
    named = sources(settings) if settings.feeds.sources or not last else own_list(settings).read()
    return tuple({source.feed_url: source for source in (*last, *named)}.values())


def feed_states(settings: Settings) -> SqliteFeedStates:
    """What the poller remembers."""
    from connectors.feeds.polling.state import SqliteFeedStates

    return SqliteFeedStates(settings.folder / "feeds.sqlite3")


def poller(settings: Settings, log: Log, states: FeedStates) -> Poller:
    """The poller over `log` and `states`."""
    from connectors.feeds.poller import Poller
    from connectors.feeds.settings import PollerSettings
    from connectors.feeds.websub.rules import Terms
    from wirewatch.access import access, proxied

    feeds = settings.feeds
    return Poller(
        PollerSettings(
            contact=feeds.contact,
            allow_networks=feeds.allow_networks,
            host_delay=feeds.host_delay,
            timeout=feeds.timeout,
            concurrency=feeds.concurrency,
            min_interval=feeds.min_interval,
            max_interval=feeds.max_interval,
            robots=feeds.robots,
            proxy=proxied(feeds.proxy, feeds.proxy_file, "feeds.proxy"),
            websub=Terms(base=feeds.websub_url.rstrip("/"), backup=feeds.websub_poll),
            access={name: access(section, f"feeds.access.{name}") for name, section in feeds.access.items()},
        ),
        log,
        states,
        now,
    )


def mailer(settings: Settings) -> Mailer:
    """SMTP when a server is set, else the maildir of the data folder."""
    smtp = settings.smtp
    if not smtp.host:
        from connectors.mail.maildir import MaildirMailer

        return MaildirMailer(settings.folder / "mail")
    from connectors.mail.smtp import SmtpMailer, SmtpServer

    return SmtpMailer(
        SmtpServer(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            user=smtp.user,
            password=smtp.password.value,
            timeout=smtp.timeout,
        )
    )


def open_ledger(settings: Settings) -> Ledger:
    """The ledger, for the desk: holds its lock."""
    from alerts.ledger import Ledger

    return Ledger(settings.folder / "ledger.sqlite3")


def read_ledger(settings: Settings) -> LedgerReader:
    """The ledger, read-only: works beside a running desk."""
    from alerts.ledger import LedgerReader

    return LedgerReader(_existing(settings, "ledger.sqlite3"))


def desk_settings(settings: Settings) -> DeskSettings:
    """What the desk is told. Raises `SettingsError` when it could not work with it."""
    from alerts.desk import check
    from alerts.settings import DeskSettings, MailSettings

    alerts = settings.alerts
    told = DeskSettings(
        recipients=alerts.recipients or (LOCAL_RECIPIENT,),
        mail=MailSettings(
            sender=alerts.sender, domain=alerts.domain, time_zone=alerts.time_zone, base_url=alerts.base_url
        ),
    )
    check(told)
    return told


def desk(settings: Settings, log: Log, ledger: Ledger, mails: Mailer, hits: HitStore) -> Desk:
    """The desk over its parts."""
    from alerts.desk import Desk

    return Desk(log, ledger, mails, hits, desk_settings(settings), now)


class WatchlistsFactory(msgspec.Struct, frozen=True):
    """Opens the watchlist files; picklable, so that a Beam worker opens its own."""

    paths: tuple[str, ...]

    def __call__(self) -> WatchlistPaths:
        """The files of these paths."""
        return WatchlistPaths(tuple(map(Path, self.paths)))


def _watchlists(settings: Settings) -> WatchlistsFactory:
    return WatchlistsFactory(settings.watchlists.paths or (packaged("watchlists"),))


def watched_lists(settings: Settings) -> Watched:
    """The watchlists of the settings, watched: the same object that the pipeline of this process matches with.

    Raises `WatchlistError`. Let go by `pipelines.resources.release`.
    """
    from pipelines.matching.reload import WatchedFactory
    from pipelines.resources import obtain

    return obtain(WatchedFactory(_watchlists(settings)))


def open_places(settings: Settings, index: Callable[[], Index], stack: ExitStack) -> PositionStore | None:
    """Where readers of the log keep their places; None: in their consumer group.

    With the documents, where the index can keep them, so that both are one transaction.
    """
    if not settings.elasticsearch.urls:
        kept = index()
        assert isinstance(kept, EmbeddedIndex)
        return kept
    if settings.kafka.servers:
        return None
    from connectors.log.places import PlacesFile

    places = PlacesFile(settings.folder / "places.sqlite3")
    stack.callback(places.close)
    return places


def consumer(  # noqa: PLR0917 who reads what from where
    settings: Settings, name: str, topic: Topic, log: Log, places: PositionStore | None, stopped: Callable[[], bool]
) -> Consumer:
    """The reader `name` of `topic`, its place in `places` or in a consumer group."""
    if places is not None:
        from connectors.log.consumer import StoredPositionConsumer

        return StoredPositionConsumer(name, log, topic, places, stopped=stopped)
    from connectors.log.group import GroupConsumer

    server = kafka_server(settings)
    assert server is not None, "only Kafka has consumer groups"
    return GroupConsumer(name, server, topic, stopped=stopped)


def enquiry(settings: Settings) -> Enquiry:
    """Questions to the brokers of the settings."""
    from connectors.log.enquiry import Enquiry as Questions

    server = kafka_server(settings)
    assert server is not None, "asked of a log in a file"
    return Questions(server)


def reads_as(outputs: Outputs) -> str:
    """The name under which the graph with these outputs reads `items`: each has a place of its own."""
    return outputs[0] if len(outputs) == 1 else PIPELINE


def pipeline(
    settings: Settings,
    reader: Consumer,
    in_flight: InFlight,
    outputs: Outputs = ("hits", "index"),
    stopped: Callable[[], bool] = lambda: False,
) -> MicroBatches:
    """The graph as micro-batches over what `reader` brings; imports Beam."""
    from pipelines.run import MicroBatches

    return MicroBatches(
        reader,
        parts(settings, outputs),
        in_flight,
        batch_records=settings.pipeline.batch_records,
        stopped=stopped,
    )


def parts(settings: Settings, outputs: Outputs) -> Parts:
    """What the graph with these outputs works with; imports Beam."""
    from pipelines.monitoring import Parts

    return Parts(
        name=reads_as(outputs),
        outputs=outputs,
        log=log_factory(settings),
        articles=index_factory(settings),
        watchlists=_watchlists(settings),
        language_engine=settings.pipeline.language_engine,
    )


def partitioned_items(settings: Settings, name: str) -> KafkaPartitions:
    """Opens `items` as the consumer `name` reads it partition by partition. Raises `SettingsError` without Kafka."""
    from connectors.log.partitions import KafkaPartitions

    server = kafka_server(settings)
    if server is None:
        message = "an engine reads from Kafka: name its brokers, `host:port`"
        raise SettingsError(message, subject="kafka.servers")
    return KafkaPartitions(server, name, "items")


def archiving(index: Index, reader: Callable[[str, Topic], Consumer], stopped: Callable[[], bool]) -> Archiving | None:
    """Copying dead letters and polls into the index; None where nobody but us asks it. `reader` opens one by name."""
    if isinstance(index, EmbeddedIndex):
        return None
    from pipelines.archive import Archiving

    letters, fetches = (reader(name, topic) for name, topic in ARCHIVES.items())
    return Archiving(cast("Archive", index), letters, fetches, stopped)


def check_folder(settings: Settings) -> None:
    """Open every file of the data folder that exists, read-only. Raises `DataFolderError` naming a broken one."""
    from alerts.ledger import LedgerReader

    for name, reader in (
        ("log.sqlite3", lambda path: EmbeddedLog(path, read_only=True)),
        ("index.sqlite3", lambda path: EmbeddedIndex(path, read_only=True)),
        ("ledger.sqlite3", LedgerReader),
    ):
        path = settings.folder / name
        if path.is_file():
            reader(path).close()
