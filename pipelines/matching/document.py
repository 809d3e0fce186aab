"""What the matcher reads: the words of one version, and what is known about it."""

from __future__ import annotations

import msgspec

from schemas.article import Article, Content
from schemas.item import FeedItem


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one article, seen by one feed."""

    title: str = ""
    summary: str = ""
    body: str = ""
    language: str = "und"
    macro: str = "und"
    script: str = ""
    source: str = ""
    country: str = ""
    authors: tuple[str, ...] = ()
    feed_url: str = ""
    url: str = ""


def document_of_item(item: FeedItem, content: Content) -> Document:
    """The document an item carries, with what the pipeline derived from its text."""
    return Document(
        title=item.title,
        summary=item.summary,
        body=item.body,
        language=content.language,
        macro=content.macro,
        script=content.script,
        source=item.source.name,
        country=item.source.country,
        authors=item.authors,
        feed_url=item.feed_url,
        url=item.url,
    )


def document_of_article(article: Article) -> Document:
    """The document an article shows."""
    return Document(
        title=article.title,
        summary=article.summary,
        body=article.body,
        language=article.language,
        macro=article.macro,
        script=article.script,
        source=article.source.name,
        country=article.source.country,
        authors=article.authors,
        feed_url=article.feed_url,
        url=article.url,
    )
