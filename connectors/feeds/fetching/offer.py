"""The hubs that an answer names: what a feed says of who would tell of its news."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from connectors.feeds.documents.document import Hints
from connectors.feeds.fetching.linkheader import linked
from schemas.address import absolute


class Offer(msgspec.Struct, frozen=True):
    """What a feed says of who tells of its news: its hubs, never empty, and the address that names it to them."""

    hubs: tuple[str, ...]
    topic: str


def offered(links: Sequence[str], hints: Hints, final_url: str) -> Offer | None:
    """The offer in an answer: `Link` headers go before the document. None without a hub or without `rel=self`."""
    headers = linked(links)
    hubs = _addresses(headers.get("hub", ()) or (hints.hub,), final_url)
    topics = _addresses(headers.get("self", ()) or (hints.topic,), final_url)
    # Hubs may refuse any other topic than the one the publisher names, so none is guessed.
    return Offer(tuple(dict.fromkeys(hubs)), topics[0]) if hubs and topics else None


def _addresses(written: Sequence[str], base: str) -> list[str]:
    found = (absolute(text.strip(), base) for text in written)
    return [url for url in found if url and url.isprintable() and urlsplit(url).username is None]
