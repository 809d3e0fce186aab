"""Sockets bound before anything else starts, so that a taken port is one clear line."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from schemas.errors import WirewatchError
from wirewatch.hub_addresses import host_and_port

if TYPE_CHECKING:
    from wirewatch.settings import Settings


def listening_socket(host: str, port: int, remedy: str = "choose another port with --port") -> socket.socket:
    """A socket that listens. Raises `WirewatchError`, with its `remedy`, when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        message = f"cannot listen here ({error.strerror or error}); {remedy}"
        raise WirewatchError(message, subject=f"{host}:{port}") from error
    return bound


def hub_socket(settings: Settings) -> socket.socket | None:
    """The socket WebSub hubs are heard on; None where they are not used."""
    if not settings.feeds.websub_url:
        return None
    host, port = host_and_port(settings.feeds.websub_listen)
    return listening_socket(host, port, "set another feeds.websub_listen")


def address_of(bound: socket.socket) -> str:
    """Where a browser finds what listens there."""
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
