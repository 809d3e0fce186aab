"""A small JSON file in the data folder that one run leaves for the next. What it holds can always be done without."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from schemas.errors import DataFolderError

T = TypeVar("T")


def write_json(path: Path, value: Any) -> None:
    """Keep `value` in place of what was there; a reader sees the one or the other. Raises `DataFolderError`."""
    spare = path.with_name(f"{path.name}.new")
    try:
        spare.write_bytes(msgspec.json.encode(value))
        spare.replace(path)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise DataFolderError(message, subject=str(path)) from error


def read_json(path: Path, kind: type[T]) -> T | None:
    """What was kept; None where there is nothing, or nothing of this `kind`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
