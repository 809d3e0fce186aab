"""The TOML list of sources: a block `[[feeds]]` for each, read whole and written block by block."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable
from typing import Any

from connectors.feeds.sources.source_keys import KEYS, said, told
from schemas.errors import SettingsError
from schemas.feed import FeedSource

HEADER = "[[feeds]]"
_EXAMPLE = f'{HEADER} with url = "https://…" and, if known, {", ".join(key for key in KEYS if key != "url")}'


def read(data: bytes, name: str) -> tuple[FeedSource, ...]:
    """The sources in a list, in its order. Raises `SettingsError` with one line for each fault, naming file and key."""
    try:
        tree = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"is neither OPML nor a TOML list of {_EXAMPLE}: {error}"
        raise SettingsError(message, subject=name) from error
    feeds = tree.get("feeds", [])
    if not isinstance(feeds, list) or not all(isinstance(feed, dict) for feed in feeds):
        message = f"feeds: must be a list of {_EXAMPLE}"
        raise SettingsError(message, subject=name)
    faults = [f"unknown key {key}; a list has {_EXAMPLE}" for key in tree if key != "feeds"]
    sources = [_source(feed, f"feeds[{number}]", faults) for number, feed in enumerate(feeds)]
    if faults:
        raise SettingsError(told(faults, f"{name}: "), subject=name)
    return tuple(sources)


def block(source: FeedSource) -> str:
    """The block of `source`, ending in a line end."""
    # JSON strings, numbers and booleans are TOML too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said(source).items()]
    return "\n".join((HEADER, *lines, "")).replace("\x7f", "\\u007f")


def written(sources: Iterable[FeedSource]) -> str:
    """A whole list."""
    return "\n".join(block(source) for source in sources)


def _source(feed: dict[str, Any], path: str, faults: list[str]) -> FeedSource:
    fields: dict[str, Any] = {"feed_url": ""}
    for name, given in {"url": "", **feed}.items():
        if name not in KEYS:
            close = difflib.get_close_matches(name, KEYS, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(KEYS)}"
            faults.append(f"unknown key {path}.{name}{hint}")
            continue
        try:
            fields[KEYS[name].field] = KEYS[name].read(given)
        except ValueError as error:
            faults.append(f"{path}.{name}: {error}")
    return FeedSource(**fields)
