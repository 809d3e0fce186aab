"""How long matching stands still while the watchlists are loaded anew, for `benchmarks.matching`.

`python -m benchmarks.matching_reload FOLDER DOCUMENTS` is the process it is measured in: FOLDER has the lists, DOCUMENTS
is a JSON array of `pipelines.matching.document.Document`.

One loop matches document after document and asks for the matcher that is in force before every bundle, as
`pipelines.monitoring` does; that question counts towards the bundle's first document. Then every file of FOLDER is edited,
and the loop goes on until the new lists are in force.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import msgspec
import yaml

from benchmarks.matching_lists import Query, Text
from benchmarks.matching_systems import watchlists
from connectors.watchlists import WatchlistPaths
from pipelines.matching.document import Document
from pipelines.matching.match import Matcher
from pipelines.matching.reload import Watched

_BUNDLE = 50
_BEFORE = 5.0
"""Seconds measured before the edit."""
_LONGEST = 300.0


class Calls(msgspec.Struct, frozen=True):
    """Durations of single matches, in milliseconds of wall time."""

    count: int
    median: float
    p99: float
    longest: float

    @staticmethod
    def of(seconds: Sequence[float]) -> Calls:
        ordered = sorted(one * 1000 for one in seconds)
        return Calls(len(ordered), ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1])


class Reload(msgspec.Struct, frozen=True):
    """One reload."""

    seconds: float
    """From the edit until the new lists were in force."""
    before: Calls
    during: Calls


def reload(queries: Sequence[Query], texts: Sequence[Text], folder: Path) -> Reload:
    """Reload `queries` while `texts` are matched, in a process of its own."""
    lists = folder / "lists"
    lists.mkdir()
    for one in watchlists(queries):
        written = {"id": one.id, "name": one.name, "queries": one.queries}
        (lists / f"{one.id}.yaml").write_text(yaml.safe_dump(written, allow_unicode=True, width=1000), "utf-8")
    documents = folder / "documents.json"
    documents.write_bytes(msgspec.json.encode([Document(body=text.body, language=text.language) for text in texts]))
    command = [sys.executable, "-m", "benchmarks.matching_reload", str(lists), str(documents)]
    return msgspec.json.decode(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout, type=Reload)


def main() -> None:
    """Load, match, edit, match on, print."""
    folder = Path(sys.argv[1])
    documents = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=list[Document])
    watched = Watched(WatchlistPaths((folder,)))
    old = watched.current()
    began = time.perf_counter()
    before = _calls(watched, documents, lambda _: time.perf_counter() - began < _BEFORE)
    for file in folder.glob("*.yaml"):
        file.write_text(file.read_text("utf-8").replace("name: List", "name: Edited list"), "utf-8")
    edited = time.perf_counter()
    during = _calls(watched, documents, lambda matcher: matcher is old and time.perf_counter() - edited < _LONGEST)
    assert watched.current() is not old, f"not reloaded: {watched.problems[:3]}"
    took = time.perf_counter() - edited
    sys.stdout.buffer.write(msgspec.json.encode(Reload(took, Calls.of(before), Calls.of(during))))


def _calls(watched: Watched, documents: Sequence[Document], going_on: Callable[[Matcher], bool]) -> list[float]:
    """Seconds of each match until, after a bundle, `going_on` says no to the matcher it used."""
    durations: list[float] = []
    endless = cycle(documents)
    while True:
        started = time.perf_counter()
        matcher = watched.current()
        for document in islice(endless, _BUNDLE):
            matcher.match(document)
            durations.append(time.perf_counter() - started)
            started = time.perf_counter()
        if not going_on(matcher):
            return durations


if __name__ == "__main__":
    main()
