"""`results.md`: one table, each row replaced by the newest measurement of its name."""

from __future__ import annotations

import argparse
import platform
import sys
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("results.md")
_HEAD = """\
# Measured

Ratios and CPU time hold across machines, absolute seconds only roughly. Each row names the command that printed it.

| what | figure | how | command | machine and date |
| --- | --- | --- | --- | --- |
"""


class Result(NamedTuple):
    """One figure."""

    what: str
    figure: str
    how: str


_DRY = "--dry"


def options(about: str | None) -> argparse.ArgumentParser:
    """What every benchmark takes on its command line, to which it adds its own."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(_DRY, action="store_true", help="print only, write no results")
    return parser


def record(*results: Result) -> None:
    """Print each result and put it into the table, unless the command line says otherwise."""
    rows = {row.split("|")[1].strip(): row for row in _rows()}
    words = [Path(word).name if word.startswith("/") else word for word in sys.argv[1:]]
    command = f"`{' '.join(['python -m', f'benchmarks.{Path(sys.argv[0]).stem}', *words])}`"
    where = (
        f"{platform.machine()}, {cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    )
    for result in results:
        print(f"{result.what}: {result.figure} ({result.how})")
        rows[result.what] = f"| {result.what} | {result.figure} | {result.how} | {command} | {where} |"
    if _DRY not in sys.argv[1:]:
        _FILE.write_text(_HEAD + "\n".join(rows.values()) + "\n", "utf-8")


def _rows() -> list[str]:
    if not _FILE.is_file():
        return []
    return [line for line in _FILE.read_text("utf-8").splitlines() if line.startswith("| ")][2:]
