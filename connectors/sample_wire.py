"""The sample wire: a handful of outlets on loopback whose feeds keep bringing items, for `wirewatch demo` and tests.

What is served is a function of the clock alone: there is no task and no state that could stall or be lost. The items
of the wire appear in order, again and again. Each round is an edition, and each edition has addresses and ids of its
own, so that every start, and every round, brings articles never seen before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec
import yaml
from aiohttp import hdrs, web

from connectors.sample_documents import FORMATS, Channel, Entry, Format, article_page, front_page
from schemas.errors import WirewatchError
from schemas.feed import FeedSource

ENTRIES = 30
"""Most entries in one feed document."""
_BEFORE_START = timedelta(minutes=1)
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


class _Outlet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    name: str
    format: Format
    language: str
    country: str
    kind: str


class _Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slug: str
    outlet: str | tuple[str, ...]
    language: str
    title: str
    summary: str
    body: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    matches: tuple[str, ...]

    @property
    def outlets(self) -> tuple[str, ...]:
        return (self.outlet,) if isinstance(self.outlet, str) else self.outlet


class _Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    outlets: tuple[_Outlet, ...]
    items: tuple[_Item, ...]


class SampleWire:
    """Serves the wire written in `text` (see `examples/sample_wire.yaml`) from `start` until `stop`.

    `first` items are there at once, dated in the last minutes before the start; then one more appears each `every`
    seconds by `now`. Both calls belong to one running event loop. Raises `WirewatchError` when `text` is no wire.
    """

    def __init__(self, text: str, *, now: Callable[[], datetime], first: int = 6, every: float = 4.0) -> None:
        script = _script(text)
        self._outlets = {outlet.id: outlet for outlet in script.outlets}
        self._items = script.items
        self._places = {item.slug: place for place, item in enumerate(script.items)}
        self._now = now
        self._first = first
        self._every = timedelta(seconds=every)
        self._started_at = now()
        self._base = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> tuple[FeedSource, ...]:
        """Listen on a free port of 127.0.0.1; the sources, one per outlet."""
        app = web.Application()
        app.router.add_get("/feeds/{name}", self._feed)
        app.router.add_get("/{outlet}/", self._front)
        app.router.add_get("/{outlet}/{edition}/{slug}", self._article)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._started_at = self._now()
        return tuple(
            FeedSource(
                feed_url=self._feed_url(outlet),
                name=outlet.name,
                site_url=self._site_url(outlet),
                country=outlet.country,
                language=outlet.language,
                kind=outlet.kind,
            )
            for outlet in self._outlets.values()
        )

    async def stop(self) -> None:
        """Stop listening and drop open connections; at once, and harmless when not started."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What is there when. A number counts items through all editions, from 0.

    def _appeared(self) -> int:
        # A clock set back hides items for a while; they come again as they were, and those of the start always stay.
        elapsed = max(self._now() - self._started_at, timedelta())
        return self._first + elapsed // self._every

    def _published_at(self, number: int) -> datetime:
        if number < self._first:
            return self._started_at - (self._first - number) * _BEFORE_START
        return self._started_at + (number - self._first + 1) * self._every

    def _edition(self, number: int) -> str:
        start = self._started_at
        return f"{start:%Y%m%d%H%M%S}{start.microsecond // 1000:03d}-{number // len(self._items) + 1}"

    def _entry(self, number: int) -> Entry:
        item = self._items[number % len(self._items)]
        edition = self._edition(number)
        return Entry(
            native_id=f"urn:sample-wire:{edition}:{item.slug}",
            url=f"{self._base}/{item.outlets[0]}/{edition}/{item.slug}",
            title=item.title,
            summary=item.summary,
            body=item.body,
            language=item.language,
            authors=item.authors,
            categories=item.categories,
            published_at=self._published_at(number),
        )

    def _newest(self, outlet: _Outlet) -> Iterator[Entry]:
        newest = self._appeared() - 1
        # Every outlet has an item in each edition, so this many editions hold enough.
        oldest = max(newest - ENTRIES * len(self._items), -1)
        left = ENTRIES
        for number in range(newest, oldest, -1):
            if left and outlet.id in self._items[number % len(self._items)].outlets:
                left -= 1
                yield self._entry(number)

    def _channel(self, outlet: _Outlet) -> Channel:
        entries = tuple(self._newest(outlet))
        return Channel(
            title=outlet.name,
            language=outlet.language,
            feed_url=self._feed_url(outlet),
            site_url=self._site_url(outlet),
            updated_at=entries[0].published_at if entries else self._started_at,
            entries=entries,
        )

    def _feed_url(self, outlet: _Outlet) -> str:
        return f"{self._base}/feeds/{outlet.id}.{outlet.format}"

    def _site_url(self, outlet: _Outlet) -> str:
        return f"{self._base}/{outlet.id}/"

    # Answers.

    async def _feed(self, request: web.Request) -> web.Response:
        name, _, form = request.match_info["name"].rpartition(".")
        outlet = self._outlets.get(name)
        if outlet is None or outlet.format != form:
            raise web.HTTPNotFound
        channel = self._channel(outlet)
        write, media_type = FORMATS[outlet.format]
        body = write(channel)
        response = web.Response(headers={hdrs.CACHE_CONTROL: "no-cache"})
        response.etag = hashlib.blake2b(body, digest_size=16).hexdigest()
        response.last_modified = channel.updated_at
        if _unchanged(request, response):
            response.set_status(304)
        else:
            response.content_type, response.charset, response.body = media_type, "utf-8", body
        return response

    async def _front(self, request: web.Request) -> web.Response:
        outlet = self._outlets.get(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound
        return _page(front_page(self._channel(outlet)))

    async def _article(self, request: web.Request) -> web.Response:
        place = self._places.get(request.match_info["slug"])
        _, _, edition = request.match_info["edition"].rpartition("-")
        if place is None or not edition.isdecimal():
            raise web.HTTPNotFound
        number = (int(edition) - 1) * len(self._items) + place
        if not 0 <= number < self._appeared():
            raise web.HTTPNotFound
        entry = self._entry(number)
        if entry.url != f"{self._base}{request.path}":
            raise web.HTTPNotFound
        return _page(article_page(entry, self._outlets[request.match_info["outlet"]].name))


def _unchanged(request: web.Request, now: web.Response) -> bool:
    # RFC 9110 13.1: a client that sends both validators is answered by the stronger one alone.
    if (tags := request.if_none_match) is not None:
        return any(tag.value in {"*", now.etag and now.etag.value} for tag in tags)
    since = request.if_modified_since
    return since is not None and now.last_modified is not None and now.last_modified <= since


def _page(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=_PAGE_HEADERS)


def _script(text: str) -> _Script:
    try:
        script = msgspec.convert(yaml.safe_load(text), _Script)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise WirewatchError(str(error), subject="sample wire") from error
    known = {outlet.id for outlet in script.outlets}
    used = {outlet for item in script.items for outlet in item.outlets}
    slugs = [item.slug for item in script.items]
    if known != used:
        raise WirewatchError(f"outlets and items differ: {', '.join(sorted(known ^ used))}", subject="sample wire")
    if len(set(slugs)) != len(slugs):
        raise WirewatchError("two items have one slug", subject="sample wire")
    return script
