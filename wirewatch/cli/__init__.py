"""The command line. Each command is one file here, imported only when it is asked for, so that help is quick."""

from __future__ import annotations

import importlib
import sys

import click

from schemas.errors import QueryError, SettingsError, WirewatchError
from wirewatch import __version__

COMMANDS = {
    "run": "poll, match, alert and serve the page, all in one process",
    "demo": "the same over a sample wire on this machine",
    "init": "write a commented settings file",
    "feeds": "sources and their health",
    "watch": "check and explain watchlists",
    "detect": "the language of each line of text",
    "search": "articles by their words",
    "hits": "what the watchlists found",
    "articles": "one article: text, versions, sightings",
    "alerts": "what was told to whom",
    "deadletters": "what could not be processed",
    "config": "the settings in force",
    "doctor": "check this installation and say what to do",
}
"""Each command with the line that help shows; its module has a click command `command`."""


class _Commands(click.Group):
    """The top-level group: knows every name, imports a module only to run it or show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"wirewatch.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, package_name="wirewatch", message="wirewatch %(version)s")
def wirewatch() -> None:
    """Watch the world's news wires: poll feeds, match watchlists, alert the team, explain every hit.

    `wirewatch demo` shows it all with a sample wire; `wirewatch run` starts with the feeds that come with it.
    """


def main() -> None:
    """Entry point: one line on standard error and exit 1 or 2 for every error wirewatch raises on purpose."""
    try:
        code = wirewatch(standalone_mode=False)
    except WirewatchError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, SettingsError | QueryError) else 1)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain once more while closing standard output.
        sys.stderr.close()
        sys.exit(0)
    # click hands an exit code asked for inside a command back as the result.
    sys.exit(code if isinstance(code, int) else 0)
