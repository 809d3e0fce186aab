"""Where the time of one team-size process goes: Beam, the Kafka client, the Elasticsearch client, our own functions.

    python -m benchmarks.team_shares [--items N]

The thread that runs the graph is looked at every five milliseconds; a look counts for the innermost of these that is on its
stack. Waiting for a server is its client's. No rival: shares of one run.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from types import FrameType

from benchmarks.corpus import items
from benchmarks.results import Result, options, record
from benchmarks.team import servers, team
from wirewatch.settings import Settings
from wirewatch.station import station

_EVERY = 0.005
_WARM = 1_000
_WHOSE = (
    ("Kafka client", ("kafka", "connectors.log")),
    ("Elasticsearch client", ("elasticsearch", "elastic_transport", "urllib3", "connectors.index")),
    ("our functions", ("pipelines.language", "pipelines.matching", "pipelines.stages", "schemas")),
    ("Beam", ("apache_beam",)),
)
"""Our own functions around a client count as the client's."""


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--items", type=int, default=15_000)
    chosen = parser.parse_args()
    made = items(chosen.items)
    with servers() as (broker, node), team(broker, node) as one:
        one.fill(made)
        looks = _looked_at(one.settings, chosen.items)
    total = sum(looks.values())
    shares = ", ".join(f"{name} {looks[name] / total:.0%}" for name in (*(name for name, _ in _WHOSE), "the rest"))
    record(
        Result(
            "where the time of a team-size process goes",
            shares,
            f"{total:,} looks at the thread of the graph while it took {chosen.items - _WARM:,} items in; hits and index",
        )
    )


def _looked_at(settings: Settings, count: int) -> Counter[str]:
    looks: Counter[str] = Counter()
    ended = threading.Event()
    watched = threading.get_ident()

    def look() -> None:
        while not ended.wait(_EVERY):
            looks[_whose(sys._current_frames()[watched])] += 1  # noqa: SLF001 what profilers use

    with station(settings, ()) as opened:
        pipeline = opened.pipeline(("hits", "index"))
        done = 0
        while done < _WARM:
            done += pipeline.step(1.0)
        watcher = threading.Thread(target=look)
        watcher.start()
        deadline = time.monotonic() + 600
        while done < count and time.monotonic() < deadline:
            done += pipeline.step(0.1)
        ended.set()
        watcher.join()
    return looks


def _whose(frame: FrameType | None) -> str:
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        for name, parts in _WHOSE:
            if any(module == part or module.startswith(f"{part}.") for part in parts):
                return name
        frame = frame.f_back
    return "the rest"


if __name__ == "__main__":
    main()
