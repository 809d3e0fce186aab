"""`make bench`: every measurement of some minutes; `--full` adds those that take long or download much."""

from __future__ import annotations

import subprocess
import sys

_QUICK = (["benchmarks.graph"], ["benchmarks.first_hit"])
_FULL = (["benchmarks.graph", "--items", "10000"], ["benchmarks.first_hit", "--clone"])

for command in _FULL if "--full" in sys.argv[1:] else _QUICK:
    print(f"\n{' '.join(command)}", flush=True)
    subprocess.run([sys.executable, "-m", *command], check=True)
