"""How wirewatch writes about itself on standard error: one line a finished piece of work, event and fields."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from wirewatch.sections import LogsSettings

# What a LogRecord always has; everything else on it was given as `extra`.
_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "taskName", "asctime"}
# These report their own comings and goings at `info`; what matters of them is said by us.
_QUIET = ("aiohttp", "asyncio", "uvicorn", "uvicorn.error", "uvicorn.access")
# These log every request and every attempt to connect; what is wrong with a server we say once, ourselves.
_SILENT = ("elastic_transport", "kafka")


def configure(settings: LogsSettings) -> None:
    """Send all logging to standard error in the format of `settings`."""
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _TextLines(over_progress=sys.stderr.isatty()))
    # Nobody here logs on the root logger; Beam's imports do, about clouds nobody asked for.
    handler.addFilter(lambda record: record.name != "root" or record.levelno >= logging.ERROR)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # It logs a traceback for each exception that passes through a DoFn; we handle those, and say so ourselves.
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _OWN}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _TextLines(logging.Formatter):
    def __init__(self, *, over_progress: bool) -> None:
        super().__init__()
        # A line of progress may stand where this one begins.
        self._start = "\r\x1b[K" if over_progress else ""

    def format(self, record: logging.LogRecord) -> str:
        # Control characters from outside must not forge lines or drive a terminal.
        fields = "".join(f"  {name}={_printable(value)}" for name, value in _fields(record).items())
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        text = f"{self._start}{clock} {level}{_printable(record.getMessage())}{fields}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _printable(value: object) -> str:
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in str(value))
