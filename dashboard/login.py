"""The login of the page: one name and password for the whole team, asked for where more than this machine can reach it.

HTTP Basic: it tells the team from strangers, not members from each other, and hides nothing from who reads the network.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

import msgspec
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN = frozenset({"/healthz", "/livez", "/readyz"})
"""What answers everybody: whether it is well, for the supervisor that has no password."""


class Credentials(msgspec.Struct, frozen=True):
    """The name and password asked for."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, ***)"


class Login:
    """ASGI middleware: 401 for every request without the credentials, but for the question of health."""

    def __init__(self, app: ASGIApp, credentials: Credentials) -> None:
        self._app = app
        self._expected = _digest(b64encode(f"{credentials.user}:{credentials.password}".encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who may, ask the others."""
        if scope["type"] != "http" or scope["path"] in _OPEN or self._knows(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        asking = PlainTextResponse(
            "This page asks for a name and a password.\n",
            status_code=401,
            headers={"WWW-Authenticate": 'Basic realm="wirewatch", charset="UTF-8"'},
        )
        await asking(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "basic" and hmac.compare_digest(_digest(value.strip().encode()), self._expected)


def _digest(text: bytes) -> bytes:
    # Of equal length, so that the time of the comparison tells nothing of the password's.
    return hashlib.sha256(text).digest()
