"""The only place that chooses back ends and puts the parts together.

Everything opened here is closed by whoever asked for it. Heavy imports happen inside the functions, so that a command
pays only for what it uses.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Log
from connectors.log.embedded import EmbeddedLog
from connectors.watchlists import WatchlistPaths
from schemas.errors import DataFolderError

if TYPE_CHECKING:
    from alerts.desk import Desk
    from alerts.ledger import Ledger
    from connectors.feeds.poller import Poller
    from connectors.feeds.state import SqliteFeedStates
    from connectors.interfaces import Mailer
    from schemas.feed import FeedSource
    from wirewatch.settings import Settings

LOCAL_RECIPIENT = "monitor@localhost"
"""Who gets the mails, in the mail folder, when nobody else is named."""


class LogFactory(msgspec.Struct, frozen=True):
    """Opens the log; picklable, so that a Beam worker opens its own."""

    folder: str

    def __call__(self) -> Log:
        """The log of this data folder."""
        return EmbeddedLog(Path(self.folder) / "log.sqlite3")


class IndexFactory(msgspec.Struct, frozen=True):
    """Opens the index; picklable, so that a Beam worker opens its own."""

    folder: str

    def __call__(self) -> EmbeddedIndex:
        """The index of this data folder."""
        return EmbeddedIndex(Path(self.folder) / "index.sqlite3")


def packaged(name: str) -> str:
    """The path of a file or folder of `examples/`, wherever wirewatch is installed."""
    return str(resources.files("examples").joinpath(name))


def open_log(settings: Settings) -> Log:
    """The log, for writing."""
    return LogFactory(settings.data)()


def open_index(settings: Settings) -> EmbeddedIndex:
    """The index, for writing."""
    return IndexFactory(settings.data)()


def read_log(settings: Settings) -> EmbeddedLog:
    """The log of an existing data folder, read-only: works beside a running `wirewatch run`."""
    return EmbeddedLog(_existing(settings, "log.sqlite3"), read_only=True)


def read_index(settings: Settings) -> EmbeddedIndex:
    """The index of an existing data folder, read-only: works beside a running `wirewatch run`."""
    return EmbeddedIndex(_existing(settings, "index.sqlite3"), read_only=True)


def _existing(settings: Settings, name: str) -> Path:
    path = settings.folder / name
    if not path.is_file():
        message = "no data here yet; start with `wirewatch run`, or name the folder with --data"
        raise DataFolderError(message, subject=settings.data)
    return path


def watchlist_files(settings: Settings) -> WatchlistPaths:
    """The watchlist files of the settings, else those that come with wirewatch."""
    paths = settings.watchlists.paths or (packaged("watchlists"),)
    return WatchlistPaths(tuple(map(Path, paths)))


def sources(settings: Settings) -> tuple[FeedSource, ...]:
    """The feed sources of the settings, else those that come with wirewatch; each address once."""
    from connectors.feeds.sources import read_sources

    found: dict[str, FeedSource] = {}
    for named in settings.feeds.sources or (packaged("feeds.opml"),):
        for source in read_sources(named):
            found.setdefault(source.feed_url, source)
    return tuple(found.values())
