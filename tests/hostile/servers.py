"""Servers that mean harm, on plain sockets: what each path sends is written out byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.connectors.feeds.server import item, rss

GIB = 1 << 30
FEED = rss(item("1", "one"))
Attack = Callable[[asyncio.StreamWriter], Awaitable[None]]


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", "Content-Type: application/rss+xml", *lines, "", "")).encode()


def zeros(wbits: int, size: int = GIB) -> list[bytes]:
    """`size` zero bytes under a format of zlib, a thousandth of that long."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block stands for itself: it may be sent again and again.
    return [first, *itertools.repeat(block, size >> 24), b"\x03\x00" + struct.pack("<II", 0, size & 0xFFFFFFFF)]


def encoded(encoding: str, parts: list[bytes]) -> Attack:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head(f"Content-Encoding: {encoding}", "Connection: close"))
        for part in parts:
            writer.write(part)
            await writer.drain()

    return send


def plainly(*parts: bytes) -> Attack:
    async def send(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return send


def endlessly(start: bytes, part: bytes) -> Attack:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)

    return send


def dripping(start: bytes, rest: bytes) -> Attack:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        for byte in rest:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0.2)

    return send


async def silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def chunked(*parts: bytes) -> Attack:
    return plainly(head("Transfer-Encoding: chunked"), *parts)


BOMBS: dict[str, Attack] = {
    "gzip-bomb": encoded("gzip", zeros(31)),
    "zlib-bomb": encoded("deflate", zeros(15)),
    "deflate-bomb": encoded("deflate", zeros(-15)),
    "gzip-of-gzip": encoded("gzip", [gzip.compress(b"".join(zeros(31)))]),
    "gzip-members": encoded("gzip", list(itertools.repeat(gzip.compress(b"") * 3_000, 160))),
    "endless-body": endlessly(head("Connection: close"), b"garbage\xff " * 8_192),
    "endless-chunks": endlessly(head("Transfer-Encoding: chunked"), b"10000\r\n" + bytes(0x10000) + b"\r\n"),
    "endless-headers": endlessly(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"a" * 100 + b"\r\n"),
    "endless-line": endlessly(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 65_536),
    "endless-status": endlessly(b"HTTP/1.1 200 ", b"a" * 65_536),
    "endless-continue": endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "endless-nothing": endlessly(b"", b"\r\n" * 30_000),
    "large-headers": plainly(head(*(f"X-{number}: {'a' * 1_000}" for number in range(60)), "Content-Length: 0")),
    "huge-length": plainly(head("Content-Length: 99999999999999999999"), b"<rss>"),
    "huge-chunk": chunked(b"FFFFFFFFFFFFFFFF\r\n", b"<rss>"),
    "endless-extension": endlessly(head("Transfer-Encoding: chunked"), b"5;" + b"a" * 65_536),
}
"""Ended by a limit of size or count."""

SLOW: dict[str, Attack] = {
    "never": silent,
    "drip-status": dripping(b"", head() + FEED),
    "drip-headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X-Slow: " + b"a" * 500),
    "drip-body": dripping(head("Connection: close"), FEED),
    "drip-gzip": dripping(head("Content-Encoding: gzip", "Connection: close"), gzip.compress(FEED)),
    "drip-chunks": dripping(head("Transfer-Encoding: chunked"), b"1\r\n<\r\n" * 500),
    "drip-error": dripping(head("Content-Type: text/html", status="403 Forbidden"), b"<html>" * 500),
    "headers-then-nothing": plainly(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"),
}
"""Ended by the deadline. The last one is kept open by `serving`."""

LIES: dict[str, tuple[Attack, str]] = {
    "says-gzip-is-plain": (encoded("gzip", [FEED]), "working"),
    "says-gzip-is-rubbish": (encoded("gzip", [b"\x1f\x8b" + bytes(range(256))]), "malformed"),
    "says-deflate-is-gzip": (encoded("deflate", [gzip.compress(FEED)]), "malformed"),
    "says-nothing-is-gzip": (plainly(head("Connection: close"), gzip.compress(FEED)), "working"),
    "says-brotli": (encoded("br", [b"\x0b\x02\x80"]), "malformed"),
    "says-zstd": (encoded("zstd", [b"\x28\xb5\x2f\xfd"]), "malformed"),
    "says-gzip-twice": (encoded("gzip, gzip", [gzip.compress(gzip.compress(FEED))]), "malformed"),
    "gzip-cut": (encoded("gzip", [gzip.compress(FEED)[:-12]]), "working"),
    "length-too-long": (plainly(head("Content-Length: 9999"), FEED), "working"),
    "length-too-short": (plainly(head(f"Content-Length: {len(FEED) - 20}"), FEED), ""),
    "length-negative": (plainly(head("Content-Length: -5"), FEED), "unreachable"),
    "length-no-number": (plainly(head("Content-Length: five"), FEED), "unreachable"),
    "two-lengths": (plainly(head("Content-Length: 5", "Content-Length: 7"), FEED), "unreachable"),
    "chunk-size-no-number": (chunked(b"zz\r\n" + FEED), "unreachable"),
    "chunk-longer-than-said": (chunked(b"5\r\n" + FEED + b"\r\n0\r\n\r\n"), ""),
    "no-last-chunk": (chunked(b"%x\r\n%s\r\n" % (len(FEED), FEED)), "working"),
    "chunks-and-length": (
        plainly(head("Transfer-Encoding: chunked", "Content-Length: 3"), b"%x\r\n%s\r\n0\r\n\r\n" % (len(FEED), FEED)),
        "",
    ),
    "no-http": (plainly(b"SSH-2.0-OpenSSH_9.9\r\n"), "unreachable"),
    "nothing-at-all": (plainly(), "unreachable"),
    "code-999": (plainly(head("Content-Length: 0", status="999 Request denied")), ""),
    "code-of-letters": (plainly(b"HTTP/1.1 abc OK\r\n\r\n"), "unreachable"),
    "zero-in-a-header": (plainly(head("X-A: a\x00b", "Content-Length: 0")), "unreachable"),
    "split-header": (plainly(b"HTTP/1.1 200 OK\r\nX A: b\r\n\r\n"), "unreachable"),
}  # fmt: skip
"""Answers that contradict themselves, with the status that they come to; empty: any, as long as it is one."""

ATTACKS = {**BOMBS, **SLOW, **{name: attack for name, (attack, _) in LIES.items()}}


class Canary:
    """A server that nobody may reach: it counts the connections it gets."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0


@contextlib.asynccontextmanager
async def canary(host: str = "127.0.0.1") -> AsyncIterator[Canary]:
    here = Canary()

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.connections += 1
        writer.write(head(f"Content-Length: {len(FEED)}") + FEED)
        writer.close()

    server = await asyncio.start_server(connected, host, 0)
    here.port = server.sockets[0].getsockname()[1]
    async with server:
        yield here


@contextlib.asynccontextmanager
async def serving(host: str = "127.0.0.1") -> AsyncIterator[int]:
    """The port of a server that answers each path of `ATTACKS` with its attack, `/feed` with a feed.

    `/to/N/TARGET` redirects N times, then to the rest of the path with `!` for `/`; `/circle/N` redirects for ever.
    """

    answering: set[asyncio.Task[None] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        answering.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode().lstrip("/")
                await _answered(path)(writer)
                if path == "headers-then-nothing":
                    await silent(writer)
        finally:
            writer.close()
            answering.discard(task)

    server = await asyncio.start_server(answer, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        left = [task for task in answering if task is not None]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        # A closed transport lets go of its socket in the next rounds of the loop.
        await asyncio.sleep(0.01)


def _answered(path: str) -> Attack:
    if path in ATTACKS:
        return ATTACKS[path]
    kind, _, rest = path.partition("/")
    if kind == "to":
        hops, _, target = rest.partition("/")
        to = f"/to/{int(hops) - 1}/{target}" if int(hops) > 1 else target.replace("!", "/")
        return plainly(head(f"Location: {to}", "Content-Length: 0", status="302 Found"))
    if kind == "circle":
        to = {"self": "/circle/self", "a": "/circle/b", "b": "/circle/a"}.get(rest, f"/circle/{rest}x")
        return plainly(head(f"Location: {to}", "Content-Length: 0", status="301 Moved"))
    return plainly(head(f"Content-Length: {len(FEED)}") + FEED)
