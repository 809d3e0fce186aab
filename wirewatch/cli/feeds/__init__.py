"""`wirewatch feeds`: the sources, how they are doing, and what a document yields. Each command is one file here."""

from __future__ import annotations

import importlib

import click

MODULES = {
    "add": "add",
    "discover": "discover",
    "list": "listed",
    "import": "importing",
    "export": "exporting",
    "remove": "remove",
    "health": "health",
    "show": "show",
    "parse": "parse",
}
"""Each command and its module in this package, which has a click command `command`; in the order of the help.

No module may be called `list` or `import`: the one would hide the built-in name, the other is no name at all.
"""


class _Commands(click.Group):
    """Imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        if cmd_name not in MODULES:
            return None
        found: click.Command = importlib.import_module(f"{__name__}.{MODULES[cmd_name]}").command
        return found


@click.group(name="feeds", cls=_Commands)
def command() -> None:
    """Sources and their health."""
