"""Asking a feed: in its host's turn, with what its access says, and what its host's answers mean for others there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec

from connectors.feeds.fetching import backoff
from connectors.feeds.fetching.access import OPEN, Access, Proxy
from connectors.feeds.fetching.backoff import Backoff
from connectors.feeds.fetching.fetch import Fetched, Fetcher
from connectors.feeds.fetching.hosts import HostGate, Turn, host_of
from connectors.feeds.fetching.manners import Manners
from connectors.feeds.fetching.validators import Validators
from schemas.errors import FeedError
from schemas.feed import FeedSource, FeedStatus


class Asking:
    """Asks feeds. Used from one event loop; owns none of its parts."""

    def __init__(
        self,
        fetcher: Fetcher,
        gate: HostGate,
        manners: Manners,
        strikes: Backoff,
        *,
        access: Mapping[str, Access],
        proxy: Proxy,
    ) -> None:
        self._fetcher = fetcher
        self._gate = gate
        self._manners = manners
        self._backoff = strikes
        self._named = access
        self._proxy = proxy
        self._everyone = Access(proxy=proxy) if proxy else OPEN

    async def ask(
        self, source: FeedSource, address: str, known: Validators, turn: Turn | None
    ) -> tuple[Fetched | FeedError, float]:
        """What `address` answers, or why there is no answer, and the seconds it took; in `turn`, else in the next one."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with self._in(turn, address):
                access = self.access(source)
                await self._manners.before_feed(address, access.proxy)
                began = clock()
                return await self._fetcher.fetch(
                    address, known, access, source.feed_url, hop=self._hop
                ), clock() - began
        except FeedError as error:
            return error, clock() - began

    def read(self, source: FeedSource, answer: Fetched) -> None:
        """`answer` was a feed: its host is content."""
        self._backoff.answered(answer.final_url, source.feed_url)

    def failed(self, address: str, failure: FeedError) -> FeedError:
        """`failure` at `address` as it is to be understood; its host is left alone for as long as it wants."""
        answered = failure.answered_by or address
        error = self._backoff.failed(answered, failure)
        self._gate.heed(answered, error)
        if error.http_status and error.status == FeedStatus.RATE_LIMITED:
            self._gate.slow_down(answered, backoff.DELAY, backoff.SLOW)
        return error

    def access(self, source: FeedSource) -> Access:
        """The way in that `source` names, through the proxy of all unless it has its own. Raises `FeedError`."""
        if not source.access:
            return self._everyone
        access = self._named.get(source.access)
        if access is None:
            reason = f"the settings have no section feeds.access.{source.access}"
            raise FeedError(reason, subject=source.feed_url, status=FeedStatus.REFUSED)
        return access if access.proxy else msgspec.structs.replace(access, proxy=self._proxy)

    async def _hop(self, url: str) -> None:
        """A host that wants quiet gets it from redirects too."""
        self._gate.refuse_when_quiet(url)

    @asynccontextmanager
    async def _in(self, turn: Turn | None, address: str) -> AsyncIterator[None]:
        """The turn of the host of `address`: the one already taken, else one that is waited for."""
        if turn is None or turn.host != host_of(address):
            if turn is not None:
                turn.end()
            async with self._gate.turn(address):
                yield
            return
        try:
            self._gate.refuse_when_quiet(address)
            await self._gate.learn(host_of(address))
            yield
        finally:
            turn.end()
