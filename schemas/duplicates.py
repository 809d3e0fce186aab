"""Which sources are the same feed under other addresses: pure, from how they are written and where they led."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from schemas.feed import FINE, FeedSource, FeedState
from schemas.identity import canonical_address

Elsewhere = Mapping[str, Sequence[str]]
"""By feed address: other addresses known to lead to the same document."""


def address_key(url: str) -> str:
    """Equal for the spellings of one address: http or https, with www or without, a slash at the end, trackers."""
    key = canonical_address(url).partition("#")[0].removeprefix("https://").removeprefix("www.")
    path, mark, query = key.partition("?")
    return path.rstrip("/") + mark + query


def led_to(states: Iterable[FeedState]) -> Elsewhere:
    """Where polls that were fine ended, and where feeds have moved for good."""
    found: dict[str, Sequence[str]] = {}
    for state in states:
        fetch = state.last_fetch
        # A page that says "blocked" may stand at the end of many feeds.
        ended = fetch.final_url if fetch is not None and fetch.status in FINE else ""
        if others := [url for url in (ended, state.moved_to) if url and url != state.feed_url]:
            found[state.feed_url] = others
    return found


class Known:
    """Sources by every address they are known under; the first one with an address has it."""

    def __init__(self, sources: Iterable[FeedSource] = (), elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere = elsewhere or {}
        self._by_key: dict[str, FeedSource] = {}
        for source in sources:
            self.add(source)

    def add(self, source: FeedSource) -> None:
        """Know `source` too."""
        for url in (source.feed_url, *self._elsewhere.get(source.feed_url, ())):
            self._by_key.setdefault(address_key(url), source)

    def same(self, *urls: str) -> FeedSource | None:
        """The source that one of `urls` belongs to."""
        return next((self._by_key[key] for key in map(address_key, urls) if key in self._by_key), None)


def originals(sources: Iterable[FeedSource], elsewhere: Elsewhere) -> dict[str, str]:
    """Of each source that is listed again: its address, and that of the first with the same feed."""
    known, found = Known(elsewhere=elsewhere), {}
    for source in sources:
        first = known.same(source.feed_url, *elsewhere.get(source.feed_url, ()))
        if first is not None:
            found[source.feed_url] = first.feed_url
        known.add(source)
    return found
