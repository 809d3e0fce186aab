"""What other tools push in: one JSON object a line, a `FeedItem` or the few keys of it that are needed."""

from __future__ import annotations

import msgspec

from schemas.item import Outlet


class PushedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `wirewatch ingest`.

    Needed are `url` or `native_id`, one of `title`, `summary` and `body`, and a feed: `feed_url`, the name of a listed
    source in `source`, or `--feed` for all lines. Other keys are not used; keys that are null count as left out. Ids are made by wirewatch.
    """

    feed_url: str | None = None
    """The address of the feed or channel the item came from, of any scheme. Items of one feed with one id are one item."""
    source: Outlet | str | None = None
    """The outlet, or its name alone; a listed source is completed from the list."""
    native_id: str | None = None
    """What its feed calls the item, for ever; without it, `url` does."""
    url: str | None = None
    """Where the article is: the same address from another feed is another sighting of the same article."""
    title: str | None = None
    summary: str | None = None
    body: str | None = None
    """Texts, as HTML or plain."""
    authors: tuple[str, ...] | str | None = None
    categories: tuple[str, ...] | str | None = None
    language: str | None = None
    """The language the item or its feed declares; not trusted, only a hint."""
    published_at: str | float | None = None
    """RFC 3339, another date that feeds write, or seconds since 1970. One that cannot be read leaves the item undated."""
    published: str | float | None = None
    """Another name for `published_at`."""
    published_raw: str | None = None
    """The date as its feed wrote it; used as `published_at` is when that is missing."""
    seen_at: str | None = None
    """When it was first seen, RFC 3339; by default, and when it lies ahead, the moment it is pushed."""
    history: bool | None = None
    """Whether it alerts nobody; by default what was published more than 48 hours ago does not."""
    id_policy: str | None = None
    """`guid` or `link` when `native_id` or `url` is what the poller would go by: then both give one item. Else `given`."""
    keyed_by: str | None = None
    """`item` when `url` stands for several items of the feed; else `address`."""
