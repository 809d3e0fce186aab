"""`wirewatch watch`: check, list and explain watchlists, and print what editors need to know. Needs no data folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from connectors.interfaces import WatchlistFile
from schemas.errors import DataFolderError, Problem, StoreError, WatchlistError
from schemas.watchlist import Watchlist
from wirewatch.cli.options import print_record, setting_option, with_records, with_settings
from wirewatch.cli.preview import command as preview
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from pipelines.matching.load import ReadList

_watchlists = setting_option(
    "--watchlists",
    "watchlists.paths",
    multiple=True,
    metavar="PATH",
    help="Watchlist file or folder, in place of those of the settings; may be given again.",
)


@click.group(name="watch")
def command() -> None:
    """Check, list and explain watchlists."""


@command.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything said as one JSON object a line, and nothing else.")
@_watchlists
@with_settings
def check(settings: Settings, *, paths: tuple[Path, ...], as_json: bool) -> None:
    """Load watchlists with their examples and say everything that is wrong, by file, line and column.

    Exit 1 when anything is. Lists that load are read for what is probably not meant (warnings) and what they may lack
    (info), with counts from the articles of the data folder when there is one. PATHS are files or folders; without any,
    the lists of the settings.
    """
    from pipelines.matching.lint import lint
    from pipelines.matching.load import read_watchlists

    try:
        lists = read_watchlists(_files(settings, paths))
    except WatchlistError as error:
        if not as_json:
            raise
        _print_problems(error.problems, as_json=True)
        sys.exit(1)
    if not as_json:
        for read in lists:
            click.echo(_summary(read.watchlist))
    _print_problems(chain(lint(lists), _counted(settings, lists)), as_json=as_json)


@command.command(name="list")
@_watchlists
@with_records
@with_settings
def list_(settings: Settings, *, as_json: bool, limit: int) -> None:
    """List the watchlists in force."""
    for watchlist in _load(settings)[: limit or None]:
        print_record(_record(watchlist), as_json=as_json, text=_summary(watchlist))


@command.command()
@click.option("--text", required=True, metavar="TEXT", help="The text, as the body of an article.")
@click.option("--title", default="", metavar="TEXT", help="Its title.")
@click.option("--language", default="und", metavar="TAG", help="Its language; unknown passes the limits of every list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, which is what is always printed.")
@click.option("--limit", metavar="N", default=0, type=click.IntRange(min=0), help="Most queries [default: 0 = all].")
@_watchlists
@with_settings
def explain(settings: Settings, *, text: str, title: str, language: str, as_json: bool, limit: int) -> None:
    """Explain for every query of every list why a text matches or not: one JSON object a line."""
    from pipelines.matching.compile import compile_watchlists
    from pipelines.matching.document import Document
    from pipelines.matching.explain import explain as explain_document
    from schemas.query.languages import is_language, macro_of, script_of

    del as_json
    if not is_language(language) or language.startswith("="):
        raise click.BadParameter(f"{language!r} is not a language tag such as sr or sr-Latn", param_hint="--language")
    document = Document(title=title, body=text, language=language, macro=macro_of(language), script=script_of(language))
    matcher = compile_watchlists(_load(settings))
    for explanation in explain_document(matcher, document)[: limit or None]:
        sys.stdout.buffer.write(msgspec.json.encode(explanation) + b"\n")
    sys.stdout.buffer.flush()


@command.command()
@_watchlists
@with_records
@with_settings
def expand(settings: Settings, *, as_json: bool, limit: int) -> None:
    """List every written form of every concept, with what it is folded to."""
    from itertools import islice

    from pipelines.matching.forms import expansion

    forms = ((watchlist, form) for watchlist in _load(settings) for form in expansion(watchlist))
    for watchlist, form in islice(forms, limit or None):
        origin = f"  of {form.alias}" if form.inflect else ""
        guard = "  guard" if form.guard else ""
        text = f"{watchlist.id}  {form.concept}  {form.written}  ->  {'  '.join(form.folded)}{origin}{guard}"
        print_record({"watchlist": watchlist.id, **msgspec.structs.asdict(form)}, as_json=as_json, text=text)


@command.command()
def schema() -> None:
    """Print the JSON Schema of watchlist files, for editors that complete and check them.

    Save it beside your lists, and begin each with `# yaml-language-server: $schema=watchlist.schema.json`.
    """
    from pipelines.matching.json_schema import json_schema

    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _load(settings: Settings) -> tuple[Watchlist, ...]:
    from pipelines.matching.load import load_watchlists

    return load_watchlists(_files(settings, ()))


def _files(settings: Settings, paths: tuple[Path, ...]) -> Sequence[WatchlistFile]:
    from wirewatch import wiring

    if paths:
        chosen = msgspec.structs.replace(settings.watchlists, paths=tuple(map(str, paths)))
        settings = msgspec.structs.replace(settings, watchlists=chosen)
    return wiring.watchlist_files(settings).read()


def _counted(settings: Settings, lists: Sequence[ReadList]) -> Iterator[Problem]:
    """What the articles at hand say about the forms; nothing where there are none."""
    from pipelines.matching.counts import count, remarks
    from wirewatch import wiring

    try:
        index = wiring.read_index(settings)
    except DataFolderError:
        return
    try:
        counts = count(lists, index)
    except StoreError as error:
        # The lists are well all the same.
        click.echo(f"the forms could not be counted: {error}", err=True)
        return
    finally:
        index.close()
    yield from remarks(lists, counts)


def _print_problems(problems: Iterable[Problem], *, as_json: bool) -> None:
    for problem in problems:
        if as_json:
            said = {name: getattr(problem, name) for name in ("file", "line", "column", "level", "message", "hint")}
            print_record(said, as_json=True, text="")
        else:
            click.echo(str(problem), err=True)


def _record(watchlist: Watchlist) -> dict[str, object]:
    return {
        "id": watchlist.id,
        "name": watchlist.name,
        "severity": watchlist.severity,
        "queries": watchlist.queries,
        "concepts": [concept.name for concept in watchlist.concepts],
        "recipients": watchlist.recipients,
        "languages": watchlist.languages,
        "sources": watchlist.sources,
        "file": watchlist.file,
        "content_hash": watchlist.content_hash,
    }


def _summary(watchlist: Watchlist) -> str:
    forms = sum(len(concept.any) for concept in watchlist.concepts)
    counts = ", ".join(
        f"{count} {noun if count == 1 else plural}"
        for count, noun, plural in (
            (len(watchlist.queries), "query", "queries"),
            (len(watchlist.concepts), "concept", "concepts"),
            (forms, "form", "forms"),
            (len(watchlist.examples.match) + len(watchlist.examples.no_match), "example", "examples"),
        )
    )
    return f"{watchlist.id}  {watchlist.name}  {watchlist.severity}  {counts}"


command.add_command(preview)
