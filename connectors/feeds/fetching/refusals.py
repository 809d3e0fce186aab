"""What the answers that bring no feed mean: a status and one sentence for a person. Pure."""

from __future__ import annotations

import email.utils
import os
import socket
import ssl
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from connectors.feeds.fetching import challenge
from connectors.feeds.fetching.guard import RefusedAddressError
from schemas.errors import FeedError
from schemas.feed import FeedStatus

# Not EAI_AGAIN: that is our own network, and passes.
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


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


def written(value: str) -> str:
    """What a server wrote into its head, without the bytes that are no UTF-8: these could not be written down."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def check_wall(response: aiohttp.ClientResponse, page: bytes, feed_url: str) -> None:
    """Raises `FeedError` when `page` asks the reader to prove to be human."""
    who = challenge.wall(response.status, response.headers, page)
    if who is not None:
        named = f"HTTP {response.status}: a page of {who}"
        reason = f"{named} that asks the reader to prove to be human came instead of the feed"
        raise FeedError(reason, subject=feed_url, status=FeedStatus.CHALLENGE, http_status=response.status)


def refusal(response: aiohttp.ClientResponse, feed_url: str, moment: datetime) -> FeedError:
    """What a status code other than that of a document means."""
    code = response.status
    named = f"HTTP {code} {written(response.reason or '')}".strip()
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
    if code == HTTPStatus.NOT_MODIFIED:
        reason = f"{named}: the server says that nothing changed, but was asked for the whole document"
    if wait is not None:
        reason += f", and to come back in {wait:,.0f} s"
    return FeedError(
        reason, subject=feed_url, status=status, http_status=code, retry_after=wait, answered_by=str(response.url)
    )


def connection_error(error: aiohttp.ClientError, feed_url: str, url: str, http_status: int) -> FeedError:
    """What it means that `url` gave no complete answer."""
    status, lost = FeedStatus.UNREACHABLE, False
    refused = _refused(error)
    if refused is not None:
        return blocked(refused, feed_url, url)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        reason = f"the proxy does not connect us to {netloc(url)} (HTTP {error.status})"
    elif isinstance(error, aiohttp.ClientProxyConnectionError):
        reason = f"no connection to the proxy ({_said(error.os_error)})"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = f"the name {netloc(url)} cannot be resolved"
        lost = error.os_error.errno in _NO_SUCH_NAME
        if lost:
            reason += ": it does not exist"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        reason = f"no trustworthy TLS connection to {netloc(url)} ({_cause(error)})"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = f"no connection to {netloc(url)} ({_said(error.os_error)})"
    elif isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        reason = f"{netloc(url)} closed the connection without an answer"
    elif isinstance(error, aiohttp.InvalidURL):
        status, reason = FeedStatus.REFUSED, f"{url[:200]} is not a valid address"
    else:
        reason = f"the answer of {netloc(url)} is not valid HTTP ({_cause(error)})"
    return FeedError(reason, subject=feed_url, status=status, http_status=http_status, lost=lost)


def blocked(reason: str, feed_url: str, url: str) -> FeedError:
    """The guard refused `url`, for `reason`."""
    hop = "" if url == feed_url else f" (redirected to {url[:200]})"
    text = f"the address is refused{hop}: {reason}"
    return FeedError(text, subject=feed_url, status=FeedStatus.BLOCKED_ADDRESS)


def _refused(error: aiohttp.ClientError) -> str | None:
    """What the guard said, when it refused every address of the name; several are joined into one plain OSError."""
    cause = getattr(error, "os_error", None)
    if isinstance(cause, RefusedAddressError):
        return cause.reason
    text = str(cause or "")
    return text.removeprefix("Multiple exceptions: ") if "--allow-network" in text else None


def _said(error: OSError) -> str:
    # The loop's own words are no message for people ("Connect call failed ('192.0.2.1', 80)"), and may be none at all.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else _cause(error)


def _cause(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def netloc(url: str) -> str:
    """Host and port of an address, for a sentence."""
    return urlsplit(url).netloc or url[:200]
