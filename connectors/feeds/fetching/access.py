"""What a feed behind a login or a proxy is asked with. Pure.

Credentials go to the origin of the listed address (scheme, host and port) and nowhere else: not to another host, not to
another port, not over plain http when the feed is https, whatever redirects say. Nothing here shows what it holds.
"""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import msgspec

from connectors.feeds.fetching.guard import Guard

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_COOKIE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_OURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "cookie", "host", "if-modified-since", "if-none-match",
        "proxy-authorization", "range", "te", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Proxy(msgspec.Struct, frozen=True):
    """An http or https proxy: the trusted hop, which must itself refuse private addresses."""

    address: str = ""
    user: str = ""
    password: str = ""

    @property
    def host(self) -> str:
        """Its name or address."""
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        parts = urlsplit(self.address)
        return parts.port or _DEFAULT_PORTS[parts.scheme]

    def login(self) -> dict[str, str]:
        """The header by which it knows us."""
        return {"Proxy-Authorization": _basic(self.user, self.password)} if self.user else {}

    def __bool__(self) -> bool:
        return bool(self.address)

    def __repr__(self) -> str:
        return f"Proxy({self.address}{', ***' if self.user else ''})" if self.address else "Proxy()"


class Access(msgspec.Struct, frozen=True):
    """One way to get in: basic authentication, headers, cookies, a proxy; each may be empty."""

    user: str = ""
    password: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    proxy: Proxy = Proxy()

    def __repr__(self) -> str:
        return "Access(***)"

    def for_address(self, listed: str, url: str) -> dict[str, str]:
        """The headers that a request to `url` of the feed listed as `listed` carries."""
        if origin(url) != origin(listed):
            return {}
        found = dict(self.headers)
        if self.user:
            found["Authorization"] = _basic(self.user, self.password)
        if self.cookies:
            found["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies)
        return found


OPEN = Access()
"""For feeds that anyone may read."""
DIRECT = OPEN.proxy
"""No proxy."""


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; raises `ValueError` when it has no port that could be."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme, 0)


def proxy(text: str) -> Proxy:
    """The proxy that `text` names, `http://user:password@host:port`. Raises `ValueError`, without repeating a secret."""
    if not text:
        return Proxy()
    parts = urlsplit(text)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        message = "is no address of a proxy, such as http://proxy.example:3128"
        raise ValueError(message)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    address = f"{parts.scheme}://{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"
    return Proxy(address, unquote(parts.username or ""), unquote(parts.password or ""))


def faults(access: Access) -> Iterable[str]:
    """What is wrong with `access`, naming no secret."""
    for name, value in access.headers:
        if not _TOKEN.fullmatch(name):
            yield f"headers: {name!r} is no name of a header"
        elif name.lower() in _OURS:
            yield f"headers: {name} is not to be set by hand"
        elif not _VALUE.fullmatch(value):
            yield f"headers: the value of {name} has characters that no header may have"
    for name, value in access.cookies:
        if not _TOKEN.fullmatch(name):
            yield f"cookies: {name!r} is no name of a cookie"
        elif not _COOKIE.fullmatch(value):
            yield f"cookies: the value of {name} has characters that no cookie may have"
    if ":" in access.user:
        yield "user: must not have a colon in it"


def check_target(url: str, guard: Guard) -> None:
    """Raises `RefusedAddressError` when `url`, about to be asked through a proxy, names a private address itself.

    `url` is as it is sent, its name in ASCII. Where other names lead is for the proxy to find out, and to refuse.
    """
    _, host, port = origin(url)
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        guard.check("127.0.0.1", port)
    if ":" in host:
        guard.check(host, port)
    elif "%" in host or host.rpartition(".")[2].isdigit() or host.rpartition(".")[2].startswith("0x"):
        # As the C library reads it: 2130706433, 0x7f.1 and 0177.0.0.1 are spellings of 127.0.0.1.
        try:
            address = socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            # No address and no name that exists: the guard says so.
            address = host
        guard.check(address, port)
