"""The identity ladder: what one feed calls one entry, from the words of its document, never from its place in it.

guid         its own id, when no other entry of the document has it
guid+link    its own id and address, when others share the id
link         its address, when it has no id and no other entry has the address
title+date   title and date as written (with id and address), when those do not tell it apart
content      all it says
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from connectors.feeds.document import RawEntry
from schemas import identity

Policy = Literal["guid", "guid+link", "link", "title+date", "content", "given"]

_NATIVE_LIMIT = 2_048
_URL_LIMIT = 2_048


class Placed(msgspec.Struct, frozen=True):
    """An entry with its absolute address (empty when it has none) and the rung that tells it from its neighbours."""

    entry: RawEntry
    url: str
    policy: Policy
    value: str
    native_id: str


def place(entries: Sequence[RawEntry], base: str) -> tuple[Placed, ...]:
    """Each distinct entry on its rung, in document order; `base` is the address the document came from.

    Entries equal in everything are one. In a file nobody knows what a relative address belongs to: there every address
    stays as written, a guid that RSS takes for one included.
    """
    is_file = base.startswith("file:")
    entries = entries if is_file else [_without_stand_in(entry) for entry in entries]
    distinct = [key.entry for key in dict.fromkeys(map(_Key, entries))]
    addresses = [entry.link[:_URL_LIMIT] if is_file else absolute(entry.link, base) for entry in distinct]
    rungs = [_rungs(entry, url) for entry, url in zip(distinct, addresses, strict=True)]
    taken = Counter(rung for own in rungs for rung in own)
    placed = []
    for entry, url, own in zip(distinct, addresses, rungs, strict=True):
        policy, value = next((rung for rung in own if taken[rung] == 1), own[-1])
        # Shown as the feed gave it, although the rung itself rests on the canonical form.
        given = (url or entry.link) if policy == "link" else value
        placed.append(Placed(entry, url, policy, value, _native(entry) or given))
    return tuple(placed)


def absolute(link: str, base: str) -> str:
    """`link` as an absolute web address; empty when it is none."""
    if not link:
        return ""
    try:
        url = urljoin(base, link)
        parts = urlsplit(url)
        is_web = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return url if is_web and len(url) <= _URL_LIMIT else ""


def shares_addresses(placed: Sequence[Placed]) -> bool:
    """Whether one address stands for several entries of the document: then addresses do not tell articles apart."""
    natives: dict[str, set[str]] = {}
    for one in placed:
        if one.url:
            natives.setdefault(identity.canonical_address(one.url), set()).add(one.native_id)
    return any(len(several) > 1 for several in natives.values())


class _Key:
    """An entry compared by what it says."""

    def __init__(self, entry: RawEntry) -> None:
        self.entry = entry
        self._said = msgspec.json.encode(entry)

    def __hash__(self) -> int:
        return hash(self._said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._said == other._said


def _without_stand_in(entry: RawEntry) -> RawEntry:
    """RSS lets a guid stand for the address by default; `5` or `tag:…` leads nowhere."""
    if entry.link != entry.native or entry.link.lower().startswith(("http://", "https://")) or not entry.link:
        return entry
    return msgspec.structs.replace(entry, link="")


def _rungs(entry: RawEntry, url: str) -> list[tuple[Policy, str]]:
    link = identity.canonical_address(url) if url else entry.link
    rungs: list[tuple[Policy, str]] = []
    if native := _native(entry):
        rungs.append(("guid", native))
        if link:
            rungs.append(("guid+link", f"{native} {link}"))
    elif link:
        rungs.append(("link", link))
    own = identity.digest(entry.native, link, "") if entry.native or link else ""
    if entry.title:
        rungs.append(("title+date", " ".join(filter(None, (entry.title, entry.published_raw, own)))))
    rungs.append(("content", identity.digest(entry.title, entry.summary, entry.body, entry.published_raw, own)))
    return rungs


def _native(entry: RawEntry) -> str:
    return entry.native if len(entry.native.encode()) <= _NATIVE_LIMIT else identity.digest(entry.native)
