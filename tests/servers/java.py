"""Finding a Java: Kafka and Flink run on 17, Elasticsearch wants 21 or newer; a machine may have both, or one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PLACES = ("/usr/lib/jvm/*", "/opt/java/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
_VERSION = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


@cache
def java_home(least: int, most: int = 1000) -> Path | None:
    """The home of the newest Java from `least` to `most`, or None. `JAVA_HOME` counts like the others."""
    found = [(version, home) for home in _homes() if (version := _version(home)) and least <= version <= most]
    return max(found)[1] if found else None


def _homes() -> Iterator[Path]:
    if named := os.environ.get("JAVA_HOME"):
        yield Path(named)
    if java := shutil.which("java"):
        yield Path(java).resolve().parents[1]
    for pattern in _PLACES:
        yield from Path("/").glob(pattern.lstrip("/"))


def _version(home: Path) -> int:
    try:
        named = _VERSION.search((home / "release").read_text("utf-8"))
    except OSError:
        return 0
    return int(named[1]) if named and (home / "bin" / "java").exists() else 0
