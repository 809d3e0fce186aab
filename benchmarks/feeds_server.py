"""The outlets of the polling benchmarks, in a process of their own: every 127.x address, one port, plain asyncio.

    python -m benchmarks.feeds_server [--delay MEDIAN] [--unchanged SHARE]

Prints its port. `/N` is feed number N: with validators a share of them answers 304, the others a document of 50 kB
under gzip. `/N?equal` always sends the same document; else each has a new item. Ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import math
import random
import sys

_WORDS = [
    "wire",
    "report",
    "city",
    "border",
    "council",
    "court",
    "minister",
    "police",
    "fire",
    "election",
    "market",
    "storm",
    "report",
    "road",
    "school",
]
_SIZE = 50_000


def document(number: int) -> bytes:
    """A feed of about 50 kB, not the same for every number."""
    chance = random.Random(number)
    items: list[str] = []
    size = 0
    while size < _SIZE:
        text = " ".join(f"{chance.choice(_WORDS)}{chance.randrange(500)}" for _ in range(120))
        entry = (
            f"<item><guid>{number}-{len(items)}</guid><title>{text[:60]}</title><link>https://o{number}.example/"
            f"{len(items)}</link><pubDate>Sun, 22 Nov 2026 12:{len(items) % 60:02}:00 GMT</pubDate>"
            f"<description>{text}</description></item>"
        )
        items.append(entry)
        size += len(entry)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{number}</title>{"".join(items)}</channel></rss>'.encode()


class _Outlet(asyncio.Protocol):
    def __init__(self, answers: list[bytes], unchanged: float, delay: float) -> None:
        self._answers = answers
        self._unchanged = unchanged
        self._delay = delay
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" not in self._head:
            return
        number = int(self._head.split(b" ", 2)[1].split(b"?")[0].strip(b"/") or 0)
        validated = b"if-none-match" in self._head.lower()
        # By number, not by chance: every client meets the same answers.
        if validated and number % 100 < self._unchanged * 100:
            answer = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nConnection: close\r\n\r\n'
        else:
            answer = self._answers[number % len(self._answers)]
        delay = self._delay * math.exp(random.gauss(0, 0.8)) if self._delay else 0.0
        asyncio.get_running_loop().call_later(delay, self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)
            self._transport.close()


async def _serve(delay: float, unchanged: float) -> None:
    answers = []
    for number in range(20):
        body = gzip.compress(document(number))
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\n"
            f'ETag: "1"\r\nLast-Modified: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Length: {len(body)}\r\n'
            "Connection: close\r\n\r\n"
        )
        answers.append(head.encode() + body)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Outlet(answers, unchanged, delay), "0.0.0.0", 0, backlog=2_048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--delay", type=float, default=0.02, help="median seconds before an answer, lognormal")
    options.add_argument("--unchanged", type=float, default=0.7, help="share of feeds that answer 304")
    chosen = options.parse_args()
    asyncio.run(_serve(chosen.delay, chosen.unchanged))
