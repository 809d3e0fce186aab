"""Every entry of real feed documents is indexed or in the dead letters: counted with plain feedparser, not our parser.

    python -m benchmarks.documents FOLDER

Serves each file below FOLDER on loopback, runs `wirewatch run --once` over all of them, and compares by native id.
The documents are not part of this repository: public test suites of feed parsers are a good source.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import feedparser

from benchmarks.results import Result, record
from tests.wire import Answer, Wire, serving

_LARGEST = 2_000_000


def main() -> None:
    """Run, compare, and exit 1 when an entry is missing."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--most", type=int, default=500, help="documents read at most")
    chosen = options.parse_args()
    documents = {f"/{number}": file.read_bytes() for number, file in enumerate(_files(chosen.folder, chosen.most))}
    with ProcessPoolExecutor(2) as pool:
        expected = dict(zip(documents, pool.map(_native_ids, documents.values()), strict=True))
    expected = {path: ids for path, ids in expected.items() if ids}
    with serving() as wire, tempfile.TemporaryDirectory() as folder:
        for path in expected:
            wire[path] = _answering(documents[path])
        found = _run(wire, list(expected), folder)
    missing = {path: ids - found.get(path, set()) for path, ids in expected.items() if found.get(path) != {"*"}}
    lost = {path: ids for path, ids in missing.items() if ids}
    for path, ids in lost.items():
        print(f"missing from {_files(chosen.folder, chosen.most)[int(path[1:])]}: {sorted(ids)[:3]}")
    entries = sum(map(len, expected.values()))
    record(
        Result(
            "entries of real feed documents indexed or in the dead letters",
            f"{entries - sum(map(len, lost.values()))} of {entries} by native id",
            f"{len(expected)} documents of public parsers' test suites over loopback, {sum(v == {'*'} for v in found.values())}"
            " of them whole in the dead letters; expected ids by plain feedparser",
        )
    )
    sys.exit(1 if lost else 0)


def _files(folder: Path, most: int) -> list[Path]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and 0 < file.stat().st_size < _LARGEST]
    return files[:: max(1, len(files) // most)][:most]


def _native_ids(document: bytes) -> set[str]:
    """What feedparser, or a JSON reader, calls the entries."""
    try:
        entries: Any = json.loads(document)["items"]
    except (ValueError, KeyError, TypeError, RecursionError):
        try:
            entries = feedparser.parse(document).entries
        except Exception:  # noqa: BLE001 the rival may raise anything; such a document proves nothing
            return set()
    ids = (entry.get("id") for entry in entries if isinstance(entry, dict))
    return {str(one).strip() for one in ids if one and str(one).strip()}


def _answering(document: bytes) -> Any:
    kind = "application/json" if document.lstrip()[:1] == b"{" else "application/xml"

    def answer() -> Answer:
        return 200, {"Content-Type": kind}, document

    return answer


def _run(wire: Wire, paths: list[str], folder: str) -> dict[str, set[str]]:
    """Native ids found by document; `*` where the whole document is a dead letter."""
    sources = Path(folder) / "sources.toml"
    sources.write_text("".join(f'[[feeds]]\nurl = "{wire.url(path)}"\n' for path in paths))
    data = ["--data", f"{folder}/data"]
    start = [sys.executable, "-m", "wirewatch"]
    run = ["run", "--once", "--feeds", str(sources), "--allow-network", "127.0.0.0/8"]
    subprocess.run([*start, *run, *data], check=True)
    found: dict[str, set[str]] = {}
    for article in _lines([*start, "search", "*", "--json", "--limit", "0", *data]):
        for seen in article["observations"]:
            found.setdefault(seen["feed_url"].removeprefix(wire.address), set()).add(seen["native_id"])
    for letter in _lines([*start, "deadletters", "list", "--json", "--limit", "0", *data]):
        path = letter["position"].partition("#")[0].removeprefix(wire.address)
        raw = base64.b64decode(letter["raw"])
        found.setdefault(path, set()).add("*" if letter["stage"] == "parse" else raw.decode("utf-8", "replace"))
    return found


def _lines(command: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
