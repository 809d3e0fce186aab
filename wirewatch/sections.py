"""What settings are made of: sections, and secrets that are never shown."""

from __future__ import annotations

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """A value never shown: `str` and `repr` mask it."""

    value: str = ""

    def __repr__(self) -> str:
        return "***" if self.value else ""

    __str__ = __repr__


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the settings file; an unknown key in it is an error."""


class AccessSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way into feeds that not everybody may read. A source names it: `access = "NAME"`.

    What it holds is sent to the scheme, host and port of the listed feed address and nowhere else, redirects included,
    and is masked wherever settings are shown.
    """

    user: str = ""
    """Name for basic authentication; empty: none."""
    password: Secret = Secret()
    """Its password (secret)."""
    password_file: str = ""
    """File that holds the password."""
    headers: dict[str, Secret] = msgspec.field(default_factory=dict)
    """Headers by name, each value a secret: `headers = { X-Api-Key = "…" }`."""
    headers_file: str = ""
    """File with more of them, one `Name: value` a line."""
    cookies: dict[str, Secret] = msgspec.field(default_factory=dict)
    """Cookies by name, each value a secret."""
    cookies_file: str = ""
    """File with more of them, one `name=value` a line."""
    proxy: Secret = Secret()
    """Proxy for these feeds instead of `feeds.proxy` (secret, because it may hold a password)."""
    proxy_file: str = ""
    """File that holds the address of the proxy."""
