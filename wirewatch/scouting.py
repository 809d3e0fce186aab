"""Looking at feeds before they are listed: discovery with the settings of the poller, and comparing with what is listed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import DataFolderError, SettingsError, WirewatchError
from schemas.feed import FeedSource, FeedState
from schemas.time import now
from wirewatch import wiring

if TYPE_CHECKING:
    from connectors.feeds.fetching.access import Access
    from connectors.feeds.fetching.fetch import Fetched
    from connectors.feeds.sources.discover import Found, Search
    from wirewatch.settings import Settings

_TIMEOUT = 15.0
"""Seconds for one request at most: somebody waits for the verdict."""
_PARSERS = 2
_FEWEST = 3
_SHARE = 0.8


def search(settings: Settings, address: str, access: str = "") -> Search:
    """The feeds at `address`, asked with the access of that name.

    Raises `WirewatchError` for what is no address, and when there is no feed; `SettingsError` for an unknown access.
    """
    found = asyncio.run(_search(settings, address, _access(settings, access)))
    if not found.found:
        raise WirewatchError(_nothing(found), subject=address)
    return found


async def _search(settings: Settings, address: str, access: Access) -> Search:
    from connectors.feeds.documents.parse_pool import ParsePool
    from connectors.feeds.fetching.fetch import Fetcher, user_agent
    from connectors.feeds.fetching.guard import Guard, networks
    from connectors.feeds.fetching.hosts import HostGate
    from connectors.feeds.fetching.manners import Manners
    from connectors.feeds.fetching.robots import Robots
    from connectors.feeds.sources.discover import Discoverer, beginnings

    feeds = settings.feeds
    guard = Guard(networks(feeds.allow_networks))
    fetcher = Fetcher(user_agent=user_agent(feeds.contact), guard=guard, timeout=min(feeds.timeout, _TIMEOUT), now=now)
    clock = asyncio.get_running_loop().time
    gate = HostGate(feeds.host_delay, guard, ours=bool(feeds.allow_networks), clock=clock)
    pool = ParsePool(_PARSERS)
    robots = Robots(fetcher, clock)
    manners = Manners(feeds.robots, robots, gate)
    await fetcher.open()
    try:
        # Credentials go to the origin that was typed, and over plain http only when that was typed too.
        listed = beginnings(address)[0]

        async def fetch(url: str) -> Fetched:
            await manners.before_feed(url, access.proxy)
            return await fetcher.fetch(url, access=access, listed=listed)

        rules = partial(robots.rules, through=access.proxy) if feeds.robots != "ignore" else None
        return await Discoverer(fetch, gate, pool, now, rules=rules).search(address)
    finally:
        await fetcher.close()
        await pool.close()


def _access(settings: Settings, name: str) -> Access:
    from connectors.feeds.fetching.access import OPEN
    from wirewatch.access import access, proxied

    feeds = settings.feeds
    if name and name not in feeds.access:
        raise SettingsError(f"the settings have no section feeds.access.{name}", subject="--access")
    found = access(feeds.access[name], f"feeds.access.{name}") if name else OPEN
    if found.proxy:
        return found
    return msgspec.structs.replace(found, proxy=proxied(feeds.proxy, feeds.proxy_file, "feeds.proxy"))


def listed_already(settings: Settings, found: Found, sources: Sequence[FeedSource]) -> str | None:
    """As which source this feed is listed already, and how that is known, for a sentence; None for a new one."""
    from schemas.duplicates import Known

    same = Known(sources, wiring.led_to(settings)).same(found.url, found.fetched.final_url, *found.also)
    if same is not None:
        return _named(same, found.url, "another address of the same feed")
    return _same_items(settings, found, sources)


def _same_items(settings: Settings, found: Found, sources: Sequence[FeedSource]) -> str | None:
    """As which source it is listed that has brought nearly all of these articles before."""
    from connectors.feeds.items.entries import Origin, build

    origin = Origin(
        source=FeedSource(feed_url=found.url),
        final_url=found.fetched.final_url,
        seen_at=now(),
        state=FeedState(feed_url=found.url),
    )
    ids = {item.article_id for item in build(found.document, origin).items if item.url}
    try:
        index = wiring.read_index(settings)
    except DataFolderError:
        # No run yet: nothing to compare with.
        return None
    try:
        articles = [article for article in map(index.article, ids) if article is not None]
    finally:
        index.close()
    brought = Counter(url for article in articles for url in {one.feed_url for one in article.sightings})
    for source in sources:
        if brought[source.feed_url] >= max(_FEWEST, _SHARE * len(ids)):
            how = f"it has brought {brought[source.feed_url]} of these {len(ids)} articles"
            return _named(source, found.url, how)
    return None


def _named(source: FeedSource, url: str, how: str) -> str:
    name = f" ({source.name})" if source.name else ""
    return name if source.feed_url == url else f" as {source.feed_url}{name}: {how}"


def _nothing(search: Search) -> str:
    if not search.tried:
        return "no feed found"
    if len(search.tried) == 1:
        return f"no feed found here: {next(iter(search.tried.values()))}"
    # A dozen usual addresses often fail in one way: say it once.
    by_reason: dict[str, list[str]] = {}
    for url, why in search.tried.items():
        by_reason.setdefault(why, []).append(url)
    return "no feed found here:\n" + "\n".join(f"  {_one_of(urls)}: {why}" for why, urls in by_reason.items())


def _one_of(urls: Sequence[str]) -> str:
    return urls[0] if len(urls) == 1 else f"{urls[0]} and {len(urls) - 1} more"
