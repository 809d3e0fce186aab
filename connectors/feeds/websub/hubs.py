"""Asking hubs for subscriptions: one POST, bounded in time, size and redirects, through the gate of the feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from yarl import URL

from connectors.feeds.fetching.access import DIRECT, Proxy, check_target
from connectors.feeds.fetching.fetch import CONNECT_SECONDS
from connectors.feeds.fetching.guard import Guard, RefusedAddressError
from connectors.feeds.fetching.refusals import retry_after
from connectors.feeds.fetching.sessions import Sessions
from schemas.address import web_parts
from schemas.time import now

MAX_REDIRECTS = 3
_SECONDS = 20.0
_REASON_BYTES = 1_024
_REASON_SHOWN = 200
_SUCCESS = 2
_MOVED = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub said to a request: accepted when `refused` is empty, which is no subscription yet."""

    refused: str = ""
    final: bool = False
    """The request itself was refused: the same one is not sent again soon."""
    retry_after: float | None = None


class HubClient:
    """Sends requests to hubs, through `proxy` if there is one. Used from one event loop, and closed there."""

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        proxy: Proxy = DIRECT,
        seconds: float = _SECONDS,
        now: Callable[[], datetime] = now,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self._guard = guard
        self._proxy = proxy
        self._seconds = seconds
        self._now = now
        self._sessions = Sessions(guard, min(CONNECT_SECONDS, seconds))

    async def close(self) -> None:
        """Close what is open; requests under way fail."""
        await self._sessions.close()

    async def ask(self, hub: str, fields: Mapping[str, str]) -> Reply:
        """What the hub says to `fields`. A hub that cannot be reached is a reply too."""
        try:
            async with asyncio.timeout(self._seconds):
                for address in addresses(hub):
                    reply = await self._tried(address, fields)
                    if not reply.refused:
                        break
                return reply
        except TimeoutError:
            return Reply(refused=f"the hub did not answer within {self._seconds:g} s")

    async def _tried(self, hub: str, fields: Mapping[str, str]) -> Reply:
        try:
            return await self._follow(hub, fields)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Of several refused addresses the loop makes one plain error; of a single one the guard's own is at hand.
            guarded = getattr(error, "os_error", error)
            text = guarded.reason if isinstance(guarded, RefusedAddressError) else str(error)
            said = " ".join(text.split())[:_REASON_SHOWN] or type(error).__name__
            return Reply(refused=f"the hub {hub[:_REASON_SHOWN]} cannot be asked: {said}")

    async def _follow(self, hub: str, fields: Mapping[str, str]) -> Reply:
        for _ in range(MAX_REDIRECTS + 1):
            outcome = await self._post(hub, fields)
            if isinstance(outcome, Reply):
                return outcome
            hub = urljoin(hub, outcome)
        return Reply(refused=f"the hub sends from address to address, last to {hub[:_REASON_SHOWN]}", final=True)

    async def _post(self, hub: str, fields: Mapping[str, str]) -> Reply | str:
        """The reply of `hub`, or the address it redirects to."""
        if web_parts(hub) is None:
            return Reply(refused=f"{hub[:_REASON_SHOWN]} is no address of a hub", final=True)
        target = URL(hub, encoded=hub.isascii() and " " not in hub)
        headers, way = dict(self._headers), dict[str, Any]()
        if self._proxy:
            check_target(str(target), self._guard)
            way = {"proxy": self._proxy.address, "proxy_headers": self._proxy.login()}
            headers |= self._proxy.login() if hub.startswith("http:") else {}
        session = self._sessions.through(self._proxy)
        request = session.post(target, data=dict(fields), headers=headers, allow_redirects=False, **way)
        async with request as response:
            status = response.status
            if status // 100 == _SUCCESS:
                return Reply()
            if status in _MOVED and (location := response.headers.get("Location", "").strip()):
                return location
            said = " ".join((await response.content.read(_REASON_BYTES)).decode(errors="replace").split())
            reason = f"HTTP {status}" + (f": {said[:_REASON_SHOWN]}" if said.isprintable() and said else "")
            return Reply(
                refused=f"the hub refuses the request ({reason})",
                final=status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _LATER,
                retry_after=retry_after(response.headers.get("Retry-After", ""), self._now()),
            )


def addresses(hub: str) -> tuple[str, ...]:
    """Where to ask `hub`, the first that accepts: with TLS before without, as the Recommendation wants it."""
    parts = urlsplit(hub)
    if parts.scheme != "http" or parts.port not in {None, 80}:
        return (hub,)
    return parts._replace(scheme="https", netloc=parts.netloc.removesuffix(":80")).geturl(), hub
