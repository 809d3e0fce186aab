"""`make bench`: every measurement of some minutes; `--full` adds those that take long or download much.

`benchmarks.matching` and `benchmarks.documents` work on files that are not part of this repository: the first is in
`--full`, which fetches its texts into the user's cache, the second is run by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_TEXTS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wirewatch" / "texts"
_QUICK = (
    ["benchmarks.graph"],
    ["benchmarks.language"],
    ["benchmarks.feeds_parse"],
    ["benchmarks.feeds_poll"],
    ["benchmarks.feeds_schedule"],
    ["benchmarks.first_hit"],
)
_FULL = (
    ["benchmarks.graph", "--items", "10000"],
    ["benchmarks.language"],
    ["benchmarks.feeds_parse"],
    ["benchmarks.feeds_poll", "--rounds", "15"],
    ["benchmarks.feeds_poll_long", "--minutes", "30"],
    ["benchmarks.first_hit", "--clone"],
    ["benchmarks.index_bulk"],
    ["benchmarks.feeds_schedule"],
    ["benchmarks.kafka_log"],
    ["benchmarks.team"],
    ["benchmarks.team", "--backlog", "200000"],
    ["benchmarks.team_latency"],
    ["benchmarks.team_shares"],
    ["benchmarks.matching_texts", str(_TEXTS)],
    ["benchmarks.matching", str(_TEXTS)],
)

for command in _FULL if "--full" in sys.argv[1:] else _QUICK:
    print(f"\n{' '.join(command)}", flush=True)
    subprocess.run([sys.executable, "-m", *command], check=True)
