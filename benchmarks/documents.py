"""Every entry of real feed documents is indexed or in the dead letters: counted with plain feedparser, not our parser.

    python -m benchmarks.documents FOLDER

Serves each file below FOLDER on loopback, runs `wirewatch run --once` over all of them, and compares by id and count.
The documents are not part of this repository: public test suites of feed parsers are a good source.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedparser

from benchmarks.results import Result, options, record
from tests.wire import Answer, Wire, serving

_LARGEST = 2_000_000


def main() -> None:
    """Run, compare, and exit 1 when an entry is missing."""
    parser = options(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=500, help="documents read at most")
    chosen = parser.parse_args()
    documents = {f"/{number}": file.read_bytes() for number, file in enumerate(_files(chosen.folder, chosen.most))}
    with ProcessPoolExecutor(2) as pool:
        expected = dict(zip(documents, pool.map(_entries, documents.values()), strict=True))
    expected = {path: found for path, found in expected.items() if found[1]}
    with serving() as wire, tempfile.TemporaryDirectory() as folder:
        for path in expected:
            wire[path] = _answering(documents[path])
        ours = _run(wire, list(expected), folder)
    lost = 0
    for path, (names, count) in expected.items():
        found = ours.get(path, Found())
        missing = set() if found.whole_document_set_aside else names - found.names
        short = 0 if found.whole_document_set_aside else max(len(missing), count - found.entries)
        lost += short
        if short:
            print(f"{short} missing from {_files(chosen.folder, chosen.most)[int(path[1:])]}: {sorted(missing)[:3]}")
    entries = sum(count for _, count in expected.values())
    aside = sum(found.whole_document_set_aside for found in ours.values())
    record(
        Result(
            "entries of real feed documents indexed or in the dead letters",
            f"{entries - lost} of {entries}",
            f"{len(expected)} documents of public parsers' test suites over loopback, {aside} of them whole in the dead"
            " letters; expected ids and counts by plain feedparser",
        )
    )
    sys.exit(1 if lost else 0)


@dataclass
class Found:
    """What our run made of one document."""

    names: set[str] = field(default_factory=set)
    entries: int = 0
    whole_document_set_aside: bool = False


def _files(folder: Path, most: int) -> list[Path]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and 0 < file.stat().st_size < _LARGEST]
    return files[:: max(1, len(files) // most)][:most]


def _entries(document: bytes) -> tuple[frozenset[str], int]:
    """What feedparser, or a JSON reader, finds: the ids of entries, and how many entries differ in any way.

    Links are not compared: for entries without one, feedparser takes an author's, and it leaves relative ones as they are.
    """
    try:
        feed = json.loads(document)
        entries: Any = feed["items"] if "jsonfeed.org" in str(feed.get("version")) else []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        try:
            entries = feedparser.parse(document, sanitize_html=False, resolve_relative_uris=False).entries
        except Exception:  # noqa: BLE001 the rival may raise anything; such a document proves nothing
            entries = []
    entries = [entry for entry in entries if isinstance(entry, dict)]
    names = (_text(entry, "id") for entry in entries)
    words = ("id", "link", "url", "title", "summary", "content_text", "content_html", "published", "date_published")
    different = {tuple(_text(entry, key) for key in words) for entry in entries}
    return frozenset(name for name in names if name), len(different - {("",) * len(words)})


def _text(entry: dict[str, Any], key: str) -> str:
    return " ".join(str(entry.get(key) or "").split())


def _answering(document: bytes) -> Any:
    kind = "application/json" if document.lstrip()[:1] == b"{" else "application/xml"

    def answer() -> Answer:
        return 200, {"Content-Type": kind}, document

    return answer


def _run(wire: Wire, paths: list[str], folder: str) -> dict[str, Found]:
    sources = Path(folder) / "sources.toml"
    sources.write_text("".join(f'[[feeds]]\nurl = "{wire.url(path)}"\n' for path in paths))
    data = ["--data", f"{folder}/data"]
    start = [sys.executable, "-m", "wirewatch"]
    run = ["run", "--once", "--feeds", str(sources), "--allow-network", "127.0.0.0/8"]
    subprocess.run([*start, *run, *data], check=True)
    found: dict[str, Found] = {}
    for article in _lines([*start, "search", "*", "--json", "--limit", "0", *data]):
        for seen in article["observations"]:
            one = found.setdefault(seen["feed_url"].removeprefix(wire.address), Found())
            one.names.add(" ".join(seen["native_id"].split()))
            one.entries += 1
    for letter in _lines([*start, "deadletters", "list", "--json", "--limit", "0", *data]):
        one = found.setdefault(letter["position"].partition("#")[0].removeprefix(wire.address), Found())
        one.whole_document_set_aside |= letter["stage"] == "parse"
        one.entries += letter["stage"] == "entry"
    return found


def _lines(command: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
