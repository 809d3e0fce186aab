"""What may reach a browser: characters that do not disguise a text, and addresses that are what they look like."""

from __future__ import annotations

import re

# Embeddings, overrides and isolates (they reorder what follows), control characters, lone surrogates. Marks such as
# U+200E and U+200F stay: Arabic and Hebrew need them and they cannot disguise anything.
_DISGUISES = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Where browsers see the host end; `https:///x` and userinfo are read as they do (WHATWG URL).
_AUTHORITY = re.compile(r"https?://([^/\\?#]+)", re.IGNORECASE)
_HOST = re.compile(r"(?:[^\s\x00-\x20\x7f%:@<>\[\]^|]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")


def printable(text: str) -> str:
    """`text` without the characters that could make it look like another."""
    return _DISGUISES.sub("", text)


def host(address: str) -> str:
    """The host a browser would go to with `address`; empty when it is not a plain http or https address.

    A page links an address only when this is not empty, and shows this beside the link.
    """
    found = _AUTHORITY.match(address)
    if found is None or printable(address) != address:
        return ""
    place = found[1].rpartition("@")[2]
    if not _HOST.fullmatch(place):
        return ""
    name = re.sub(r":\d*$", "", place).lower()
    try:
        return name if name.startswith("[") else name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
