"""Outlets on loopback, well behaved and not: a real HTTP server for tests of the fetcher and the poller."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from connectors.feeds.settings import PollerSettings

LOOPBACK = ("127.0.0.0/8",)
PATIENT = PollerSettings(allow_networks=LOOPBACK, timeout=20.0, parsers=2, contact="https://desk.example/about")

TRAP = f"<item><guid>1</guid><author>{f'{500 * chr(97)}&#97;' * 400}</author></item>"
"""An entry that feedparser takes minutes over: quadratic time in the length of a word in a name.

Half in references, as the same word in plain letters is cut before feedparser sees it.
"""


def rss(*items: str, head: str = "<title>Wire</title>") -> bytes:
    """An RSS document with `items` as they are."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'
    ).encode()


def item(native: str, title: str = "", *, link: str = "", date: str = "", text: str = "") -> str:
    """One RSS item; empty parts are left out."""
    parts = (("guid", native), ("title", title), ("link", link), ("pubDate", date), ("description", text))
    return f"<item>{''.join(f'<{tag}>{value}</{tag}>' for tag, value in parts if value)}</item>"


class Outlet:
    """What the server serves: documents by path, which a test may change at any time, and what it was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.documents: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.moved: dict[str, str] = {}
        """Where a path redirects to, for now."""
        self.broken: set[str] = set()
        """Paths whose answers end early."""
        self.seconds: dict[str, float] = {}
        """How long a path lets wait."""
        self.redirects: dict[str, tuple[int, str]] = {}
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.requests: list[web.Request] = []
        self.in_flight = 0
        self.most_in_flight = 0

    def url(self, path: str) -> str:
        """The address of `path` on this server."""
        return self.address + path


async def _document(request: web.Request) -> web.StreamResponse:
    outlet = request.app[OUTLET]
    outlet.requests.append(request)
    outlet.in_flight += 1
    outlet.most_in_flight = max(outlet.most_in_flight, outlet.in_flight)
    try:
        await asyncio.sleep(outlet.seconds.get(request.path, 0.01))
        if request.path in outlet.moved:
            return web.Response(status=302, headers={"Location": outlet.moved[request.path]})
        if request.path in outlet.answers:
            code, headers, body = outlet.answers[request.path]
            return web.Response(status=code, headers=headers, body=body)
        if request.path in outlet.redirects:
            code, to = outlet.redirects[request.path]
            return web.Response(status=code, headers={"Location": to} if to else {})
        if request.path not in outlet.documents:
            return web.Response(status=404, text="nothing here")
        headers = {"Content-Type": "application/rss+xml", **outlet.headers.get(request.path, {})}
        if "ETag" in headers and request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers={"ETag": headers["ETag"]})
        if request.path in outlet.broken:
            return await _cut(request, outlet.documents[request.path], headers)
        return web.Response(body=outlet.documents[request.path], headers=headers)
    finally:
        outlet.in_flight -= 1


async def _cut(request: web.Request, body: bytes, headers: dict[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(headers={**headers, "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    transport = request.transport
    assert transport is not None
    transport.close()
    return response


async def _status(request: web.Request) -> web.StreamResponse:
    headers = {"Retry-After": request.query["retry"]} if "retry" in request.query else {}
    return web.Response(status=int(request.match_info["code"]), headers=headers)


async def _redirect(request: web.Request) -> web.StreamResponse:
    code = int(request.query.get("code", "302"))
    return web.Response(status=code, headers={"Location": request.query["to"]})


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for byte in rss(item("1", "slow")):
        await response.write(bytes((byte,)))
        await asyncio.sleep(0.2)
    return response


async def _never(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def _broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100000"})
    await response.prepare(request)
    await response.write(rss(item("1", "whole"), item("2", "whole too"), item("3", "half"))[:-45])
    transport = request.transport
    assert transport is not None
    transport.close()
    return response


async def _bomb(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Encoding": "gzip"})
    await response.prepare(request)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"<item>" * 200_000
    for _ in range(200):
        if chunk := packer.compress(block):
            await response.write(chunk)
    await response.write(packer.flush())
    return response


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"garbage\xff " * 8_192)


async def _zipped(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=gzip.compress(rss(item("1", "packed"))), headers={"Content-Encoding": "gzip"})


async def _strange_encoding(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"whatever", headers={"Content-Encoding": "br"})


OUTLET = web.AppKey("outlet", Outlet)


@asynccontextmanager
async def outlet() -> AsyncIterator[Outlet]:
    """A server on a free port of loopback."""
    app = web.Application()
    app[OUTLET] = Outlet()
    app.router.add_get("/status/{code}", _status)
    app.router.add_get("/redirect", _redirect)
    app.router.add_get("/drip", _drip)
    app.router.add_get("/never", _never)
    app.router.add_get("/never/{number}", _never)
    app.router.add_get("/broken-off", _broken_off)
    app.router.add_get("/bomb", _bomb)
    app.router.add_get("/endless", _endless)
    app.router.add_get("/zipped", _zipped)
    app.router.add_get("/brotli", _strange_encoding)
    app.router.add_get("/{path:.*}", _document)
    async with on_loopback(web.AppRunner(app, shutdown_timeout=0.1)) as app[OUTLET].address:
        yield app[OUTLET]


@asynccontextmanager
async def on_loopback(runner: web.BaseRunner) -> AsyncIterator[str]:
    """The address at which `runner` serves, on a free port."""
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
