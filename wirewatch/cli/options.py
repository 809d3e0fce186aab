"""Options and output that commands share."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from wirewatch import settings as settings_module

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def with_settings(command: F) -> F:
    """Add `--data DIR` and `--config FILE`; call with `settings`."""

    @click.option("--data", metavar="DIR", default=None, help="Data folder [default: wirewatch-data].")
    @click.option(
        "--config",
        metavar="FILE",
        default=None,
        type=click.Path(path_type=Path),
        help="Settings file [default: wirewatch.toml here, when there is one].",
    )
    @functools.wraps(command)
    def wrapper(*args: Any, data: str | None, config: Path | None, **options: Any) -> Any:
        flags: dict[str, object] = {} if data is None else {"data": data}
        for name in [name for name in options if "__" in name]:
            value = options.pop(name)
            if value is not None and value != ():
                flags[name.replace("__", ".")] = list(value) if isinstance(value, tuple) else value
        return command(*args, settings=settings_module.load(config, flags=flags), **options)

    return wrapper  # type: ignore[return-value] # the same callable with two options more


def with_records(command: F) -> F:
    """Add `--json` and `--limit N`; call with `as_json` and `limit` (0 = all)."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @click.option(
        "--limit", metavar="N", default=50, show_default=True, type=click.IntRange(min=0), help="Most records; 0 = all."
    )
    @functools.wraps(command)
    def wrapper(*args: Any, **options: Any) -> Any:
        return command(*args, **options)

    return wrapper  # type: ignore[return-value] # the same callable with two options more


def setting_option(flag: str, path: str, **more: Any) -> Callable[[F], F]:
    """A flag that overrides the setting at the dotted `path`; `with_settings` (outside it) consumes the value."""
    return click.option(flag, path.replace(".", "__"), default=None, **more)


def allow_network(command: F) -> F:
    """Add `--allow-network CIDR`, for commands that fetch; `with_settings` (outside it) consumes the value."""
    return setting_option(
        "--allow-network",
        "feeds.allow_networks",
        multiple=True,
        metavar="CIDR",
        help="Let feeds lie in this private network, without port rule and delay.",
    )(command)


def service_port(command: F) -> F:
    """Add `--port`, for services without a page; `with_settings` (outside it) consumes the value."""
    return setting_option(
        "--port",
        "service.port",
        type=click.IntRange(0, 65535),
        metavar="N",
        help="Port of /livez, /readyz and /metrics; 0: none.",
    )(command)


class Since(click.ParamType[datetime]):
    """A moment: RFC 3339, a date, or an age such as `30m`, `12h`, `7d`, `2w`."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """`value` as an aware UTC time."""
        if isinstance(value, datetime):
            return value
        if age := re.fullmatch(r"(\d{1,6})([mhdw])", value):
            return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a time (2026-11-22T10:00:00Z), a date nor an age (7d)", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def since_option(command: F) -> F:
    """Add `--since`; call with `since: datetime | None`."""
    return click.option(
        "--since", type=Since(), default=None, metavar="WHEN", help="Only from then on: a time, a date, or 30m 12h 7d."
    )(command)


def print_record(value: object, *, as_json: bool, text: str) -> None:
    """One record on standard output: `value` as a JSON line, else `text`."""
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
        sys.stdout.buffer.flush()
    else:
        click.echo(text)


def all_keys(record: msgspec.Struct) -> dict[str, object]:
    """Every key of `record`, also those that are left at their default."""
    return {key: getattr(record, key) for key in record.__struct_fields__}
