"""`wirewatch config show`: the settings in force, secrets masked."""

from __future__ import annotations

import json
from typing import Any

import click

from wirewatch.cli.options import with_settings
from wirewatch.settings import Settings, shown


@click.group(name="config")
def command() -> None:
    """The settings in force."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_settings
def show(settings: Settings, *, as_json: bool) -> None:
    """Print every setting with the value in force, as TOML; secrets are masked."""
    values = shown(settings)
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    _print("", values)


def _print(path: str, section: dict[str, Any]) -> None:
    for name, value in section.items():
        if not isinstance(value, dict):
            click.echo(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    for name, value in section.items():
        if isinstance(value, dict) and value:
            inner = f"{path}.{name}" if path else name
            # A table that holds nothing but tables needs no line of its own.
            if not all(isinstance(one, dict) for one in value.values()):
                click.echo(f"\n[{inner}]")
            _print(inner, value)
