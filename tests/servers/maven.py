"""What Maven resolves from `tests/servers/maven/NAME/pom.xml`, kept outside the tree between runs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

_POMS = Path(__file__).with_name("maven")


def resolved(name: str) -> Path:
    """The folder of what the pom `name` brings, made when it is missing. Raises `OSError` when Maven cannot make it."""
    pom = _POMS / name / "pom.xml"
    kept = _cache() / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:16]}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            making = kept.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            command = ["mvn", "-B", "-q", "-ntp", "-f", str(pom), "package", f"-Dmade={making}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=kept.parent)
            if done.returncode or not making.is_dir():
                message = f"mvn could not resolve {name}: {(done.stdout + done.stderr)[-2000:]}"
                raise OSError(message)
            making.rename(kept)
    return kept


def _cache() -> Path:
    if named := os.environ.get("WIREWATCH_TEST_CACHE"):
        return Path(named)
    # Elasticsearch runs as another user when root runs the tests, and nobody else may look into root's home.
    if os.getuid() == 0:
        return Path("/var/cache/wirewatch-tests")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wirewatch-tests"
