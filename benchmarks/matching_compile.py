"""What compiling watchlists costs, for `benchmarks.matching`: alone in a process that has read the checked lists.

    python -m benchmarks.matching_compile FILE      # a JSON array of `schemas.watchlist.Watchlist`
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from schemas.watchlist import Watchlist


class Cost(msgspec.Struct, frozen=True):
    """Of one compilation."""

    seconds: float
    """CPU time."""
    megabytes: float
    """What the process has grown by, in memory."""
    peak: float
    """What it had grown by at most, in megabytes."""


def cost(lists: Sequence[Watchlist], folder: Path) -> Cost:
    """The cost of compiling `lists`, measured in a process of its own."""
    file = folder / "watchlists.json"
    file.write_bytes(msgspec.json.encode(lists))
    command = [sys.executable, "-m", "benchmarks.matching_compile", file]
    return msgspec.json.decode(subprocess.run(command, check=True, capture_output=True).stdout, type=Cost)


def main() -> None:
    """Read, compile, print the cost."""
    # What is loaded when first needed is not the lists' cost.
    compile_watchlists([Watchlist(id="one", name="One", queries={"main": "one"})]).match(Document(body="one"))
    lists = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=list[Watchlist])
    gc.collect()
    before = _resident()
    started = time.process_time()
    matcher = compile_watchlists(lists)
    seconds = time.process_time() - started
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    found = Cost(seconds, _resident() - before, max(peak, _resident()) - before)
    assert len(matcher.watchlists) == len(lists)
    sys.stdout.buffer.write(msgspec.json.encode(found))


def _resident() -> float:
    """Megabytes of this process in memory now (Linux)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
