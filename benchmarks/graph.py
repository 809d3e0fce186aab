"""The whole graph in one process: items a second, Beam against a plain loop over the same functions, memory.

    python -m benchmarks.graph [--items N] [--rounds N]

Rival: the same stages and sinks called in a loop, in batches of the same size. Both read the same log and write a
fresh index; rounds alternate, ratios are of CPU time (absolute times on a shared machine prove nothing).
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.corpus import items, record_of
from benchmarks.results import Result, options, record
from connectors.index.embedded import EmbeddedIndex
from connectors.inflight import InFlightFile
from connectors.log.consumer import StoredPositionConsumer
from wirewatch import wiring
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.interfaces import Log
    from pipelines.run import MicroBatches

_BATCH = 500


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", metavar="FOLDER", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory:
        _memory(chosen.memory)
        return
    ways: dict[str, Callable[[Settings], None]] = {"beam": _by_beam, "loop": _by_loop}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(chosen.rounds + 1):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                seconds[name].append(_timed(way, _filled(Path(folder), chosen.items)))
    # The first round loads models and fills caches for both.
    beam, loop = (statistics.median(seconds[name][1:]) for name in ("beam", "loop"))
    ratios = [one / other for one, other in zip(seconds["beam"][1:], seconds["loop"][1:], strict=True)]
    record(
        Result(
            "whole graph, one process",
            f"{chosen.items / beam:,.0f} items per CPU second",
            f"{chosen.items:,} items of some 700 characters, three default lists, batches of {_BATCH}",
        ),
        Result(
            "Beam against a loop over the same functions and sinks",
            f"{statistics.median(ratios):.2f} x the CPU time ({min(ratios):.2f} to {max(ratios):.2f})",
            f"{chosen.rounds} alternating rounds; loop: {chosen.items / loop:,.0f} items per CPU second",
        ),
        _measured_apart(10_000),
    )


def _timed(way: Callable[[Settings], None], settings: Settings) -> float:
    start = time.process_time()
    way(settings)
    return time.process_time() - start


def _filled(folder: Path, count: int) -> Settings:
    settings = msgspec.structs.replace(Settings(), data=str(folder))
    log = wiring.open_log(settings)
    log.append([record_of(item) for item in items(count)])
    log.close()
    return settings


def _opened(settings: Settings) -> tuple[Log, EmbeddedIndex]:
    return wiring.open_log(settings), EmbeddedIndex(settings.folder / "index.sqlite3")


def _pipeline(settings: Settings, log: Log, index: EmbeddedIndex) -> MicroBatches:
    reader = StoredPositionConsumer(wiring.PIPELINE, log, "items", index)
    return wiring.pipeline(settings, reader, InFlightFile(settings.folder / "pipeline.inflight"))


def _by_beam(settings: Settings) -> None:
    from pipelines.resources import release

    log, index = _opened(settings)
    _pipeline(settings, log, index).drain()
    release()
    index.close()
    log.close()


def _by_loop(settings: Settings) -> None:
    from connectors.interfaces import Mark
    from pipelines.language.content import content_of
    from pipelines.matching.reload import Watched
    from pipelines.stages import decode, match, outgoing, recognise
    from schemas.time import now

    log, index = _opened(settings)
    consumer = StoredPositionConsumer("pipeline", log, "items", index)
    watched = Watched(wiring.watchlist_files(settings))
    while records := consumer.read(_BATCH, 0):
        matcher = watched.current()
        matched = [match(recognise(decode(one), content_of), matcher, now()) for one in records]
        log.append([one for one in map(outgoing, matched) if one is not None])
        index.apply(
            [one.article for one in matched],
            [one.version for one in matched],
            Mark("pipeline", {0: records[-1].offset + 1}),
        )
        consumer.commit({0: records[-1].offset + 1})
    index.close()
    log.close()


def _measured_apart(count: int) -> Result:
    """In a process that does nothing else, not even make the items."""
    with tempfile.TemporaryDirectory() as folder:
        _filled(Path(folder), count)
        command = [sys.executable, "-m", "benchmarks.graph", "--memory", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    before, after = map(int, done.stdout.split())
    return Result(
        f"memory after {count:,} items",
        f"{after} MiB resident",
        f"one process; {before} MiB with everything loaded and nothing read",
    )


def _memory(folder: str) -> None:
    from pipelines.language.detect import warm

    warm()
    settings = msgspec.structs.replace(Settings(), data=folder)
    log, index = _opened(settings)
    pipeline = _pipeline(settings, log, index)
    before = _resident()
    pipeline.drain()
    sys.stdout.write(f"{before} {_resident()}\n")
    index.close()
    log.close()


def _resident() -> int:
    """MiB of this process in memory now; at most so far where the system does not tell."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() // 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2


if __name__ == "__main__":
    main()
