"""The server under the page: uvicorn, made to stop promptly although event streams never end by themselves."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette

from dashboard.live import Live

GRACE_SECONDS = 1
"""How long answers in progress may take once the server stops; event streams are told to end at once."""


class PageServer(uvicorn.Server):
    """Serves the page, or an application without streams. `should_exit = True`, from any thread, stops it within two seconds, open streams or not."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                lifespan="on",
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._live: Live | None = getattr(app.state, "live", None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams with a `closing` event, then stop as uvicorn does."""
        if self._live is not None:
            self._live.close()
        await super().shutdown(sockets)

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports it listens on, once `started`."""
        return tuple(listener.getsockname()[1] for server in self.servers for listener in server.sockets)
