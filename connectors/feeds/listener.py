"""The listener that hubs call: a small HTTP server for callbacks and nothing else, apart from the page.

A delivery is answered with success once the log has it. Kill the process before that: the hub sends it again, and what was
appended already carries the same ids.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from connectors.feeds.fetching.fetch import MAX_BODY, MAX_WIRE
from connectors.feeds.fetching.inflate import BadEncodingError, Inflater, TooLongError
from connectors.feeds.fetching.refusals import written
from connectors.feeds.poller import Poller
from connectors.feeds.websub import rules
from schemas.errors import StoreError
from schemas.feed import FeedSource, FetchRecord

HEAD_SECONDS = 10.0
"""In which a connection must have sent the head of its request, and between two requests."""
BODY_SECONDS = 20.0
WAIT_SECONDS = 20.0
"""How long a delivery waits for its turn before its hub is asked to come again."""
MOST_CONNECTIONS = 256
MOST_DELIVERIES = 4
"""Deliveries read and parsed at once: each may hold a whole document in memory."""
_CHUNK = 64 * 1024
_STOP_SECONDS = 2.0
_RETRY_AFTER = {"Retry-After": "60"}
_log = logging.getLogger(__name__)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one caller may take of the listener."""

    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    wait_seconds: float = WAIT_SECONDS
    connections: int = MOST_CONNECTIONS
    deliveries: int = MOST_DELIVERIES


class Listener:
    """Answers hubs for the subscriptions of `poller`, on a socket bound before. Owns neither."""

    def __init__(self, poller: Poller, bound: socket.socket, limits: Limits | None = None) -> None:
        self._poller = poller
        self._socket = bound
        self._limits = limits or Limits()
        self._slots = asyncio.Semaphore(self._limits.deliveries)
        self._told: set[str] = set()

    async def serve(self, stop: asyncio.Event) -> None:
        """Listen, and keep subscriptions, until `stop` is set or the call is cancelled. Raises `StoreError`."""
        app = web.Application(middlewares=(_in_time,))
        app.router.add_get(rules.PATH + "{callback}", self._asked, allow_head=False)
        app.router.add_post(rules.PATH + "{callback}", self._delivered)
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=_STOP_SECONDS)
        await runner.setup()
        server = runner.server
        assert server is not None  # made by `setup`

        def connected() -> asyncio.Protocol:
            if len(server.connections) >= self._limits.connections:
                return _Refusal()
            return _Connection(server, self._limits.head_seconds)

        listening = await asyncio.get_running_loop().create_server(connected, sock=self._socket)
        tasks = [asyncio.ensure_future(work) for work in (self._poller.subscriptions.run(), _until(stop))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
        finally:
            listening.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await runner.cleanup()

    async def _asked(self, request: web.Request) -> web.Response:
        """A hub asks whether a subscription was meant, or says that there is none."""
        if not self._poller.subscriptions.ready:
            return _again("starting")
        try:
            decision = await self._poller.subscriptions.answer(request.match_info["callback"], request.query)
        except StoreError:
            return _again("not now")
        # As plain text that no browser takes for anything else: the challenge is what a caller wants it to be.
        return _answer(decision.status, decision.text)

    async def _delivered(self, request: web.Request) -> web.Response:
        """A hub brings a document."""
        callback, subscriptions = request.match_info["callback"], self._poller.subscriptions
        if not subscriptions.ready:
            return _again("starting")
        if subscriptions.is_left(callback):
            return _answer(410, "no more, thank you")
        source = subscriptions.source_of(callback)
        if source is None:
            return _answer(404, rules.UNKNOWN)
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await self._slots.acquire()
        except TimeoutError:
            return self._postponed("busy")
        try:
            return await self._received(request, source, callback)
        except StoreError as error:
            _log.warning("delivery not stored", extra={"feed": source.feed_url, "reason": str(error)})
            return self._postponed("not now")
        finally:
            self._slots.release()

    async def _received(self, request: web.Request, source: FeedSource, callback: str) -> web.Response:
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                sent = await _body(request)
            inflater = Inflater(request.headers.get("Content-Encoding", ""), MAX_BODY)
            body = await asyncio.to_thread(lambda: inflater.feed(sent) + inflater.rest())
        except TimeoutError:
            return _answer(408, "too slow")
        except TooLongError:
            return _answer(413, "too large")
        except BadEncodingError as error:
            return _answer(415, str(error))
        except (aiohttp.ClientError, ConnectionError):
            return _answer(400)
        secret = await self._poller.subscriptions.secret_of(source, callback)
        header = request.headers.get("X-Hub-Signature", "")
        # Hubs differ in whether they sign what they send or what it unpacks to.
        if not any(rules.signed(secret, header, data) for data in ((sent,) if sent is body else (sent, body))):
            self._dropped(source, header)
            # Success all the same, as the Recommendation has it: whoever guesses learns nothing.
            return _answer(202)
        record = await self._poller.deliver(source, body, written(request.headers.get("Content-Type", "")))
        self._poller.subscriptions.counters.deliveries_total += 1
        self._tell(record)
        return _answer(200)

    def _dropped(self, source: FeedSource, header: str) -> None:
        self._poller.subscriptions.counters.unsigned_total += 1
        if source.feed_url not in self._told:
            self._told.add(source.feed_url)
            reason = "its signature is wrong" if header else "it is not signed"
            _log.warning("delivery dropped, told once", extra={"feed": source.feed_url, "reason": reason})

    def _postponed(self, text: str) -> web.Response:
        self._poller.subscriptions.counters.postponed_total += 1
        return _again(text)

    def _tell(self, record: FetchRecord) -> None:
        extra: dict[str, Any] = {"feed": record.feed_url, "status": record.status.value, "new": record.new}
        _log.log(logging.INFO if record.new else logging.DEBUG, "delivered", extra=extra)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


def _answer(status: int, text: str = "") -> web.Response:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return web.Response(status=status, text=text, headers=headers)


def _again(text: str) -> web.Response:
    response = _answer(503, text)
    response.headers.update(_RETRY_AFTER)
    return response


async def _body(request: web.Request) -> bytes:
    """The body as sent. Raises `TooLongError`."""
    if (request.content_length or 0) > MAX_WIRE:
        raise TooLongError
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > MAX_WIRE:
            raise TooLongError
    return bytes(body)


class _Connection(RequestHandler):
    """One connection for one request, whose head must have come in time."""

    __slots__ = ("_late", "_seconds")

    def __init__(self, server: web.Server, seconds: float) -> None:
        # What is packed is unpacked by us, under a limit.
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # it may be None
            auto_decompress=False,
            lingering_time=_STOP_SECONDS,
        )
        self._seconds = seconds
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)  # a socket's
        self._late = asyncio.get_running_loop().call_later(self._seconds, transport.abort)

    def begun(self) -> None:
        """The head of the request is here."""
        if self._late is not None:
            self._late.cancel()


@web.middleware
async def _in_time(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    connection = request.protocol
    if isinstance(connection, _Connection):
        connection.begun()
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.force_close()
        raise
    response.force_close()
    return response


class _Refusal(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
