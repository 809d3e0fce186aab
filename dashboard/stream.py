"""The answer to `/events`: one client of the fan-out, written to its socket until one side ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dashboard.live import Busy, Live, event
from dashboard.query import Wanted

RETRY_MILLISECONDS = 2000
PING_SECONDS = 15.0
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class EventStream(Response):
    """Server-sent events.

    `hit`: id = cursor, data = the hit as HTML. `feeds`: JSON for the top bar. `reset`: the store was replaced, cursors
    mean nothing any more. `closing`: the server stops; come back.
    """

    media_type = "text/event-stream"

    def __init__(self, live: Live, wanted: Wanted, after: int | None, ping_seconds: float = PING_SECONDS) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["Content-Length"]
        self._live = live
        self._wanted = wanted
        self._after = after
        self._ping_seconds = ping_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader goes, falls behind, or the server stops."""
        try:
            async with self._live.client(self._wanted.filter) as client, anyio.create_task_group() as tasks:

                async def until(ended: Callable[[], Awaitable[object]]) -> None:
                    await ended()
                    tasks.cancel_scope.cancel()

                async def write() -> None:
                    await self._begin(send)
                    tasks.start_soon(self._ping, send)
                    async for message in self._live.messages(client, await self._start(send)):
                        await _chunk(send, message.data)
                    await _chunk(send, event("closing", "the server is stopping"), more=False)

                tasks.start_soon(until, partial(_gone, receive))
                tasks.start_soon(until, client.dropped.wait)
                await until(write)
        except Busy:
            busy = Response("too many readers, or stopping\n", 503, {"Retry-After": "10"}, media_type="text/plain")
            await busy(scope, receive, send)

    async def _start(self, send: Send) -> int | None:
        if self._after is not None and self._after > await self._live.last_cursor():
            await _chunk(send, event("reset", "the store was replaced"))
            return None
        return self._after

    async def _begin(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await _chunk(send, f"retry: {RETRY_MILLISECONDS}\n\n".encode())

    async def _ping(self, send: Send) -> None:
        while True:
            await anyio.sleep(self._ping_seconds)
            await _chunk(send, b": ping\n\n")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _chunk(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
