"""`wirewatch watch preview`: what lists would do, against those in force, told from the stored articles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from schemas.time import rfc3339
from wirewatch.cli.options import Since, print_record, with_records, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from pipelines.preview import Preview, Sample
    from schemas.watchlist import Watchlist

_SHOWN = 7
_CHANGES = {
    "same": "would have fired",
    "changed": "changed: would have fired",
    "new": "new: would have fired",
    "gone": "gone",
}


@click.command(name="preview")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--against",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The old lists; may be given again [default: those of the settings, when PATHS are given].",
)
@click.option(
    "--since",
    type=Since(),
    default="7d",
    show_default=True,
    metavar="WHEN",
    help="Articles seen from then on: a time, a date, or 30m 12h 7d.",
)
@click.option(
    "--samples", metavar="N", default=5, show_default=True, type=click.IntRange(min=0), help="Articles shown."
)
@with_records
@with_settings
def command(
    settings: Settings,
    *,
    paths: tuple[Path, ...],
    against: tuple[Path, ...],
    since: datetime,
    samples: int,
    as_json: bool,
    limit: int,
) -> None:
    """Say what lists would have done with the articles of the last days. Nothing is written, nobody is told.

    PATHS are the files or folders of the new lists, compared with the lists of the same id in force; without any, the
    lists in force as they are. With --against, lists that only the old side has count as given up.
    """
    from itertools import islice
    from zoneinfo import ZoneInfo

    from connectors.interfaces import HitFilter
    from pipelines.preview import preview
    from wirewatch import wiring

    lists = _load(settings, paths)
    old = _load(settings, against) if paths or against else ()
    if not against:
        wanted = {one.id for one in lists}
        left_out = [one.id for one in old if one.id not in wanted]
        old = tuple(one for one in old if one.id in wanted)
        if left_out:
            click.echo(f"not in {' '.join(map(str, paths))}, left as they are: {', '.join(left_out)}", err=True)
        if all(one in old for one in lists):
            old = ()
    index = wiring.read_index(settings)
    try:
        if not index.count():
            click.echo("no articles are stored here yet; start with `wirewatch run`", err=True)

        def story_of(article_id: str) -> str:
            return next((hit.story_id for hit in index.newest(HitFilter(article_id=article_id), 1)), "") or article_id

        zone = ZoneInfo(settings.alerts.time_zone)
        found = preview(lists, old, index, since=since, story_of=story_of, zone=zone, samples=samples)
    finally:
        index.close()
    for one in islice(found if as_json else _told(found), limit or None):
        print_record(one, as_json=as_json, text="\n".join(_lines(one, compared=bool(old))))


def _load(settings: Settings, paths: tuple[Path, ...]) -> tuple[Watchlist, ...]:
    from pipelines.matching.load import load_watchlists
    from wirewatch import wiring

    if paths:
        chosen = msgspec.structs.replace(settings.watchlists, paths=tuple(map(str, paths)))
        settings = msgspec.structs.replace(settings, watchlists=chosen)
    return load_watchlists(wiring.watchlist_files(settings).read())


def _told(found: tuple[Preview, ...]) -> Iterator[Preview]:
    """What is worth a paragraph to a person: a list with one query is told once."""
    for one in found:
        queries = sum(other.watchlist == one.watchlist and bool(other.query) for other in found)
        if not one.query or queries > 1:
            yield one


def _lines(one: Preview, *, compared: bool) -> Iterator[str]:
    name = f"{one.watchlist}  query {one.query}" if one.query else f"{one.watchlist}  {one.name}"
    since = f" since {rfc3339(one.since)}" if one.since else ""
    counted = f"{_many(one.articles, 'time')} in {_many(one.stories, 'story', 'stories')}{since}"
    yield f"{name}  {_CHANGES[one.change]}{'' if one.change == 'gone' else f' {counted}'}"
    if compared and one.change in {"changed", "gone"}:
        kept = one.articles - one.gained
        yield f"  before    {one.before:,}: {kept:,} kept, {one.gained:,} gained, {one.lost:,} lost"
    if one.days:
        yield f"  by day    {_counts(one.days)}"
        yield f"  language  {_counts(one.languages)}"
    if not compared or one.change == "same":
        yield from _samples("newest", one.samples, one.articles, one.stories)
        return
    yield from _samples("gained", one.gained_samples, one.gained, one.gained_stories)
    yield from _samples("lost", one.lost_samples, one.lost, one.lost_stories)


def _samples(what: str, samples: tuple[Sample, ...], articles: int, stories: int) -> Iterator[str]:
    if not articles:
        return
    if what != "newest":
        yield f"  {what:8}  {_many(articles, 'article')}, {_many(stories, 'story', 'stories')}"
    for sample in samples:
        found = f"  ({', '.join(sample.found)})" if sample.found else ""
        said = f"{rfc3339(sample.seen_at)}  [{sample.language}]  {sample.source}: {sample.title}  {sample.url}{found}"
        yield f"    {said}"
    if len(samples) < articles and samples:
        yield f"    and {articles - len(samples)} more"


def _counts(counts: dict[str, int]) -> str:
    shown = [f"{name} {count}" for name, count in list(counts.items())[:_SHOWN]]
    rest = sum(list(counts.values())[_SHOWN:])
    return ", ".join([*shown, f"others {rest}"] if rest else shown)


def _many(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
