"""A WebSub hub on loopback, well behaved and not, and a poller that listens to it."""

from __future__ import annotations

import asyncio
import hmac
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
from aiohttp import web

from connectors.feeds.listener import Limits, Listener
from connectors.feeds.settings import PollerSettings
from connectors.feeds.websub.rules import Terms
from connectors.interfaces import Log
from schemas.feed import FetchRecord, Push
from tests.connectors.feeds.desk import Desk, desk, until
from tests.connectors.feeds.server import PATIENT, Outlet, on_loopback, outlet

T = TypeVar("T")


class Hub:
    """A hub: what it answers, grants and claims is for the test to say."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[dict[str, str]] = []
        self.status = 202
        self.text = ""
        self.headers: dict[str, str] = {}
        self.slow = 0.0
        self.verifies: str | None = "after"
        """`during` the request, `after` it, or not at all."""
        self.claims: dict[str, str] = {}
        """What its verification says otherwise than it should."""
        self.lease = 864_000
        self.verified: list[tuple[int, str]] = []
        self.subscribers: dict[str, dict[str, str]] = {}
        """Verified requests by callback."""
        self.in_flight = 0
        self.most_in_flight = 0
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{self.address}/hub"

    async def call(self, callback: str, **query: str) -> tuple[int, str]:
        """What the subscriber answers to a GET with `hub.…` parameters."""
        named = {f"hub.{name}": value for name, value in query.items()}
        async with aiohttp.ClientSession() as session, session.get(callback, params=named) as response:
            return response.status, await response.text()

    async def verify(self, fields: dict[str, str]) -> None:
        """Ask the subscriber whether it meant the request `fields`."""
        query = {"mode": fields["hub.mode"], "topic": fields["hub.topic"], "challenge": f"c{len(self.verified)}"}
        if fields["hub.mode"] == "subscribe":
            query["lease_seconds"] = str(self.lease)
        query |= self.claims
        status, text = await self.call(fields["hub.callback"], **query)
        self.verified.append((status, text))
        if status == 200 and text == query.get("challenge"):
            if fields["hub.mode"] == "subscribe":
                self.subscribers[fields["hub.callback"]] = fields
            else:
                self.subscribers.pop(fields["hub.callback"], None)

    async def deliver(
        self,
        body: bytes,
        *,
        signature: str | None = None,
        algorithm: str = "sha256",
        sent: bytes | None = None,
        callback: str = "",
        encoding: str = "",
    ) -> int:
        """Deliver to the one subscriber; what it answers. `sent` is what goes over the wire for `body`."""
        callback = callback or next(iter(self.subscribers))
        if signature is None:
            secret = self.subscribers[callback]["hub.secret"]
            signature = f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"
        named = {"Content-Type": "application/rss+xml", "Link": f'<{self.url}>; rel="hub"'}
        named |= {"Content-Encoding": encoding} if encoding else {}
        if signature:
            named["X-Hub-Signature"] = signature
        data = io.BytesIO(body if sent is None else sent)
        async with aiohttp.ClientSession() as session, session.post(callback, data=data, headers=named) as response:
            return response.status


async def _asked(request: web.Request) -> web.StreamResponse:
    hub = request.app[HUB]
    hub.in_flight += 1
    hub.most_in_flight = max(hub.most_in_flight, hub.in_flight)
    try:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        hub.asked.append(fields)
        await asyncio.sleep(hub.slow)
        if hub.status // 100 == 2:
            if hub.verifies == "during":
                await hub.verify(fields)
            elif hub.verifies == "after":
                task = asyncio.ensure_future(hub.verify(fields))
                hub.tasks.add(task)
                task.add_done_callback(hub.tasks.discard)
        return web.Response(status=hub.status, text=hub.text, headers=hub.headers)
    finally:
        hub.in_flight -= 1


HUB = web.AppKey("hub", Hub)


@asynccontextmanager
async def hub() -> AsyncIterator[Hub]:
    """A hub on a free port of loopback."""
    app = web.Application()
    app[HUB] = Hub()
    app.router.add_post("/hub", _asked)
    async with on_loopback(web.AppRunner(app, shutdown_timeout=0.1)) as app[HUB].address:
        try:
            yield app[HUB]
        finally:
            await asyncio.gather(*app[HUB].tasks, return_exceptions=True)


class Told:
    """A poller with a listener, told by a hub of what an outlet publishes."""

    def __init__(self, at: Desk, hub_: Hub, listener: Listener, address: str) -> None:
        self.at = at
        self.here = at.here
        self.hub = hub_
        self.listener = listener
        self.address = address
        self.feed = at.source("/feed")
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def publishes(self, document: bytes, path: str = "/feed") -> None:
        """What the outlet serves from now on, naming its hub."""
        self.here.documents[path] = document
        links = f'<{self.hub.url}>; rel="hub", <{self.here.url(path)}>; rel="self"'
        self.here.headers[path] = {"Link": links}

    @property
    def push(self) -> Push:
        state = self.at.states.state(self.feed.feed_url)
        return state.push if state is not None else Push()

    def trusts(self) -> bool:
        """Whether the hub has delivered and nothing was found since that it kept quiet about."""
        return self.push.delivered_at is not None

    async def poll(self) -> FetchRecord:
        return await self.at.poller.poll(self.feed)

    async def subscribed(self) -> None:
        """Poll, and be subscribed by what was found."""
        await self.poll()
        await until(lambda: self.push.lease_until is not None and bool(self.hub.subscribers))


@asynccontextmanager
async def told(
    folder: Path,
    here: Outlet,
    hub_: Hub,
    *,
    settings: PollerSettings = PATIENT,
    terms: dict[str, Any] | None = None,
    limits: Limits | None = None,
    log: Log | None = None,
    bound: socket.socket | None = None,
    kept: bool = True,
) -> AsyncIterator[Told]:
    """A listening poller over `folder`; without `kept` it does not know its sources yet."""
    bound = bound or listening()
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    wanted = msgspec.structs.replace(settings, websub=Terms(base=address, **{"retry": 0.2, **(terms or {})}))
    clock: list[Told] = []
    now = lambda: clock[0].now() if clock else datetime.now(UTC)  # noqa: E731 it is known a line later
    async with desk(folder, here, wanted, log, now) as at:
        stop = asyncio.Event()
        listener = Listener(at.poller, bound, limits)
        clock.append(Told(at, hub_, listener, address))
        if kept:
            await at.poller.subscriptions.keep((clock[0].feed,))
        serving = asyncio.ensure_future(listener.serve(stop))
        try:
            yield clock[0]
        finally:
            stop.set()
            await serving


def listening(port: int = 0) -> socket.socket:
    """A socket on a port of loopback, a free one if none is named."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    bound.listen()
    return bound


def with_hub(folder: Path, work: Callable[[Told], Awaitable[T]], **more: Any) -> T:
    """Run `work` with an outlet, a hub and a listening poller."""

    async def run() -> T:
        async with outlet() as here, hub() as hub_, told(folder, here, hub_, **more) as opened:
            return await work(opened)

    return asyncio.run(run())
