"""The server of the polling proof, in a process of its own: every feed on an address of its own in 127.0.0.0/8.

It writes down each document it showed, and when (`shown.jsonl`). A line on standard input ends the faults and freezes
the feeds; what they show then is written down too (`visible.json`). The end of standard input ends the server.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from tests.faults.polling.formats import CONTENT_TYPES, document
from tests.faults.polling.harm import WHOLE, Harm, draw
from tests.faults.polling.newsroom import Newsroom

HOSTS = 120
_MOST_LIES = 3
_HEADER_LIMIT = 16_384


def host(feed: int) -> str:
    """The address of the host that serves `feed`; several feeds share one, as in the world."""
    return f"127.1.0.{feed % HOSTS + 1}" if sys.platform == "linux" else "127.0.0.1"


class Outlets:
    """All feeds, what each was asked, and the journal."""

    def __init__(self, seed: int, feeds: int, pace: float, deadline: float, journal: TextIO) -> None:
        self.began = datetime.now(UTC)
        self.rooms = [Newsroom(seed, feed, pace, self.began) for feed in range(feeds)]
        self._chances = [random.Random(f"{seed}/harm/{feed}") for feed in range(feeds)]
        self._lies: Counter[int] = Counter()
        self._moved = {feed for feed in range(feeds) if random.Random(f"{seed}/moved/{feed}").random() < 0.05}
        self._asked: Counter[int] = Counter()
        self._deadline = deadline
        self._journal = journal
        self.harms: Counter[str] = Counter()
        self.frozen = False
        self.port = 0

    def freeze(self) -> list[list[list[int]]]:
        """Change nothing from now on and harm nobody; what each feed shows."""
        for room in self.rooms:
            room.advance(self._elapsed())
        self.frozen = True
        return [_shown(room) for room in self.rooms]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError):
            await self._answer(await reader.readuntil(b"\r\n\r\n"), writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        asked_at = time.time()
        request, *lines = head.decode("latin-1").split("\r\n")
        path = request.split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if not path.startswith(("/feed/", "/other/", "/moved/")):
            await _send(writer, 404, b"nothing here")
            return
        feed = int(path.rsplit("/", 1)[1])
        room = self.rooms[feed]
        self._asked[feed] += 1
        if path.startswith("/feed/") and feed in self._moved and self._asked[feed] > 2:
            await _send(writer, 301, b"", {"Location": f"http://{host(feed + 1)}:{self.port}/moved/{feed}"})
            return
        if not self.frozen:
            room.advance(self._elapsed())
        harm = Harm.NONE if self.frozen or path.startswith("/other/") else draw(self._chances[feed])
        self.harms[harm] += 1
        if harm is Harm.REDIRECT:
            await _send(writer, 302, b"", {"Location": f"http://{host(feed + 7)}:{self.port}/other/{feed}"})
            return
        shown = _shown(room)
        line = {"feed": feed, "asked": asked_at, "whole": harm in WHOLE, "shown": shown}
        try:
            if not await self._show(room, harm, headers, writer):
                line |= {"whole": False, "shown": []}
        finally:
            self._journal.write(json.dumps(line, separators=(",", ":")) + "\n")

    async def _show(self, room: Newsroom, harm: Harm, headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        """Answer as `harm` wants; whether the entries were shown, if only in part."""
        kind = {"Content-Type": CONTENT_TYPES[room.form]}
        body = document(room)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        known = headers.get("if-none-match")
        if known and (known == tag or (harm is Harm.NOT_MODIFIED and self._lies[room.feed] < _MOST_LIES)):
            self._lies[room.feed] += known != tag
            await _send(writer, 304, b"", {"ETag": known})
            return False
        self._lies[room.feed] = 0
        match harm:
            case Harm.NONE | Harm.REDIRECT | Harm.NOT_MODIFIED:
                packed = room.feed % 4 == 0
                more = {"Content-Encoding": "gzip"} if packed else {}
                # Every third feed has no validators at all.
                more |= {"ETag": tag} if room.feed % 3 else {}
                await _send(writer, 200, gzip.compress(body, 1) if packed else body, kind | more)
            case Harm.SLOW:
                await _send(writer, 200, body, kind | {"ETag": tag}, pause=self._deadline / 3)
            case Harm.DRIP:
                await _send(writer, 200, body, kind, pause=self._deadline * 2)
                return False
            case Harm.LYING_ENCODING:
                await _send(writer, 200, document(room, "windows-1251", "utf-8" if room.feed % 2 else ""), kind)
            case Harm.CUT_BODY:
                await _send(writer, 200, body, kind, keep=self._chances[room.feed].random())
            case Harm.CUT_DOCUMENT:
                await _send(writer, 200, body[: int(len(body) * self._chances[room.feed].random())], kind)
            case Harm.NO_ENTRIES:
                await _send(writer, 200, b"<rss version='2.0'><channel><title>x</title></channel></rss>", kind)
                return False
            case _:
                await self._refuse(harm, writer)
                return False
        return True

    async def _refuse(self, harm: Harm, writer: asyncio.StreamWriter) -> None:
        match harm:
            case Harm.RESET:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                writer.transport.abort()
            case Harm.SERVER_ERROR:
                await _send(writer, 503, b"busy")
            case Harm.BUSY:
                await _send(writer, 429, b"slow down", {"Retry-After": "5"})
            case Harm.FORBIDDEN:
                await _send(writer, 403, b"go away")
            case Harm.NOT_FOUND:
                await _send(writer, 404, b"not here")
            case Harm.GARBAGE:
                await _send(writer, 200, random.Random(self.port).randbytes(5_000))
            case Harm.PAGE:
                await _send(writer, 200, b"<!doctype html><html><title>Maintenance</title></html>")
            case _:
                await _send(writer, 200, b"")

    def _elapsed(self) -> float:
        return (datetime.now(UTC) - self.began).total_seconds()


def _shown(room: Newsroom) -> list[list[int]]:
    return [[story.number, story.titled, story.edition] for story in room.shown]


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    headers: Mapping[str, str] = MappingProxyType({}),
    *,
    pause: float = 0.0,
    keep: float = 1.0,
) -> None:
    """Answer; `pause` is spread over the body, and with `keep` under 1 the connection ends in its middle."""
    lines = {"Content-Length": str(len(body)), "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode())
    body = body[: int(len(body) * keep)]
    pieces = 10 if pause else 1
    for number in range(pieces):
        writer.write(body[len(body) * number // pieces : len(body) * (number + 1) // pieces])
        await writer.drain()
        await asyncio.sleep(pause / pieces)


async def _serve(options: argparse.Namespace) -> None:
    with (options.folder / "shown.jsonl").open("w", buffering=1) as journal:
        outlets = Outlets(options.seed, options.feeds, options.pace, options.deadline, journal)
        hosts = sorted({host(feed) for feed in range(HOSTS)})
        with socket.socket() as free:
            free.bind((hosts[0], 0))
            outlets.port = free.getsockname()[1]
        server = await asyncio.start_server(
            outlets.answer, hosts, outlets.port, limit=_HEADER_LIMIT, reuse_address=True
        )
        async with server:
            sys.stdout.write(f"{outlets.port}\n")
            sys.stdout.flush()
            while line := await asyncio.to_thread(sys.stdin.readline):
                visible = outlets.freeze()
                (options.folder / "visible.json").write_text(json.dumps(visible))
                (options.folder / "harms.json").write_text(json.dumps(outlets.harms))
                sys.stdout.write(line)
                sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name, kind in (("--seed", int), ("--feeds", int), ("--pace", float), ("--deadline", float)):
        parser.add_argument(name, type=kind, required=True)
    asyncio.run(_serve(parser.parse_args()))
