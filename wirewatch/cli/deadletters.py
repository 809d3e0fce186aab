"""`wirewatch deadletters`: what could not be processed, and running it again."""

from __future__ import annotations

import sys

import click
import msgspec

from schemas.time import rfc3339
from wirewatch.cli.options import allow_network, print_record, setting_option, with_records, with_settings
from wirewatch.settings import Settings


@click.group(name="deadletters")
def command() -> None:
    """Records and documents that could not be processed."""


@command.command(name="list")
@click.option("--all", "with_replayed", is_flag=True, help="Those already replayed too.")
@with_records
@with_settings
def list_letters(settings: Settings, *, with_replayed: bool, as_json: bool, limit: int) -> None:
    """List dead letters, newest first; `raw` is base64 in JSON."""
    from wirewatch.deadletters import present

    letters = [letter for letter in present(settings).values() if with_replayed or letter.status == "open"]
    letters.sort(key=lambda letter: (letter.failed_at, letter.id), reverse=True)
    for letter in letters[: limit or None]:
        text = f"{rfc3339(letter.failed_at)}  {letter.id}  {letter.status}  {letter.stage}  {letter.position}"
        print_record(letter, as_json=as_json, text=f"{text}  {letter.reason}")


@command.command()
@click.argument("letter_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--raw", is_flag=True, help="Only the raw bytes, as they are.")
@with_settings
def show(settings: Settings, letter_id: str, *, as_json: bool, raw: bool) -> None:
    """Show one dead letter whole."""
    from wirewatch.deadletters import one, present

    letter = one(present(settings), letter_id)
    if raw:
        sys.stdout.buffer.write(letter.raw)
        return
    fields = msgspec.to_builtins(letter, builtin_types=(bytes,))
    fields["failed_at"] = rfc3339(letter.failed_at)
    fields["raw"] = letter.raw.decode("utf-8", "backslashreplace")
    print_record(letter, as_json=as_json, text="\n".join(f"{name:10} {value}" for name, value in fields.items()))


@command.command()
@click.argument("letter_ids", metavar="ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Replay every open dead letter.")
@with_settings
@setting_option("--watchlists", "watchlists.paths", multiple=True, metavar="PATH", help="Watchlist file or folder.")
@allow_network
def replay(settings: Settings, letter_ids: tuple[str, ...], *, everything: bool) -> None:
    """Run dead letters again.

    A record goes back to the end of its topic; a document is parsed again if it was kept whole, else fetched again.
    A running `wirewatch run` processes them; when none is running, this command does, with the watchlists of the
    settings or of --watchlists. What fails again is open again under its old id.
    """
    if bool(letter_ids) == everything:
        message = "name the dead letters to replay, or --all"
        raise click.UsageError(message)
    from wirewatch import logs, wiring
    from wirewatch.deadletters import one, present, process_now, run_again

    logs.configure(settings.logs)

    letters = present(settings)
    chosen = [one(letters, letter_id) for letter_id in letter_ids] or [
        letter for letter in letters.values() if letter.status == "open"
    ]
    log = wiring.open_log(settings)
    try:
        became = {letter.id: run_again(settings, log, letter) for letter in chosen}
    finally:
        log.close()
    processed = process_now(settings)
    after = present(settings)
    for letter_id, text in became.items():
        now = after[letter_id]
        if now.status == "open":
            # A record fails in the graph, after `text` was said of it; a document failed while `text` was made.
            told = f"failed again: {now.reason if now.topic else text}"
        else:
            told = f"{text}, processed" if processed else text
        click.echo(f"{letter_id}  {told}")
