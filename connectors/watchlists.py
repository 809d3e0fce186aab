"""Watchlist files on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from connectors.interfaces import WatchlistFile
from schemas.errors import Problem, WatchlistError

SUFFIXES = (".yaml", ".yml")


class WatchlistPaths(msgspec.Struct, frozen=True):
    """Files, and folders whose `*.yaml` and `*.yml`, in capitals too, are taken in the order of their names.

    Implements `connectors.interfaces.WatchlistFiles`; opens nothing for longer than a call.
    """

    paths: tuple[Path, ...]

    def stamp(self) -> str:
        """Changes whenever a file was added, removed or edited, by its time, size and inode."""
        return "\n".join(f"{path} {_state(path)}" for path in self._files())

    def read(self) -> Sequence[WatchlistFile]:
        """All files by name. Raises `WatchlistError` naming every file that is missing, unreadable or not UTF-8."""
        files: list[WatchlistFile] = []
        problems: list[Problem] = []
        for path in self._files():
            try:
                files.append(WatchlistFile(str(path), path.read_bytes().decode("utf-8-sig")))
            except OSError as error:
                problems.append(Problem(str(path), 1, 1, f"cannot be read: {error.strerror or error}"))
            except UnicodeDecodeError as error:
                problems.append(_not_utf8(path, error))
        problems.extend(
            Problem(str(path), 1, 1, "the folder has no watchlist", f"put *{SUFFIXES[0]} files there")
            for path in self.paths
            if path.is_dir() and not _listed(path)
        )
        if problems:
            raise WatchlistError(tuple(problems))
        return files

    def _files(self) -> list[Path]:
        found = dict.fromkeys(file for path in self.paths for file in (_listed(path) if path.is_dir() else [path]))
        return list(found)


def _listed(folder: Path) -> list[Path]:
    try:
        # Names that begin with a dot are what editors leave behind.
        names = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    except OSError:
        return []
    return sorted(names)


def _state(path: Path) -> str:
    try:
        state = path.stat()
    except OSError as error:
        return f"{error.errno}"
    return f"{state.st_mtime_ns} {state.st_size} {state.st_ino}"


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Problem:
    before = error.object[: error.start]
    column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
    return Problem(str(path), before.count(b"\n") + 1, column, "is not UTF-8 from here on", "save the file as UTF-8")
