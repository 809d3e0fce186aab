"""Whether hubs can reach the listener: asked from this machine, which is as near as one gets to their place."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

from connectors.feeds.websub.rules import PATH, UNKNOWN

_SECONDS = 5.0
_MOST_BYTES = 256


def listens(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError:
        return False
    return True


def fault(base: str) -> str:
    """What is wrong with the way from the public address `base` to the listener; empty when it leads there."""
    parts = urlsplit(base)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}{PATH}doctor")
        answer = connection.getresponse()
        text = answer.read(_MOST_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"it cannot be reached from here ({str(error) or type(error).__name__})"
    finally:
        connection.close()
    if UNKNOWN in text:
        return ""
    return f"somebody else answers there, with HTTP {answer.status}"
