"""One conditional GET of one feed: bounded in time, size and redirects, gated at every connection.

The answer is a `Fetched`, or a `FeedError` with the status and a sentence for a person.
"""

from __future__ import annotations

import asyncio
import email.utils
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from multidict import CIMultiDictProxy
from yarl import URL

from connectors.feeds.guard import Guard, RefusedAddressError
from connectors.feeds.inflate import ENCODINGS, BadEncodingError, Inflater, TooLongError
from schemas.errors import FeedError
from schemas.feed import FeedStatus
from schemas.time import now

MAX_BODY = 15 * 1024 * 1024
MAX_WIRE = 10 * 1024 * 1024
MAX_REDIRECTS = 5
CONNECT_SECONDS = 5.0
_CHUNK = 64 * 1024
_URL_LIMIT = 2_048
_SUCCESS = 2
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9,"
    " text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


def user_agent(contact: str) -> str:
    """How we introduce ourselves to an outlet, with a way to reach the team."""
    try:
        name = f"wirewatch/{version('wirewatch')}"
    except PackageNotFoundError:
        name = "wirewatch"
    return f"{name} (+{contact})" if contact else name


class Validators(msgspec.Struct, frozen=True):
    """What the server gave with the last document, to be sent back as it came."""

    etag: str = ""
    last_modified: str = ""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A document, or the word that there is no newer one."""

    final_url: str
    http_status: int
    body: bytes = b""
    bytes_read: int = 0
    """Bytes of the body as they came over the wire."""
    content_type: str = ""
    validators: Validators = Validators()
    complete: bool = True
    """False when the connection ended before the body did."""
    fresh_for: float = 0.0
    """Seconds for which the server calls its answer fresh (`Cache-Control: max-age`, else `Expires`); 0: it does not."""

    @property
    def unchanged(self) -> bool:
        """Whether the server said that the document is the one of last time."""
        return self.http_status == HTTPStatus.NOT_MODIFIED


class Fetcher:
    """Fetches feeds over one connector. Between `open` and `close`, from one event loop."""

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        timeout: float = 30.0,
        now: Callable[[], datetime] = now,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ENCODINGS}
        self._guard = guard
        self._seconds = timeout
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready; the connections of each fetch are its own."""
        self._session = aiohttp.ClientSession(
            # No keep-alive: polls of one host are minutes apart. No DNS cache: polls re-check where a name leads.
            connector=aiohttp.TCPConnector(
                limit=0, force_close=True, use_dns_cache=False, socket_factory=self._guard.socket
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_SECONDS, self._seconds)),
            trust_env=False,
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close what is open; fetches under way fail."""
        if self._session is not None:
            await self._session.close()

    async def fetch(self, feed_url: str, validators: Validators | None = None) -> Fetched:
        """The document at `feed_url`. Raises `FeedError`."""
        progress = _Progress()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(feed_url, validators or Validators(), progress)
        except TimeoutError as error:
            reason = f"no complete answer within {self._seconds:g} s"
            if isinstance(error, aiohttp.ServerTimeoutError) and not progress.status:
                reason = f"no connection to {_host(progress.url or feed_url)} within {CONNECT_SECONDS:g} s"
            elif progress.bytes_read:
                reason += f"; {progress.bytes_read:,} bytes came until then"
            raise FeedError(reason, subject=feed_url, status=FeedStatus.TIMEOUT, http_status=progress.status) from error
        except aiohttp.ClientError as error:
            raise _connection_error(error, feed_url, progress) from error
        except (ValueError, UnicodeError) as error:
            reason = f"{progress.url or feed_url} is not an address that can be asked ({error})"
            raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED) from error

    async def _follow(self, feed_url: str, validators: Validators, progress: _Progress) -> Fetched:
        url = feed_url
        for _ in range(MAX_REDIRECTS + 1):
            _check_address(url, feed_url)
            progress.url = url
            # Validators belong to one address: another one would take them for its own.
            outcome = await self._get(url, validators if url == feed_url else Validators(), feed_url, progress)
            if isinstance(outcome, Fetched):
                return outcome
            url = urljoin(url, outcome)
        reason = f"more than {MAX_REDIRECTS} redirects, the last one to {url}"
        raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED, http_status=progress.status)

    async def _get(self, url: str, validators: Validators, feed_url: str, progress: _Progress) -> Fetched | str:
        """The document at `url`, or the address it redirects to."""
        assert self._session is not None  # between `open` and `close` only
        headers = dict(self._headers)
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        target = URL(url, encoded=True) if url.isascii() and " " not in url else URL(url)
        async with self._session.get(target, headers=headers, allow_redirects=False) as response:
            progress.status = response.status
            if response.status in _REDIRECTS:
                location = response.headers.get("Location", "").strip()
                if not location:
                    reason = f"HTTP {response.status}: a redirect that does not say where to"
                    raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED, http_status=response.status)
                return location
            if response.status == HTTPStatus.NOT_MODIFIED:
                return Fetched(
                    final_url=url, http_status=response.status, validators=_validators(response.headers, validators),
                    fresh_for=fresh_for(response.headers, self._now()),
                )  # fmt: skip
            if response.status // 100 != _SUCCESS:
                raise _refusal(response, feed_url, self._now())
            body, complete = await self._read(response, feed_url, progress)
            return Fetched(
                final_url=url,
                http_status=response.status,
                body=body,
                bytes_read=progress.bytes_read,
                content_type=response.headers.get("Content-Type", ""),
                validators=_validators(response.headers, Validators()),
                complete=complete,
                fresh_for=fresh_for(response.headers, self._now()),
            )

    async def _read(self, response: aiohttp.ClientResponse, feed_url: str, progress: _Progress) -> tuple[bytes, bool]:
        body = bytearray()
        try:
            inflater = Inflater(response.headers.get("Content-Encoding", ""), MAX_BODY)
            async for chunk in response.content.iter_chunked(_CHUNK):
                progress.came(chunk)
                body += inflater.feed(chunk)
            body += inflater.rest()
        except TooLongError as error:
            reason = (
                f"the document is larger than {MAX_BODY >> 20} MiB ({MAX_WIRE >> 20} MiB as sent); not read further"
            )
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
    """How far a fetch came, for its error."""

    url = ""
    status = 0
    bytes_read = 0

    def came(self, chunk: bytes) -> None:
        """Count `chunk`. Raises `TooLongError` when more came over the wire than any feed needs."""
        self.bytes_read += len(chunk)
        if self.bytes_read > MAX_WIRE:
            raise TooLongError


def retry_after(value: str, moment: datetime) -> float | None:
    """Seconds asked for by a `Retry-After` header, given as seconds or as a date; None when it says neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        named = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    named = named.replace(tzinfo=UTC) if named.tzinfo is None else named
    return max(0.0, (named - moment).total_seconds())


def fresh_for(headers: Mapping[str, str], moment: datetime) -> float:
    """Seconds for which `headers` call an answer fresh; 0 when they do not."""
    control = headers.get("Cache-Control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return 0.0
    stated = _MAX_AGE.search(control)
    if stated is not None:
        return float(stated[1])
    # `Expires` is meant on the server's clock.
    expires, date = headers.get("Expires", ""), headers.get("Date", "")
    ours = retry_after(expires, moment) if not expires.strip().isdigit() else None
    ahead = retry_after(date, moment) if date and not date.strip().isdigit() else None
    return max(0.0, (ours or 0.0) - (ahead or 0.0))


def _check_address(url: str, feed_url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        reason = f"only http and https addresses are polled, not {url[:200]}"
    elif parts.username is not None:
        reason = "an address with a user name or password in it is not polled"
    elif len(url) > _URL_LIMIT:
        reason = f"an address of {len(url):,} characters is not polled"
    else:
        return
    raise FeedError(reason, subject=feed_url, status=FeedStatus.REFUSED)


def _validators(headers: CIMultiDictProxy[str], default: Validators) -> Validators:
    # What is not ASCII could not be sent back as it came.
    etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
    return Validators(
        etag if etag and etag.isascii() else default.etag,
        modified if modified and modified.isascii() else default.last_modified,
    )


def _refusal(response: aiohttp.ClientResponse, feed_url: str, moment: datetime) -> FeedError:
    code = response.status
    named = f"HTTP {code} {response.reason or ''}".strip()
    wait = retry_after(response.headers.get("Retry-After", ""), moment)
    match code:
        case 404:
            status, reason = FeedStatus.NOT_FOUND, f"{named}: there is no document at this address"
        case 410:
            status, reason = FeedStatus.GONE, f"{named}: the feed was removed for good"
        case 429:
            status, reason = FeedStatus.RATE_LIMITED, f"{named}: the server asks for fewer polls"
        case 401 | 403 | 407 | 451:
            status, reason = FeedStatus.REFUSED, f"{named}: the server does not let us read it"
        case _ if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            status, reason = FeedStatus.SERVER_ERROR, f"{named}: the server has a fault of its own"
        case _:
            status, reason = FeedStatus.REFUSED, f"{named}: the server does not answer the request"
    if wait is not None:
        reason += f", and to come back in {wait:,.0f} s"
    return FeedError(reason, subject=feed_url, status=status, http_status=code, retry_after=wait)


def _connection_error(error: aiohttp.ClientError, feed_url: str, progress: _Progress) -> FeedError:
    url = progress.url or feed_url
    status = FeedStatus.UNREACHABLE
    refused = _refused(error)
    if refused is not None:
        status = FeedStatus.BLOCKED_ADDRESS
        hop = "" if url == feed_url else f" (redirected to {url[:200]})"
        reason = f"the address is refused{hop}: {refused}"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = f"the name {_host(url)} cannot be resolved"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        reason = f"no trustworthy TLS connection to {_host(url)} ({_cause(error)})"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = f"no connection to {_host(url)} ({error.os_error.strerror or error.os_error})"
    elif isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        reason = f"{_host(url)} closed the connection without an answer"
    elif isinstance(error, aiohttp.InvalidURL):
        status, reason = FeedStatus.REFUSED, f"{url[:200]} is not a valid address"
    else:
        reason = f"the answer of {_host(url)} is not valid HTTP ({_cause(error)})"
    return FeedError(reason, subject=feed_url, status=status, http_status=progress.status)


def _refused(error: aiohttp.ClientError) -> str | None:
    """What the guard said, when it refused every address of the name; several are joined into one plain OSError."""
    cause = getattr(error, "os_error", None)
    if isinstance(cause, RefusedAddressError):
        return cause.reason
    text = str(cause or "")
    return text.removeprefix("Multiple exceptions: ") if "--allow-network" in text else None


def _cause(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _host(url: str) -> str:
    return urlsplit(url).netloc or url[:200]
