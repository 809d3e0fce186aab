"""The feed documents in the test suites of other parsers, from their locked source distributions.

Kept in the user's cache, never in this repository: the texts in them belong to their publishers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

LOCK = Path(__file__).with_name("suites.txt")
SUITES = ("feedparser", "podcastparser", "reader")
"""As `suites.txt` names them."""
_ENDINGS = frozenset({".xml", ".rss", ".atom", ".rdf"})
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wirewatch" / "suites"


def documents(folder: Path) -> list[Path]:
    """Every file below `folder` that is named like an XML feed, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.suffix in _ENDINGS and path.is_file())


def unpacked(folder: Path) -> Path:
    """`folder` with one folder a suite. Skips the test when they cannot be had, on CI it fails."""
    for archive in sorted(_archives().glob("*.tar.gz")):
        with tarfile.open(archive) as packed:
            packed.extractall(folder / archive.name.partition("-")[0], filter="data")
    return folder


def _archives() -> Path:
    """The folder with the source distributions named in `suites.txt`: those in the cache, else fetched by pip."""
    # pip checks the hashes of what it fetches; another lock is another folder.
    kept = _CACHE / "-".join(line.partition(" ")[0] for line in _lines())
    if len(list(kept.glob("*.tar.gz"))) < len(SUITES):
        command = [
            sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download",
            "--no-binary", ":all:", "--no-deps", "--require-hashes", "--no-build-isolation",
            "--requirement", str(LOCK), "--dest", str(kept),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = f"the test suites cannot be downloaded: {done.stderr.strip()[-300:]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
    return kept


def _lines() -> list[str]:
    return [line for line in LOCK.read_text("utf-8").splitlines() if line and not line.startswith("#")]
