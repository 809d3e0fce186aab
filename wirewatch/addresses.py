"""Addresses in settings, taken apart: where to listen, and how others reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

from schemas.errors import SettingsError

LAST_PORT = 65535


def public_base(text: str, subject: str) -> None:
    """Raises `SettingsError` about `subject` when `text` is neither empty nor a web address to put a path behind."""
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
        fits = is_web and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        fits = False
    if text and not fits:
        message = f"must be an address such as https://hooks.example.org, not {text!r}"
        raise SettingsError(message, subject=subject)


def host_and_port(text: str, subject: str) -> tuple[str, int]:
    """`text` (`127.0.0.1:8411`, `[::1]:8411`) taken apart. Raises `SettingsError` about `subject`."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > LAST_PORT:
        message = f"must be an address and a port such as 127.0.0.1:8411, not {text!r}"
        raise SettingsError(message, subject=subject)
    return host, int(port)
