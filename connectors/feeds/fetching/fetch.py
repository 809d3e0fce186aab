"""One conditional GET of one document, a feed if nothing else is said: bounded in time, size and redirects, gated at every connection.

The answer is a `Fetched`, or a `FeedError` with the status and a sentence for a person.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDictProxy
from yarl import URL

from connectors.feeds.fetching import challenge
from connectors.feeds.fetching.access import OPEN, Access, check_target
from connectors.feeds.fetching.freshness import fresh_for
from connectors.feeds.fetching.guard import Guard, RefusedAddressError
from connectors.feeds.fetching.inflate import ENCODINGS, BadEncodingError, Inflater, TooLongError
from connectors.feeds.fetching.moves import PERMANENT
from connectors.feeds.fetching.refusals import blocked, check_wall, connection_error, netloc, refusal, written
from connectors.feeds.fetching.sessions import Sessions
from connectors.feeds.fetching.validators import Validators
from schemas.address import LONGEST
from schemas.errors import FeedError
from schemas.feed import FeedStatus
from schemas.time import now

MAX_BODY = 15 * 1024 * 1024
MAX_WIRE = 10 * 1024 * 1024
MAX_REDIRECTS = 5
MAX_HEADERS = 32 * 1024
"""Bytes of all response headers together. While they come in, aiohttp stops at 128 of 8 KiB each."""
CONNECT_SECONDS = 5.0
_CHUNK = 64 * 1024
_LARGEST_PAGE = 1024 * 1024
_PLAIN = re.compile(r"https?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:[/?#]|$)")
_NO_UTF_8 = re.compile("[\udc80-\udcff]+")
_SUCCESS = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def user_agent(contact: str) -> str:
    """How we introduce ourselves to an outlet, with a way to reach the team."""
    try:
        name = f"wirewatch/{version('wirewatch')}"
    except PackageNotFoundError:
        name = "wirewatch"
    return f"{name} (+{contact})" if contact else name


class Fetched(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A document, or the word that there is no newer one."""

    final_url: str
    http_status: int
    body: bytes = b""
    bytes_read: int = 0
    """Bytes of the body as they came over the wire."""
    content_type: str = ""
    validators: Validators = Validators()
    links: tuple[str, ...] = ()
    """`Link` headers, as they came."""
    complete: bool = True
    """False when the connection ended before the body did."""
    fresh_for: float = 0.0
    """Seconds for which the server calls its answer fresh (`Cache-Control: max-age`, else `Expires`); 0: it does not."""
    permanent: str = ""
    """The address of the document, when every redirect on the way to it was one for good; empty without redirects."""
    full: bool = False
    """Whether the whole document was asked for, without validators."""

    @property
    def unchanged(self) -> bool:
        """Whether the server said that the document is the one of last time."""
        return self.http_status == HTTPStatus.NOT_MODIFIED


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of document is asked for, and how much of it is read."""

    accept: str
    most: int = MAX_BODY
    """Decoded bytes; a larger document is an error."""
    seconds: float = math.inf
    """Of the time a fetch may take, no more than this."""


FEED = Wanted(
    accept=(
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9,"
        " text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
    )
)

Hop = Callable[[str], Awaitable[None]]
"""Told each address before it is asked, redirects included; raises `FeedError` to end the fetch there."""


class Fetcher:
    """Fetches documents. Between `open` and `close`, from one event loop."""

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        timeout: float = 30.0,
        now: Callable[[], datetime] = now,
        names: AbstractResolver | None = None,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": ENCODINGS}
        self._guard = guard
        self._seconds = timeout
        self._now = now
        self._sessions = Sessions(guard, min(CONNECT_SECONDS, timeout), names)

    async def open(self) -> None:
        """Get ready; the connections of each fetch are its own."""
        self._sessions.through(OPEN.proxy)

    async def close(self) -> None:
        """Close what is open; fetches under way fail."""
        await self._sessions.close()

    async def fetch(
        self,
        feed_url: str,
        validators: Validators | None = None,
        access: Access = OPEN,
        listed: str = "",
        *,
        wanted: Wanted = FEED,
        hop: Hop | None = None,
    ) -> Fetched:
        """The document at `feed_url`. Raises `FeedError`.

        `listed` is the address the team knows the feed by, if it is another one: what `access` holds goes to its
        origin alone, its proxy excepted.
        """
        progress = _Progress(access, listed or feed_url, wanted)
        seconds = min(self._seconds, wanted.seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(feed_url, validators or Validators(), progress, hop)
        except TimeoutError as error:
            reason = f"no complete answer within {seconds:g} s"
            if isinstance(error, aiohttp.ServerTimeoutError) and not progress.status:
                reason = f"no connection to {netloc(progress.url or feed_url)} within {CONNECT_SECONDS:g} s"
            elif progress.bytes_read:
                reason += f"; {progress.bytes_read:,} bytes came until then"
            raise FeedError(reason, subject=feed_url, status=FeedStatus.TIMEOUT, http_status=progress.status) from error
        except aiohttp.ClientError as error:
            raise connection_error(error, feed_url, progress.url or feed_url, progress.status) from error
        except RefusedAddressError as error:
            raise blocked(error.reason, feed_url, progress.url) from error
        except (ValueError, UnicodeError) as error:
            reason = f"{progress.url or feed_url} is not an address that can be asked ({error})"
            raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED) from error

    async def _follow(self, feed_url: str, validators: Validators, progress: _Progress, hop: Hop | None) -> Fetched:
        url, permanent = feed_url, True
        asked = set()
        for _ in range(MAX_REDIRECTS + 1):
            _check_address(url, feed_url)
            if url in asked:
                reason = f"redirects in a circle, back to {url[:200]}; some servers do so to readers without cookies"
                raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED, http_status=progress.status)
            asked.add(url)
            progress.url = url
            if hop is not None:
                await hop(url)
            # Validators belong to one address: another one would take them for its own.
            mine = validators if url == (validators.address or feed_url) else Validators()
            outcome = await self._get(url, mine, feed_url, progress)
            if isinstance(outcome, Fetched):
                full = not (mine.etag or mine.last_modified)
                moved = url if permanent and url != feed_url else ""
                return msgspec.structs.replace(outcome, full=full, permanent=moved) if full or moved else outcome
            permanent = permanent and progress.status in PERMANENT
            # A fragment is the reader's own business; no server is asked for one.
            url = urldefrag(urljoin(url, outcome)).url
        reason = f"more than {MAX_REDIRECTS} redirects, the last one to {url[:200]}"
        raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED, http_status=progress.status)

    async def _get(self, url: str, validators: Validators, feed_url: str, progress: _Progress) -> Fetched | str:
        """The document at `url`, or the address it redirects to."""
        access = progress.access
        headers = {**self._headers, "Accept": progress.wanted.accept}
        if access is not OPEN:
            headers |= access.for_address(progress.listed, url)
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        target = URL(url, encoded=True) if url.isascii() and " " not in url else URL(url)
        way: dict[str, Any] = {}
        if access.proxy:
            check_target(str(target), self._guard)
            way["proxy"] = access.proxy.address
            login = access.proxy.login()
            # Plain http goes to the proxy itself; for https it is asked for a tunnel first.
            headers.update(login if url.lower().startswith("http:") else {})
            way["proxy_headers"] = login
        session = self._sessions.through(access.proxy)
        async with session.get(target, headers=headers, allow_redirects=False, **way) as response:
            progress.status = response.status
            _check_headers(response, feed_url)
            if response.status in _REDIRECTS:
                location = response.headers.get("Location", "").strip()
                if not location:
                    reason = f"HTTP {response.status}: a redirect that does not say where to"
                    raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED, http_status=response.status)
                # Bytes that are no UTF-8 are escaped, as browsers do.
                return _NO_UTF_8.sub(lambda found: quote(found[0], errors="surrogateescape"), location)
            if response.status == HTTPStatus.NOT_MODIFIED and (validators.etag or validators.last_modified):
                return Fetched(
                    final_url=url, http_status=response.status, validators=_validators(response.headers, validators),
                    fresh_for=fresh_for(response.headers, self._now()),
                )  # fmt: skip
            _end_with_connection(response)
            if response.status // 100 != _SUCCESS:
                page = await self._page(response)
                check_wall(response, page, feed_url)
                raise refusal(response, feed_url, self._now())
            body, complete = await self._read(response, feed_url, progress)
            check_wall(response, body, feed_url)
            return Fetched(
                final_url=url,
                http_status=response.status,
                body=body,
                bytes_read=progress.bytes_read,
                content_type=written(response.headers.get("Content-Type", "")),
                validators=_validators(response.headers, Validators()),
                links=tuple(response.headers.getall("Link", ())),
                complete=complete,
                fresh_for=fresh_for(response.headers, self._now()),
            )

    async def _page(self, response: aiohttp.ClientResponse) -> bytes:
        """The beginning of what came with an error, when it may be a page that asks for a human."""
        page = bytearray()
        if response.status not in challenge.CODES:
            return b""
        with contextlib.suppress(TooLongError, BadEncodingError, aiohttp.ClientPayloadError):
            inflater = Inflater(response.headers.get("Content-Encoding", ""), _LARGEST_PAGE)
            async for chunk in response.content.iter_any():
                page += inflater.feed(chunk)
                if len(page) >= challenge.PAGE_LIMIT:
                    break
        return bytes(page)

    async def _read(self, response: aiohttp.ClientResponse, feed_url: str, progress: _Progress) -> tuple[bytes, bool]:
        body, most = bytearray(), progress.wanted.most
        try:
            inflater = Inflater(response.headers.get("Content-Encoding", ""), most)
            async for chunk in response.content.iter_chunked(_CHUNK):
                progress.came(chunk)
                for piece in inflater.pieces(chunk):
                    body += piece
            body += inflater.rest()
        except TooLongError as error:
            reason = f"the document is larger than {most >> 20} MiB ({MAX_WIRE >> 20} MiB as sent); not read further"
            raise FeedError(
                reason, subject=feed_url, status=FeedStatus.TOO_LARGE, http_status=response.status
            ) from error
        except BadEncodingError as error:
            raise FeedError(
                str(error), subject=feed_url, status=FeedStatus.MALFORMED, http_status=response.status
            ) from error
        except aiohttp.ClientPayloadError:
            # The connection ended early: what came is read as a document cut in the middle.
            return bytes(body), False
        return bytes(body), True


class _Progress:
    """One fetch: with what it is made, and how far it came, for its error."""

    __slots__ = ("access", "bytes_read", "listed", "status", "url", "wanted")

    def __init__(self, access: Access, listed: str, wanted: Wanted) -> None:
        self.access = access
        self.listed = listed
        self.wanted = wanted
        self.url = ""
        self.status = 0
        self.bytes_read = 0

    def came(self, chunk: bytes) -> None:
        """Count `chunk`. Raises `TooLongError` when more came over the wire than any feed needs."""
        self.bytes_read += len(chunk)
        if self.bytes_read > MAX_WIRE:
            raise TooLongError


def _check_address(url: str, feed_url: str) -> None:
    if _PLAIN.match(url) and len(url) <= LONGEST:
        return
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        reason = f"only http and https addresses are polled, not {url[:200]}"
    elif parts.username is not None:
        reason = "an address with a user name or password in it is not polled"
    elif len(url) > LONGEST:
        reason = f"an address of {len(url):,} characters is not polled"
    else:
        return
    raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED)


def _end_with_connection(response: aiohttp.ClientResponse) -> None:
    """Let the body end when the connection does: aiohttp closes it over chunks that are none, and tells no reader."""
    content, connection = response.content, response.connection

    def ended(closed: asyncio.Future[None]) -> None:
        closed.exception()
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection ended"))

    # None: it has ended, and so has the body.
    if connection is not None and connection.protocol is not None and connection.protocol.closed is not None:
        connection.protocol.closed.add_done_callback(ended)


def _check_headers(response: aiohttp.ClientResponse, feed_url: str) -> None:
    size = sum(len(name) + len(value) for name, value in response.raw_headers)
    if size > MAX_HEADERS:
        reason = f"the headers of the answer take {size:,} bytes; {MAX_HEADERS:,} are allowed"
        raise FeedError(reason, subject=feed_url, status=FeedStatus.TOO_LARGE, http_status=response.status)


def _validators(headers: CIMultiDictProxy[str], default: Validators) -> Validators:
    # What is not ASCII could not be sent back as it came.
    etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
    return Validators(
        etag if etag and etag.isascii() else default.etag,
        modified if modified and modified.isascii() else default.last_modified,
    )
