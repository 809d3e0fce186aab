"""The sources a run polls: from one address, an OPML file or a TOML list, told apart by what is in them."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors.feeds import opml
from schemas.errors import SettingsError
from schemas.feed import FeedSource

_LARGEST = 10 * 1024 * 1024
_KEYS = {
    "url": "feed_url", "name": "name", "site": "site_url", "country": "country", "language": "language",
    "kind": "kind", "folder": "folder",
}  # fmt: skip
_EXAMPLE = '[[feeds]] with url = "https://…" and, if known, name, site, country, language, kind, folder'


def read_sources(spec: str) -> tuple[FeedSource, ...]:
    """The sources `spec` stands for: an http(s) address, or the path of an OPML file or a TOML list.

    One source for each address (what is listed twice is completed from the second mention), those in folders first,
    folder by folder, otherwise in the order of the file. Raises `SettingsError` naming file, line and key.
    """
    spec = spec.strip()
    if "://" in spec:
        return (FeedSource(feed_url=_address(spec, "", spec)),)
    data = _read_file(spec)
    beginning = data[:1024].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    sources = opml.read(data, spec) if wide or beginning.startswith("<") else _read_list(data, spec)
    if not sources:
        message = "lists no feeds"
        raise SettingsError(message, subject=spec)
    return _by_folder(_merged(sources))


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


def _read_list(data: bytes, name: str) -> tuple[FeedSource, ...]:
    try:
        tree = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"is neither OPML nor a TOML list of {_EXAMPLE}: {error}"
        raise SettingsError(message, subject=name) from error
    for key in tree:
        if key != "feeds":
            message = f"unknown key {key}; a list has {_EXAMPLE}"
            raise SettingsError(message, subject=name)
    feeds = tree.get("feeds")
    if not isinstance(feeds, list) or not all(isinstance(feed, dict) for feed in feeds):
        message = f"feeds: must be a list of {_EXAMPLE}"
        raise SettingsError(message, subject=name)
    return tuple(_source(feed, f"feeds[{number}]", name) for number, feed in enumerate(feeds))


def _source(feed: dict[str, Any], path: str, name: str) -> FeedSource:
    for key, value in feed.items():
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(_KEYS)}"
            message = f"unknown key {path}.{key}{hint}"
            raise SettingsError(message, subject=name)
        if not isinstance(value, str):
            message = f"{path}.{key}: must be text in quotes, not {value!r}"
            raise SettingsError(message, subject=name)
    if not feed.get("url", "").strip():
        message = f"{path}.url: is missing"
        raise SettingsError(message, subject=name)
    fields = {_KEYS[key]: value.strip() for key, value in feed.items()}
    return FeedSource(**{**fields, "feed_url": _address(fields["feed_url"], f"{path}.url: ", name)})


def _address(text: str, path: str, subject: str) -> str:
    try:
        parts = urlsplit(text)
        fits = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        message = f"{path}{text!r} is no http or https address"
        raise SettingsError(message, subject=subject)
    return text


def _merged(sources: Iterable[FeedSource]) -> list[FeedSource]:
    found: dict[str, FeedSource] = {}
    for source in sources:
        known = found.setdefault(source.feed_url, source)
        missing = {field: getattr(source, field) for field in FeedSource.__struct_fields__ if not getattr(known, field)}
        found[source.feed_url] = msgspec.structs.replace(known, **missing)
    return list(found.values())


def _by_folder(sources: list[FeedSource]) -> tuple[FeedSource, ...]:
    order = {folder: place for place, folder in enumerate(dict.fromkeys(source.folder for source in sources))}
    return tuple(sorted(sources, key=lambda source: (not source.folder, order[source.folder])))
