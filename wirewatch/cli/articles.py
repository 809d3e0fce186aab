"""`wirewatch articles show`: one article, or one version of it."""

from __future__ import annotations

import click

from schemas.article import Article, Version
from schemas.errors import WirewatchError
from schemas.time import rfc3339
from wirewatch.cli.options import print_record, with_settings
from wirewatch.settings import Settings


@click.group(name="articles")
def command() -> None:
    """One article: its text, versions and sightings."""


@command.command()
@click.argument("article_id", metavar="ID")
@click.option("--version", "version_id", default="", metavar="VERSION_ID", help="Print this version instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_settings
def show(settings: Settings, article_id: str, *, version_id: str, as_json: bool) -> None:
    """Print an article as it is known now, or the words of one version."""
    from wirewatch import wiring

    index = wiring.read_index(settings)
    try:
        article = index.article(article_id)
        if article is None:
            message = "no such article"
            raise WirewatchError(message, subject=article_id)
        if version_id:
            version = index.version(version_id)
            if version is None or version.article_id != article_id:
                message = f"no such version of article {article_id}"
                raise WirewatchError(message, subject=version_id)
            print_record(version, as_json=as_json, text=_words(version))
            return
        print_record(article, as_json=as_json, text=_page(article))
    finally:
        index.close()


def _words(text: Article | Version) -> str:
    return "\n\n".join(part for part in (text.title, text.summary, text.body) if part)


def _page(article: Article) -> str:
    facts = [
        _words(article),
        "",
        f"address    {article.url}",
        f"language   {article.language}",
        f"published  {rfc3339(article.published_at) if article.published_at else '- (' + article.published_reason + ')'}",
        f"seen       {rfc3339(article.seen_at)}",
    ]
    facts += [f"sighting   {rfc3339(one.first_seen)}  {one.feed_url}  {one.native_id}" for one in article.sightings]
    facts += [f"version {rank}  {one}" for rank, one in enumerate(article.versions, start=1)]
    return "\n".join(facts)
