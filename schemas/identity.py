"""Identity, decided once, from content: never from position or time of arrival.

Each id is a 128-bit BLAKE2b digest, 32 lower-case hexadecimal digits, over its parts with the length of each part in
front, so that no two different lists of parts can run together into the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def digest(*parts: str) -> str:
    """The 32-digit id of `parts`, in this order."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


def raw_hash(raw: bytes) -> str:
    """Of what was set aside: the bytes of a record or of a document."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def item_id(feed_url: str, policy: str, value: str) -> str:
    """What one feed calls one entry: `policy` is the rung of the identity ladder, `value` what it rests on."""
    return digest("item", feed_url, policy, value)


def page_id(item: str) -> str:
    """The page of an item, by which the poller remembers that it had its text."""
    return digest("page", item)


def article_id_of_address(address: str) -> str:
    """The article behind an address as the feed gave it (`canonical_address` is applied here)."""
    return digest("address", canonical_address(address))


def article_id_of_item(item: str) -> str:
    """The article of an entry without an address of its own."""
    return digest("entry", item)


def content_hash(kind: str, title: str, summary: str, body: str) -> str:
    """The words of one version. `kind` is `feed` or `page`: two separate lines of versions."""
    return digest("content", kind, title, summary, body)


def version_id(article_id: str, content: str) -> str:
    """One write-once version document of an article."""
    return digest("version", article_id, content)


def hit_id(article_id: str, content: str, watchlist: str, query: str) -> str:
    """One query of one list matching one version; the list's own hash is a field of the hit, not part of its id."""
    return digest("hit", article_id, content, watchlist, query)


def alert_key(kind: str, subject: str, occasion: str, watchlist: str, recipient: str) -> str:
    """One row of the ledger. `subject` is a story, article, feed or recipient; `occasion` is empty for a first alert."""
    return digest("alert", kind, subject, occasion, watchlist, recipient)


def dead_letter_id(position: str, stage: str) -> str:
    """One record or document set aside: `position` is `topic/partition/offset`, or feed address and body hash."""
    return digest("deadletter", position, stage)


# Parameters that say where a click came from and never which article it leads to (evidence: trackers seen in feeds).
_TRACKING = re.compile(
    r"(?:utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|mc_cid|mc_eid|igshid|_hs.*|at_.*"
    r"|phpsessid|jsessionid|sessionid)\Z",
    re.IGNORECASE,
)
_TRACKING_FRAGMENT = re.compile(r"(?:utm_[^&]*|xtor=.*|at_[a-z]+=.*|\?utm_.*)\Z", re.IGNORECASE)
_SCHEMES = frozenset({"http", "https"})
_DEFAULT_PORTS = frozenset({80, 443})


@lru_cache(maxsize=4_096)
def canonical_address(address: str) -> str:
    """`address` reduced to what says which article it is: for comparing, never for fetching.

    Lower-case scheme and host (IDNA), http counted as https, no default port, dot segments resolved, percent-encoding
    normalised, tracking parameters dropped and the others sorted by name (order within one name kept). Fragments stay
    (many sites route by them), except tracking ones and text directives. What is no http address is returned stripped.

    Remembered for a while: each step on the way from a document to its items asks for the same few addresses.
    """
    address = address.strip()
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return address
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or not parts.hostname:
        return address
    host = parts.hostname.rstrip(".")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = host.lower()
    if ":" in host:
        host = f"[{host}]"
    # Both, whatever the scheme: as http counts as https, `http://host:443` would lose its port the second time.
    if port is not None and port not in _DEFAULT_PORTS:
        host = f"{host}:{port}"
    path = _normal_percent(_without_dot_segments(parts.path), "/!$&'()*+,;=:@~") or "/"
    # Normalised before they are sorted: one name has one place, however it is spelled.
    pairs = (part.partition("=") for part in _normal_percent(parts.query, "/!$&'()*+,;=:@~?").split("&") if part)
    kept = sorted((pair for pair in pairs if not _is_tracking(pair[0], pair[2])), key=lambda pair: pair[0])
    return urlunsplit(("https", host, path, "&".join(map("".join, kept)), _kept_fragment(parts.fragment)))


def _is_tracking(name: str, value: str) -> bool:
    return bool(_TRACKING.match(name)) or (name in {"ref", "source"} and value.lower() in {"rss", "feed"})


def _normal_percent(text: str, safe: str) -> str:
    # An encoded delimiter is not the delimiter itself, so those stay encoded; bytes that are no UTF-8 stay as they are.
    pieces = re.split(r"(%(?:2[0356BbFf]|3[ABDFabdf]|40))", text)
    return "".join(
        piece.upper() if index % 2 else quote(unquote(piece, errors="surrogateescape"), safe, errors="surrogateescape")
        for index, piece in enumerate(pieces)
    )


def _without_dot_segments(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)


def _kept_fragment(fragment: str) -> str:
    fragment = fragment.split(":~:", 1)[0]
    return "" if _TRACKING_FRAGMENT.match(fragment) else fragment
