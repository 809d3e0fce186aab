"""`wirewatch feeds`: the sources, how they are doing, and what a document yields. Each command is one file here."""

from __future__ import annotations

import click

from wirewatch.cli.commands import LazyGroup

MODULES = {
    "add": f"{__name__}.add",
    "discover": f"{__name__}.discover",
    "list": f"{__name__}.listed",
    "import": f"{__name__}.importing",
    "export": f"{__name__}.exporting",
    "remove": f"{__name__}.remove",
    "health": f"{__name__}.health",
    "show": f"{__name__}.show",
    "parse": f"{__name__}.parse",
}
"""Each command and its module; in the order of the help.

No module may be called `list` or `import`: the one would hide the built-in name, the other is no name at all.
"""


@click.group(name="feeds", cls=LazyGroup, modules=MODULES)
def command() -> None:
    """Sources and their health."""
