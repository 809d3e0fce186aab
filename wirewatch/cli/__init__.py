"""The command line. Each command is one file here, imported only when it is asked for, so that help is quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from schemas.errors import QueryError, SettingsError, WirewatchError
from wirewatch import __version__
from wirewatch.cli.commands import LazyGroup

COMMANDS = {
    "run": "poll, match, alert and serve the page, all in one process",
    "poll": "poll alone, as a service",
    "pipeline": "match alone, as a service",
    "desk": "alert alone, as a service",
    "serve": "the page alone, as a service",
    "demo": "the same over a sample wire on this machine",
    "worker": "the stages of the graph, for an engine such as Flink",
    "init": "write a commented settings file",
    "feeds": "sources and their health",
    "ingest": "push items in from elsewhere",
    "watch": "check, explain and preview watchlists",
    "detect": "the language of each line of text",
    "search": "articles by their words",
    "hits": "what the watchlists found",
    "rematch": "history against new lists",
    "articles": "one article: text, versions, sightings",
    "alerts": "what was told to whom",
    "deadletters": "what could not be processed",
    "setup": "bring the servers to what wirewatch needs",
    "config": "the settings in force",
    "doctor": "check this installation and say what to do",
}
"""Each command with the line that help shows; its module has a click command `command`."""


class _ReaderLeftError(Exception):
    """Whoever read standard output closed it."""


class _Commands(LazyGroup):
    """The top-level group: its help says what each command does without importing one."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            # click would exit 1, but a reader (head, less) that has seen enough is no failure.
            raise _ReaderLeftError from error
        except OSError as error:
            # What the parts expect of the system they report themselves; what is left is a standard output that is full.
            raise WirewatchError(error.strerror or str(error), subject=str(error.filename or "output")) from error


@click.group(
    cls=_Commands,
    modules={name: f"wirewatch.cli.{name}" for name in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, package_name="wirewatch", message="wirewatch %(version)s")
def wirewatch() -> None:
    """Watch the world's news wires: poll feeds, match watchlists, alert the team, explain every hit.

    `wirewatch demo` shows it all with a sample wire; `wirewatch run` starts with the feeds that come with it.
    """


def main() -> None:
    """Entry point: one line on standard error and exit 1 or 2 for every error wirewatch raises on purpose."""
    if sys.stdout is not None:
        _run()
    # Closed by the caller (`>&-`): what is printed goes nowhere.
    with Path(os.devnull).open("w", encoding="utf-8") as sys.stdout:
        _run()


def _run() -> NoReturn:
    # Words on the command line are UTF-8, whatever a bare locale says.
    sys.argv[1:] = [os.fsencode(word).decode("utf-8", "replace") for word in sys.argv[1:]]
    try:
        code = wirewatch(standalone_mode=False)
    except WirewatchError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, SettingsError | QueryError) else 1)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "wirewatch"
        click.echo(f"error: {error.format_message().rstrip('.')} (see `{command} --help`)", err=True)
        sys.exit(error.exit_code)
    except _ReaderLeftError:
        # Python would complain once more while flushing standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    # click hands an exit code asked for inside a command back as the result.
    sys.exit(code if isinstance(code, int) else 0)
