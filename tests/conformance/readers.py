"""What two readers say of the same documents: plain feedparser, and `wirewatch feeds parse` as a person runs it."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import feedparser

_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)


class Entry(NamedTuple):
    """What has to be equal: id and address as written, the title as words."""

    id: str
    link: str
    title: str


class Ours(NamedTuple):
    """What the command came to: entries by document, and why a document is refused."""

    entries: Mapping[str, Sequence[Entry]]
    refused: Mapping[str, str]


def feedparsers(document: bytes) -> list[Entry]:
    """The entries by feedparser in its default mode; the header is what a file without one counts as."""
    with warnings.catch_warnings():
        # It warns of its own keys on some documents.
        warnings.simplefilter("ignore")
        read = feedparser.parse(document, response_headers={"content-type": "application/xml"})
        entries = [dict(entry) for entry in read.entries]
    return [Entry(_word(entry, "id"), _word(entry, "link"), words(_word(entry, "title"))) for entry in entries]


def ours(paths: Sequence[Path], data: Path) -> Ours:
    """The items of `wirewatch feeds parse` over `paths`. Raises `AssertionError` when the command breaks."""
    command = [sys.executable, "-m", "wirewatch", "feeds", "parse", "--json", "--limit", "0", "--data", str(data)]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode in {0, 1}, done.stderr[-2000:]
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    entries: dict[str, list[Entry]] = {}
    for line in done.stdout.splitlines():
        item = json.loads(line)
        entry = Entry(" ".join(item["native_id"].split()), item["url"], " ".join(item["title"].split()))
        entries.setdefault(item["file"], []).append(entry)
    told = (line.removeprefix("error: ").partition(": ") for line in done.stderr.splitlines() if "error: " in line)
    return Ours(entries, {file: reason for file, _, reason in told})


def words(title: str) -> str:
    """`title` without markup, entities and differences in white space."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(_TAG.sub("", title))).split())


def difference(entry: Entry, found: Sequence[Entry]) -> str:
    """The field in which `entry` is not among `found`: `id`, `link`, `title`, `entry` for none like it, "" for equal.

    An entry without id has any: what stands in for it is our own. One that is twice in its document counts twice.
    """
    alike = [one for one in found if not entry.id or one.id == entry.id]
    if not alike:
        return "id" if any(one[1:] == entry[1:] for one in found) else "entry"
    if not any(one.title == entry.title for one in alike):
        return "title"
    return "" if any(one[1:] == entry[1:] for one in alike) else "link"


def _word(entry: dict[str, Any], key: str) -> str:
    return " ".join(str(entry.get(key) or "").split())
