"""The HTTP sessions of a fetcher: one that connects to outlets, one for each proxy that connects to it alone."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.feeds.fetching.access import Proxy
from connectors.feeds.fetching.guard import Guard, RefusedAddressError

_THREADS = 32
"""Names resolved at once: one that nobody answers for takes its thread for half a minute."""


class Names(AbstractResolver):
    """The system's resolver, in threads of its own: a slow name must not hold up the rest of the process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="feed-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See aiohttp's `AbstractResolver.resolve`."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG),
        )
        return [
            ResolveResult(
                hostname=host, host=str(place[0]), port=int(place[1]), family=kind, proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, place in found
        ]  # fmt: skip

    async def close(self) -> None:
        """Let the threads go; names under way are given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _OneHost(AbstractResolver):
    """Resolves the name of a proxy and no other, and makes sockets to what came of it alone."""

    def __init__(self, proxy: Proxy, names: AbstractResolver) -> None:
        self._proxy = proxy
        self._names = names
        self._places = {(proxy.host, proxy.port)}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp's `AbstractResolver.resolve`."""
        if host != self._proxy.host:
            message = f"{host} is not the proxy {self._proxy.address}"
            raise RefusedAddressError(message)
        found = await self._names.resolve(host, port, family)
        self._places = {(one["host"], self._proxy.port) for one in found}
        return found

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for one address: the connector's `socket_factory`."""
        family, kind, protocol, _, place = info
        if (str(place[0]), int(place[1])) not in self._places:
            message = f"{place[0]}:{place[1]} is not the proxy {self._proxy.address}"
            raise RefusedAddressError(message)
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Nothing of its own."""


class Sessions:
    """Opened when first asked for, from one event loop; closed by `close`."""

    def __init__(self, guard: Guard, connect_seconds: float, names: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._connect_seconds = connect_seconds
        self._names = names
        self._open: dict[Proxy, aiohttp.ClientSession] = {}

    def through(self, proxy: Proxy) -> aiohttp.ClientSession:
        """The session whose connections go to `proxy`, or to outlets when it is none."""
        session = self._open.get(proxy)
        if session is None:
            if self._names is None:
                self._names = Names()
            session = self._open[proxy] = self._opened(proxy, self._names)
        return session

    async def close(self) -> None:
        """Close what is open; requests under way fail."""
        opened, self._open = self._open, {}
        for session in opened.values():
            await session.close()
        if self._names is not None:
            await self._names.close()

    def _opened(self, proxy: Proxy, names: AbstractResolver) -> aiohttp.ClientSession:
        resolver, make = names, self._guard.socket
        if proxy:
            one = _OneHost(proxy, names)
            resolver, make = one, one.socket
        return aiohttp.ClientSession(
            # No keep-alive: polls of one host are minutes apart. No DNS cache: polls re-check where a name leads.
            connector=aiohttp.TCPConnector(
                limit=0,
                force_close=True,
                use_dns_cache=False,
                socket_factory=make,
                resolver=resolver,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_seconds),
            trust_env=False,
            auto_decompress=False,
        )
