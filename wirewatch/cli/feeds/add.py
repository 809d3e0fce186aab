"""`wirewatch feeds add`: a feed into the team's own list, with a verdict on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from connectors.feeds.sources.source_keys import KEYS, Value
from schemas.errors import SettingsError, WirewatchError
from schemas.feed import FeedSource
from schemas.time import now
from wirewatch.cli.options import F, allow_network, print_record, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.feeds.sources.discover import Found
    from wirewatch.verdict import Verdict


class _KeyValue(click.ParamType[Value]):
    """A value of the key `key` of a list."""

    name = "value"

    def __init__(self, key: str) -> None:
        self._key = key

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Value:
        """The value as a list would hold it."""
        try:
            return KEYS[self._key].from_text(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _facts(command: F) -> F:
    """Add an option for each key of a list but the address."""
    for name, key in reversed(KEYS.items()):
        flag = f"--{name.replace('_', '-')}"
        if name == "url":
            continue
        says = key.says[0].upper() + key.says[1:] + "."
        if name == "full_text":
            says = "Fetch the page of an entry that has little text."
            command = click.option(flag, name, is_flag=True, help=says)(command)
        else:
            command = click.option(flag, name, type=_KeyValue(name), metavar="TEXT", default=None, help=says)(command)
    return command


@click.command(name="add")
@click.argument("address")
@_facts
@click.option("--all", "every", is_flag=True, help="Add all feeds of the site, those of comments left out.")
@click.option("--yes", is_flag=True, help="Do not ask; nobody is asked either where input is no terminal.")
@click.option("--force", is_flag=True, help="Add it although it is listed already or is no feed now.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts, one JSON object a line.")
@with_settings
@allow_network
def command(
    settings: Settings, *, address: str, every: bool, yes: bool, force: bool, as_json: bool, **given: Value | None
) -> None:
    """Find the feed at ADDRESS, say what it is worth, and add it to DATA/feeds.toml.

    ADDRESS is a feed, a page, or just the name of a site. A feed that is listed already is refused: the same address,
    where it leads to, or the same articles. A running wirewatch polls what is added by itself, within seconds.
    """
    from wirewatch import scouting, wiring

    facts = {KEYS[name].field: value for name, value in given.items() if value}
    try:
        search = scouting.search(settings, address, str(facts.get("access", "")))
    except WirewatchError as error:
        if not force or isinstance(error, SettingsError):
            raise
        _add_unseen(settings, address, facts)
        return
    chosen = [one for one in search.found if not one.comments] or list(search.found) if every else search.found[:1]
    for other in search.found:
        if other not in chosen:
            click.echo(f"also found: {other.url}  {other.document.title}", err=True)
    added, refused = 0, []
    for found in chosen:
        same = None if force else scouting.listed_already(settings, found, wiring.sources(settings))
        if same is None:
            added += _offer(settings, found, facts, ask=not yes and sys.stdin.isatty(), as_json=as_json)
        else:
            refused.append((found.url, f"is listed already{same}"))
    if len(refused) == len(chosen) == 1:
        url, why = refused[0]
        raise WirewatchError(why, subject=url)
    for url, why in refused:
        click.echo(f"left out: {url} {why}", err=True)
    if refused and not added:
        raise WirewatchError("nothing was added", subject=address)


def _offer(settings: Settings, found: Found, facts: dict[str, Any], *, ask: bool, as_json: bool) -> bool:
    """Show the verdict and add; whether it was added."""
    from wirewatch import wiring
    from wirewatch.verdict import judge

    known = {"name": found.document.title, "site_url": found.document.site_url}
    source = FeedSource(**{**known, **facts, "feed_url": found.url})
    verdict = judge(found, source, settings, now())
    own = wiring.own_list(settings)
    if not as_json:
        click.echo("\n".join((f"{source.feed_url}  {source.name or '-'}", *verdict.lines())))
    taken = not ask or click.confirm("Add it?", default=True, err=True)
    if taken:
        own.add((source,))
    _tell(verdict, taken=taken, as_json=as_json, where=str(own.path))
    return taken


def _tell(verdict: Verdict, *, taken: bool, as_json: bool, where: str) -> None:
    if as_json:
        record = {name: getattr(verdict, name) for name in verdict.__struct_fields__}
        print_record({**record, "added": taken}, as_json=True, text="")
    else:
        click.echo(f"added to {where}" if taken else "not added")


def _add_unseen(settings: Settings, address: str, facts: dict[str, Any]) -> None:
    from wirewatch import wiring

    try:
        url = KEYS["url"].read(address)
    except ValueError as error:
        raise WirewatchError(str(error), subject=address) from error
    own = wiring.own_list(settings)
    own.add((FeedSource(**{**facts, "feed_url": url}),))
    click.echo(f"added to {own.path} as it is; no feed was found there")
