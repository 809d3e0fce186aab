"""A TOML list that commands edit: blocks are added and taken away as text, so that what people wrote around them stays."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from connectors.feeds.sources import tomllist
from connectors.lock import FolderLock
from schemas.errors import DataFolderError, FolderInUseError, SettingsError
from schemas.feed import FeedSource

INTRODUCTION = """\
# Sources that `wirewatch feeds add` and `feeds import` put here. They are polled beside those of the settings.
# Edit it as you like: a running wirewatch takes changes up by itself.

"""
_LOOK_SECONDS = 0.05
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?feeds[\"']?[ \t]*\]\]", re.MULTILINE)
_BELOW = re.compile(r"\n[ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*\Z")


class OwnList:
    """One list file. Each change is whole or not at all; one waits up to `patience` seconds for another to end."""

    def __init__(self, path: Path, *, patience: float = 10.0) -> None:
        self.path = path
        self._patience = patience

    def read(self) -> tuple[FeedSource, ...]:
        """The sources in it, in its order; none when there is no file. Raises `SettingsError`."""
        return tomllist.read(self._text().encode(), str(self.path))

    def add(self, sources: Sequence[FeedSource]) -> None:
        """Append a block for each of `sources` that is not in it yet. Raises `SettingsError`, `DataFolderError`."""
        with _Edit(self.path, self._patience):
            before = self.read()
            there = {source.feed_url for source in before}
            sources = [source for source in sources if source.feed_url not in there]
            text = self._text() or INTRODUCTION
            gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
            self._replace(text + gap + tomllist.written(sources), (*before, *sources))

    def remove(self, feed_urls: Sequence[str]) -> None:
        """Take away the blocks with these addresses, and the comments right above them. Raises as `add` does."""
        with _Edit(self.path, self._patience):
            before, text = self.read(), self._text()
            kept: list[str] = []
            pieces = _pieces(text)
            if len(pieces) != len(before) + 1:
                self._refuse()
            for piece, source in zip(pieces, (None, *before), strict=True):
                goes = source is not None and source.feed_url in feed_urls
                kept.append(_after(piece) if goes else piece)
            self._replace("".join(kept), tuple(source for source in before if source.feed_url not in feed_urls))

    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8-sig")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
            raise SettingsError(message, subject=str(self.path)) from error

    def _replace(self, text: str, expected: tuple[FeedSource, ...]) -> None:
        # Text was cut without understanding TOML: whatever came of it must say exactly what was asked for.
        try:
            fits = tomllist.read(text.encode(), str(self.path)) == expected
        except SettingsError:
            fits = False
        if not fits:
            self._refuse()
        spare = self.path.with_name(f"{self.path.name}.new")
        try:
            with spare.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            spare.replace(self.path)
        except OSError as error:
            message = f"cannot be written: {error.strerror or error}"
            raise DataFolderError(message, subject=str(self.path)) from error

    def _refuse(self) -> None:
        message = f"is not written in blocks {tomllist.HEADER} from the first line to the last; edit it by hand"
        raise SettingsError(message, subject=str(self.path))


class _Edit:
    """Holds the lock beside the list."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path.with_name(f"{path.name}.lock")
        self._end = time.monotonic() + patience

    def __enter__(self) -> None:
        while True:
            try:
                self._lock = FolderLock(self._path, held_for=f"another command that edits {self._path.stem}")
            except FolderInUseError:
                if time.monotonic() >= self._end:
                    raise
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def __exit__(self, *_error: object) -> None:
        self._lock.close()


def _pieces(text: str) -> list[str]:
    """What stands in front of the first block, then each block with the comments right above it."""
    starts = [_above(text, header.start()) for header in _HEADER.finditer(text)]
    return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def _above(text: str, start: int) -> int:
    """Where the comment lines right above the line at `start` begin."""
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].lstrip().startswith("#"):
            break
        start = line
    return start


def _after(piece: str) -> str:
    """The comments that stand below a block, apart from it: they are about what follows."""
    rest = _BELOW.search(piece)
    return rest[0].lstrip() if rest and "#" in rest[0] else ""
