"""Addresses in the settings of hubs: where to listen for them, and how they reach it."""

from __future__ import annotations

from schemas.address import web_parts
from schemas.errors import SettingsError

LAST_PORT = 65535


def check_public(text: str) -> None:
    """Raises `SettingsError` about `feeds.websub_url` when `text` is neither empty nor a web address to put a path behind."""
    parts = web_parts(text)
    if text and (parts is None or parts.query or parts.fragment or parts.username):
        message = f"must be an address such as https://hooks.example.org, not {text!r}"
        raise SettingsError(message, subject="feeds.websub_url")


def host_and_port(text: str, path: str = "feeds.websub_listen") -> tuple[str, int]:
    """`text` (`127.0.0.1:8411`, `[::1]:8411`) taken apart. Raises `SettingsError` about the setting `path`."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > LAST_PORT:
        message = f"must be an address and a port such as 127.0.0.1:8411, not {text!r}"
        raise SettingsError(message, subject=path)
    return host, int(port)
