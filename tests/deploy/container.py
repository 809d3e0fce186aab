"""A container without an engine: a read-only root, a data volume, memory for temporary files, and a user who owns nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.deploy import dockerfile
from tests.servers.process import absent

UID = 10001
DATA, MOUNTED, PROGRAM = "/mnt", "/srv", "/media"
"""Folders that every Linux has, laid over with the data volume, what the compose file mounts, and the program."""
_SCRIPT = """\
mount --bind "$1" /mnt
mount --bind "$2" /srv
mount --bind "$3" /media
mount -o remount,bind,ro /srv
mount -o remount,bind,ro /media
mount -o remount,bind,ro /
exec 3<"$5"
mount -t tmpfs -o mode=1777 tmpfs /tmp
case "$5" in /tmp/*)
  # The tree itself lies there: put it back, so that its interpreter is found.
  mkdir -p "$5"
  mount --no-canonicalize --bind /proc/self/fd/3 "$5"
  mount -o remount,bind,ro "$5" ;;
esac
exec 3<&-
cd "$4"
shift 5
# Reading everything stands in for an interpreter that this user could reach; it lets nothing be written.
exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs \\
  --inh-caps=-all,+dac_read_search --ambient-caps=+dac_read_search --bounding-set=-all,+dac_read_search -- "$@"
"""


class Container:
    """Where the program runs. `mounted` is seen at `MOUNTED`; the process is the one that was started, so signals reach it.

    Skips or fails the test where there cannot be one.
    """

    def __init__(self, program: Path, data: Path, mounted: Path, folder: str = MOUNTED) -> None:
        if os.getuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
            absent("A container", "it needs root and mount namespaces")
        os.chown(data, UID, UID)
        self._folders = (str(data), str(mounted), str(program), folder, str(dockerfile.ROOT))

    def words(self, *arguments: str) -> list[str]:
        """What runs Python with `arguments` inside."""
        strict = ("-W", "error::ResourceWarning")
        return ["unshare", "--mount", "sh", "-ec", _SCRIPT, "sh", *self._folders, sys.executable, *strict, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """What the image sets, fitted to this machine."""
        here = {"PATH": os.environ["PATH"], "PYTHONPATH": PROGRAM, "WIREWATCH_DATA": DATA}
        return {**dockerfile.environment(), **here}
