"""Who may reach the page: everybody on this machine, or who knows its password; and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from schemas.errors import SettingsError
from wirewatch.sections import PageSettings

if TYPE_CHECKING:
    from dashboard.login import Credentials

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LEAST_CHARACTERS = 12
"""Of a password that whoever reaches the port may guess at, as fast as the page answers."""


def check_door(page: PageSettings) -> None:
    """Raises `SettingsError` when the page would be open to others without a login, or with one not worth the name."""
    if ":" in page.user:
        message = f"must not have a colon, which ends the name in HTTP: {page.user!r}"
        raise SettingsError(message, subject="page.user")
    if page.host in _LOOPBACK:
        return
    if not page.password.value:
        message = f"others than loopback reach {page.host!r}: set page.password first"
        raise SettingsError(message, subject="page.host")
    if len(page.password.value) < _LEAST_CHARACTERS:
        message = f"must have at least {_LEAST_CHARACTERS} characters where others than loopback reach the page"
        raise SettingsError(message, subject="page.password")


def credentials(page: PageSettings) -> Credentials | None:
    """What the page asks for; None when it asks nobody."""
    from dashboard.login import Credentials

    return Credentials(page.user, page.password.value) if page.password.value else None


def names_of(base_url: str) -> tuple[str, ...]:
    """The name under which readers of a mail reach the page, which it must answer to."""
    try:
        name = urlsplit(base_url).hostname
    except ValueError:
        return ()
    return (name,) if name else ()
