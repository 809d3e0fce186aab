"""The identity ladder: what an entry can be called, from the words of its document, never from its place in it.

guid         its own id
guid+link    its own id and address
link         its address, when it has no id
title+date   title and date as written (with id and address)
content      all it says

Which of them an entry is called by is decided in `naming`, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from connectors.feeds.documents.document import RawEntry
from connectors.feeds.items import headline
from schemas import identity
from schemas.address import LONGEST, absolute

Policy = Literal["guid", "guid+link", "link", "title+date", "content", "given"]

REPEATED = 0.2
"""Share of entries with an id that another entry has too, over which a feed's ids do not tell its entries apart."""
_FEW = 2
_NATIVE_LIMIT = 2_048


class Rung(msgspec.Struct, frozen=True):
    """One name an entry can have in its feed."""

    policy: Policy
    value: str
    item_id: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its absolute address (empty when it has none) and all it can be called, the plainest name first."""

    entry: RawEntry
    url: str
    native: str
    rungs: tuple[Rung, ...]
    content_hash: str
    title: bytes
    """See `headline.sketch`."""
    link_alias: str = ""
    guid_alias: str = ""
    """Address and id without scheme and host, as keys of the poller's memory; empty when there is nothing to go by."""


def read(entries: Sequence[RawEntry], base: str, feed_url: str) -> tuple[Said, ...]:
    """Each distinct entry, in document order; `base` is the address the document came from.

    In a file nobody knows what a relative address belongs to: there every address stays as written, a guid that RSS
    takes for one included.
    """
    if not base.startswith("file:"):
        entries = [_without_stand_in(entry) for entry in entries]
    distinct = {msgspec.json.encode(entry): entry for entry in entries}
    return tuple(_said(entry, base, feed_url) for entry in distinct.values())


def shares_addresses(said: Sequence[Said]) -> bool:
    """Whether one address stands for several entries of the document: then addresses do not tell articles apart."""
    natives: dict[str, set[str]] = {}
    for one in said:
        if one.url:
            natives.setdefault(identity.canonical_address(one.url), set()).add(one.native or one.rungs[-1].value)
    return any(len(several) > 1 for several in natives.values())


def repeats_ids(said: Sequence[Said]) -> bool:
    """Whether so many entries of the document share an id that ids do not tell the entries of this feed apart."""
    natives = [(one.native, one.url or one.rungs[-1].value) for one in said if one.native]
    repeated = len(set(natives)) - len({native for native, _ in natives})
    return repeated >= _FEW and repeated > REPEATED * len(natives)


def _without_stand_in(entry: RawEntry) -> RawEntry:
    """RSS lets a guid stand for the address by default; `5` or `tag:…` leads nowhere."""
    if entry.link != entry.native or entry.link.lower().startswith(("http://", "https://")) or not entry.link:
        return entry
    return msgspec.structs.replace(entry, link="")


def _said(entry: RawEntry, base: str, feed_url: str) -> Said:
    url = entry.link[:LONGEST] if base.startswith("file:") else absolute(entry.link, base)
    link = identity.canonical_address(url) if url else entry.link
    native = entry.native if len(entry.native.encode()) <= _NATIVE_LIMIT else identity.digest(entry.native)
    names: list[tuple[Policy, str]] = []
    if native:
        names.append(("guid", native))
        if link:
            names.append(("guid+link", f"{native} {link}"))
    elif link:
        names.append(("link", link))
    # The clock of the server is another one at each poll, and says nothing of the entry.
    date = "" if entry.published_reason == "generated" else entry.published_raw
    own = identity.digest(entry.native, link, "") if entry.native or link else ""
    if entry.title:
        names.append(("title+date", " ".join(filter(None, (entry.title, date, own)))))
    names.append(("content", identity.digest(entry.title, entry.summary, entry.body, date, own)))
    link_alias, guid_alias = aliases(feed_url, url, native)
    return Said(
        entry=entry,
        url=url,
        native=native,
        rungs=tuple(Rung(policy, value, identity.item_id(feed_url, policy, value)) for policy, value in names),
        content_hash=identity.content_hash("feed", entry.title, entry.summary, entry.body),
        title=headline.sketch(entry.title),
        link_alias=link_alias,
        guid_alias=guid_alias,
    )


def aliases(feed_url: str, url: str, native: str) -> tuple[str, str]:
    """The keys by which an entry of this address and id is recognised under another scheme or host; see `Said`."""
    place, own_place = _place(url), _place(absolute(native, "") if "://" in native else "")
    return _alias(feed_url, place), _alias(feed_url, own_place) if own_place != place else ""


def _place(url: str) -> str:
    """What an address says beside scheme and host; empty when it says nothing."""
    if not url:
        return ""
    parts = urlsplit(identity.canonical_address(url))
    place = f"{parts.path}?{parts.query}#{parts.fragment}"
    return "" if place == "/?#" else place


def _alias(feed_url: str, place: str) -> str:
    return identity.digest("alias", feed_url, place) if place else ""
