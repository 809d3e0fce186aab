"""The fan-out behind `/events`: one poller reads new hits from the store, every open stream gets its share.

    HitStore.after(cursor) ──one poller──> rendered once for each filter in use ──> a bounded buffer for each client

The poller works only while somebody is connected. A client first reads what it missed from the store at its own
speed, then goes over to its buffer; it joins the fan-out before it begins to catch up and skips what comes twice, so
nothing falls between the two. A client that lets its buffer fill up is dropped: it comes back with the last cursor it
has seen, and misses nothing.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import anyio
import msgspec
from starlette.concurrency import run_in_threadpool

from connectors.interfaces import HitFilter, HitStore
from dashboard.query import takes
from schemas.hit import Hit

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
SUMMARY_SECONDS = 2.0
PAGE = 200
"""Hits read from the store at once."""
BUFFER = 512
"""Messages a client may be behind before it is dropped; more than two pages."""
CLIENTS = 500
_BACKOFF_MOST = 5.0


class Message(msgspec.Struct, frozen=True):
    """One server-sent event; `cursor` 0 when it is about no hit."""

    cursor: int
    data: bytes


class Summary(msgspec.Struct, frozen=True):
    """What the top bar says about the feeds."""

    text: str
    standing: str


class Busy(Exception):  # noqa: N818 a state, not a fault
    """No further client is taken: too many, or the server is stopping."""


class Client:
    """One open stream: what it wants, and what waits for it."""

    def __init__(self, chosen: HitFilter, start: int) -> None:
        self.chosen = chosen
        self.start = start
        self.dropped = anyio.Event()
        self._put, self.buffer = anyio.create_memory_object_stream[Message](BUFFER)

    def offer(self, messages: Iterable[Message]) -> bool:
        """Put `messages` into the buffer; False, and the end of this client, when it is full."""
        try:
            for message in messages:
                self._put.send_nowait(message)
        except (anyio.WouldBlock, anyio.BrokenResourceError):
            self.dropped.set()
            return False
        return True

    def close(self) -> None:
        """Nothing more will come: the buffer ends after what is in it."""
        self._put.close()


class Live:
    """The fan-out. `run` must be running while clients subscribe; all other methods belong to its event loop."""

    def __init__(self, hits: HitStore, fragment: Callable[[Hit], str], summary: Callable[[], Summary]) -> None:
        self._hits = hits
        self._fragment = fragment
        self._summary = summary
        self._told: Summary | None = None
        self._clients: set[Client] = set()
        self._occupied = anyio.Event()
        self._joining = anyio.Lock()
        self._cursor = 0
        self._closed = False
        self._dropped = 0
        self._failures = 0

    @asynccontextmanager
    async def client(self, chosen: HitFilter) -> AsyncIterator[Client]:
        """A client of the fan-out for the length of the block. Raises `Busy`."""
        if self._closed or len(self._clients) >= CLIENTS:
            raise Busy
        async with self._joining:
            if not self._clients:
                # While nobody was here the poller rested; it must not begin behind what this client will read itself.
                self._cursor = await run_in_threadpool(self._hits.last_cursor)
            client = Client(chosen, self._cursor)
            self._clients.add(client)
            self._told = None
            self._occupied.set()
        try:
            yield client
        finally:
            self._clients.discard(client)
            client.close()
            client.buffer.close()

    async def messages(self, client: Client, after: int | None) -> AsyncIterator[Message]:
        """Every hit `client` wants, in order, once, and what is to be told beside; ends when the fan-out closes.

        It begins behind cursor `after`; with None, where the client joined.
        """
        cursor = client.start if after is None else after
        behind = True
        while behind:
            if self._closed:
                # What is in the buffer lies beyond what was not read yet: sending it would hide the gap.
                return
            read = await run_in_threadpool(self._read, cursor, frozenset({client.chosen}))
            for message in read.found[client.chosen]:
                yield message
            behind, cursor = read.rows > 0, read.end
        async for message in client.buffer:
            if not message.cursor or message.cursor > cursor:
                yield message

    async def last_cursor(self) -> int:
        """The newest cursor of the store."""
        return await run_in_threadpool(self._hits.last_cursor)

    async def run(self) -> None:
        """Poll while there are clients, until cancelled. A store that fails is tried again, ever more slowly."""
        pause = POLL_SECONDS
        summary_due = 0.0
        while True:
            if not self._clients:
                self._occupied = anyio.Event()
                await self._occupied.wait()
                summary_due = 0.0
            try:
                full = await self._poll()
                if anyio.current_time() >= summary_due:
                    await self._tell_summary()
                    summary_due = anyio.current_time() + SUMMARY_SECONDS
                pause = POLL_SECONDS
            except Exception:
                # The outermost loop: were it to end, every open page would go silent without a word.
                self._failures += 1
                log.exception("live poll failed", extra={"failures": self._failures})
                full, pause = False, min(pause * 2, _BACKOFF_MOST)
            await anyio.sleep(0 if full else pause)

    def close(self) -> None:
        """End all streams after what is in their buffers; no new ones are taken."""
        self._closed = True
        for client in self._clients:
            client.close()

    def metrics(self) -> str:
        """Prometheus text."""
        return (
            "# TYPE wirewatch_page_clients gauge\n"
            f"wirewatch_page_clients {len(self._clients)}\n"
            "# TYPE wirewatch_page_clients_dropped_total counter\n"
            f"wirewatch_page_clients_dropped_total {self._dropped}\n"
            "# TYPE wirewatch_page_poll_failures_total counter\n"
            f"wirewatch_page_poll_failures_total {self._failures}\n"
        )

    async def _poll(self) -> bool:
        filters = frozenset(client.chosen for client in self._clients)
        read = await run_in_threadpool(self._read, self._cursor, filters)
        if any(client.chosen not in filters for client in self._clients):
            # One joined while we were reading and may have caught up before we had read: the page is read again.
            return True
        for client in tuple(self._clients):
            self._offer(client, read.found[client.chosen])
        self._cursor = max(self._cursor, read.end)
        return read.rows == PAGE

    async def _tell_summary(self) -> None:
        summary = await run_in_threadpool(self._summary)
        if summary != self._told:
            self._told = summary
            message = Message(0, event("feeds", json.dumps({"text": summary.text, "standing": summary.standing})))
            for client in tuple(self._clients):
                self._offer(client, (message,))

    def _offer(self, client: Client, messages: Iterable[Message]) -> None:
        if not self._closed and not client.dropped.is_set() and not client.offer(messages):
            self._dropped += 1

    def _read(self, cursor: int, filters: frozenset[HitFilter]) -> _Read:
        rows = self._hits.after(cursor, PAGE)
        found: dict[HitFilter, list[Message]] = {chosen: [] for chosen in filters}
        for number, hit in rows:
            takers = [chosen for chosen in filters if takes(chosen, hit)]
            if takers:
                message = Message(number, event("hit", self._fragment(hit), number))
                for chosen in takers:
                    found[chosen].append(message)
        return _Read(end=rows[-1][0] if rows else cursor, rows=len(rows), found=found)


class _Read(msgspec.Struct, frozen=True):
    end: int
    rows: int
    found: dict[HitFilter, list[Message]]


def event(name: str, data: str, number: int | None = None) -> bytes:
    """One server-sent event."""
    head = f"id: {number}\n" if number is not None else ""
    lines = "".join(f"data: {part}\n" for part in re.split(r"\r\n|\r|\n", data))
    return f"{head}event: {name}\n{lines}\n".encode()
