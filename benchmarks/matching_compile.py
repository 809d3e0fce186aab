"""What compiling watchlists costs, for `benchmarks.matching`: alone in a process that has read the checked lists.

`python -m benchmarks.matching_compile FILE` is that process; FILE is a JSON array of `schemas.watchlist.Watchlist`.
"""

from __future__ import annotations

import gc
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
    command = [sys.executable, "-m", "benchmarks.matching_compile", str(file)]
    return msgspec.json.decode(subprocess.run(command, check=True, capture_output=True).stdout, type=Cost)


def main() -> None:
    """Read, compile, print the cost."""
    # What is loaded when first needed is not the lists' cost.
    compile_watchlists([Watchlist(id="one", name="One", queries={"main": "one"})]).match(Document(body="one"))
    lists = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=list[Watchlist])
    gc.collect()
    # What it had at most is counted from here on.
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before = _resident("VmRSS")
    started = time.process_time()
    matcher = compile_watchlists(lists)
    seconds = time.process_time() - started
    gc.collect()
    found = Cost(seconds, _resident("VmRSS") - before, _resident("VmHWM") - before)
    assert len(matcher.watchlists) == len(lists)
    sys.stdout.buffer.write(msgspec.json.encode(found))


def _resident(which: str) -> float:
    """Megabytes of this process in memory, now or at most (Linux)."""
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return int(status[which].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main()
