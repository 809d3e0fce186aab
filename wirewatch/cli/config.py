"""`wirewatch config show`: the settings in force, secrets masked."""

from __future__ import annotations

import json

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
    for name, value in values.items():
        if not isinstance(value, dict):
            click.echo(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    for name, section in values.items():
        if isinstance(section, dict):
            click.echo(f"\n[{name}]")
            for key, value in section.items():
                click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}")
