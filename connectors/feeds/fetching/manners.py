"""What sites ask of us in `robots.txt`, and how far that binds us.

A feed is published to be polled, and the team chose it: by default its address is asked whatever the rules say, but not
more often than they ask. A page is fetched on our own account, and only where the rules allow it.
"""

from __future__ import annotations

from typing import Literal

from connectors.feeds.fetching.access import DIRECT, Proxy
from connectors.feeds.fetching.hosts import HostGate, host_of
from connectors.feeds.fetching.robots import LONGEST_DELAY, Robots, RobotsRules
from schemas.errors import FeedError
from schemas.feed import FeedStatus

Mode = Literal["delay", "obey", "ignore"]

_DAY = 86_400.0


class Manners:
    """Asked before each request, in the turn of its host. Raises `FeedError` when the request is not to be made.

    `through` is the proxy that the request goes through, as does the one for the rules.
    """

    def __init__(self, mode: Mode, robots: Robots, gate: HostGate) -> None:
        self._mode = mode
        self._robots = robots
        self._gate = gate

    async def before_feed(self, feed_url: str, through: Proxy = DIRECT) -> None:
        """A feed whose site does not tell its rules is fetched."""
        if self._mode == "ignore":
            return
        # One request in some minutes is fewer than any delay asks for: the rules of such a host need not be known.
        if self._mode == "delay" and not self._gate.asked_within(feed_url, LONGEST_DELAY):
            return
        rules = await self._rules(feed_url, through)
        if self._mode == "obey" and rules.known and not rules.allows(feed_url):
            raise _disallowed(feed_url, "and feeds.robots is set to obey it")

    async def before_page(self, url: str, through: Proxy = DIRECT) -> None:
        """A page whose site does not tell its rules is not fetched, for now."""
        if self._mode == "ignore":
            return
        rules = await self._rules(url, through)
        if rules.refused:
            raise FeedError(rules.refused, subject=url, status=FeedStatus.BLOCKED_ADDRESS)
        if not rules.known:
            reason = f"the rules of {host_of(url)} (robots.txt) cannot be read"
            raise FeedError(reason, subject=url, status=FeedStatus.UNREACHABLE)
        if not rules.allows(url):
            raise _disallowed(url, "for pages")

    async def _rules(self, url: str, through: Proxy) -> RobotsRules:
        rules = await self._robots.rules(url, through)
        if rules.crawl_delay:
            self._gate.slow_down(url, rules.crawl_delay, _DAY)
        return rules


def _disallowed(url: str, why: str) -> FeedError:
    return FeedError(
        f"robots.txt of {host_of(url)} disallows this address, {why}", subject=url, status=FeedStatus.REFUSED
    )
