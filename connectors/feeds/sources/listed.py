"""The sources a run polls: from one address, an OPML file or a TOML list, told apart by what is in them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from connectors.feeds.sources import opml, source_keys, tomllist
from schemas.errors import SettingsError
from schemas.feed import FeedSource

_LARGEST = 10 * 1024 * 1024


def read_sources(spec: str) -> tuple[FeedSource, ...]:
    """The sources `spec` stands for: an http(s) address, or the path of an OPML file or a TOML list.

    One source for each address (what is listed twice is completed from the second mention), those in folders first,
    folder by folder, otherwise in the order of the file. Raises `SettingsError` naming file, line and key.
    """
    spec = spec.strip()
    if is_address(spec):
        try:
            return (FeedSource(feed_url=source_keys.address(spec)),)
        except ValueError as error:
            raise SettingsError(str(error), subject=spec) from error
    sources = parsed(_read_file(spec), spec)
    if not sources:
        message = "lists no feeds"
        raise SettingsError(message, subject=spec)
    return sources


def is_address(spec: str) -> bool:
    """Whether `spec` is meant as an address, not as the path of a file."""
    return "://" in spec


def parsed(data: bytes, name: str) -> tuple[FeedSource, ...]:
    """The sources in the list `data`, as `read_sources` gives them; none is no error here."""
    beginning = data[:1024].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    found = opml.read(data, name) if wide or beginning.startswith("<") else tomllist.read(data, name)
    return by_folder(_merged(found))


class ListedSources:
    """`FeedSources` over the addresses and files of the settings, and the team's own list beside them.

    `own` need not be there, and may be empty, also where `specs` name it: so it begins.
    """

    def __init__(self, specs: Sequence[str], own: Path | None = None) -> None:
        self._specs = tuple(spec for spec in specs if own is None or not _names(spec, own))
        self._own = own

    def stamp(self) -> str:
        """See `FeedSources.stamp`: the files' places, sizes and times; addresses never change."""
        files = [Path(spec.strip()) for spec in self._specs if not is_address(spec)]
        return " ".join(_stamp(file) for file in (*files, *([self._own] if self._own else ())))

    def read(self) -> tuple[FeedSource, ...]:
        """See `FeedSources.read`. What is listed twice is as the team's own list says, else as the first mention."""
        own: dict[str, FeedSource] = {}
        if self._own is not None and self._own.is_file():
            own = {source.feed_url: source for source in parsed(_read_file(str(self._own)), str(self._own))}
        found: dict[str, FeedSource] = {}
        for source in (*itertools.chain.from_iterable(map(read_sources, self._specs)), *own.values()):
            found.setdefault(source.feed_url, own.get(source.feed_url, source))
        return tuple(found.values())


def _names(spec: str, file: Path) -> bool:
    return not is_address(spec) and os.path.realpath(spec.strip()) == os.path.realpath(file)


def _stamp(file: Path) -> str:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return "-"
    return f"{found.st_ino}/{found.st_size}/{found.st_mtime_ns}"


def _read_file(spec: str) -> bytes:
    try:
        with Path(spec).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"cannot be read ({reason}); feeds are given as an http(s) address, an OPML file or a TOML list"
        raise SettingsError(message, subject=spec) from error
    if len(data) > _LARGEST:
        message = f"is larger than {_LARGEST >> 20} MiB: no list of feeds"
        raise SettingsError(message, subject=spec)
    return data


def _merged(sources: Iterable[FeedSource]) -> list[FeedSource]:
    found: dict[str, FeedSource] = {}
    for source in sources:
        known = found.setdefault(source.feed_url, source)
        missing = {
            field: getattr(source, field)
            for field, default in source_keys.DEFAULTS.items()
            if getattr(known, field) == default
        }
        found[source.feed_url] = msgspec.structs.replace(known, **missing)
    return list(found.values())


def by_folder(sources: Iterable[FeedSource]) -> tuple[FeedSource, ...]:
    """Those in folders first, folder by folder, otherwise in their order."""
    sources = list(sources)
    order = {folder: place for place, folder in enumerate(dict.fromkeys(source.folder for source in sources))}
    return tuple(sorted(sources, key=lambda source: (not source.folder, order[source.folder])))
