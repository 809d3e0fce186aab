"""What `robots.txt` of a site lets us fetch, by RFC 9309, remembered for a day.

    answer                                   what may be fetched
    200                                      what its rules allow to `wirewatch`, else to `*`
    4xx, more than five redirects            everything: there are no rules
    5xx, 429, no answer, a private address   nothing for now; rules known from before stay in force; asked again soon

Who asks for rules holds the turn of the host: the request for `robots.txt` belongs to the one that follows it.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import msgspec
from protego import Protego

from connectors.feeds.fetching.access import DIRECT, OPEN, Access, Proxy
from connectors.feeds.fetching.fetch import Fetcher, Wanted
from schemas.errors import FeedError
from schemas.feed import FeedStatus

PRODUCT = "wirewatch"
"""The product token by which a site can name us."""
MOST_BYTES = 500 * 1024
"""Rules are read from the beginning of a file; the RFC asks for no less."""
LONGEST_DELAY = 30.0
"""A longer Crawl-delay counts as this many seconds: some files ask for hours and mean a crawl of the whole site."""

_FILE = Wanted(accept="text/plain, */*;q=0.5", most=2 * 1024 * 1024, seconds=5.0)
_DAY = 86_400.0
_SOON = 600.0
_MANY_ORIGINS = 5_000
_MANY_BYTES = 16 * 1024 * 1024
# Large files take a tenth of a second to parse.
_LARGE = 64 * 1024
_AGENT = re.compile(r"^[ \t]*user[ -]?agent[ \t]*:?[ \t]*([^\s#/]*)[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_OTHER = "another"
_SITEMAPS = 100


class RobotsRules:
    """What one site asks of us."""

    def __init__(self, parsed: Protego | None = None, *, known: bool = True, refused: str = "") -> None:
        """`parsed` None: no rules. `known` False: the site did not tell, and nothing may be fetched."""
        self.known = known
        self.refused = refused
        """Why the guard lets nobody ask this site; empty when it does."""
        self._parsed = parsed
        delay = parsed.crawl_delay(PRODUCT) if parsed is not None else None
        self.crawl_delay = min(delay or 0.0, LONGEST_DELAY)
        """Seconds to leave between two requests, `LONGEST_DELAY` at most; 0: it asks for none."""
        sitemaps = parsed.sitemaps if parsed is not None else ()
        self.sitemaps = tuple(address for address, _ in zip(sitemaps, range(_SITEMAPS), strict=False))

    def allows(self, url: str) -> bool:
        """Whether `url`, an address of this site, may be fetched."""
        if self._parsed is None:
            return self.known
        return self._parsed.can_fetch(url, PRODUCT)


ALLOW_ALL = RobotsRules()
UNKNOWN = RobotsRules(known=False)


class _Kept(msgspec.Struct, frozen=True):
    rules: RobotsRules
    until: float
    size: int


class Robots:
    """The rules of the sites asked lately. Used from one event loop."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float]) -> None:
        """`fetcher` stays the caller's; `clock` counts seconds."""
        self._fetcher = fetcher
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def rules(self, url: str, through: Proxy = DIRECT) -> RobotsRules:
        """The rules of the site of `url`, asked through a proxy if there is one; never raises, see the table above."""
        site = _site(url)
        if not site:
            return UNKNOWN
        async with self._asking.setdefault(site, asyncio.Lock()):
            kept = self._kept.get(site)
            if kept is None or kept.until <= self._clock():
                kept = await self._ask(site, kept, through)
                self._keep(site, kept)
            return kept.rules

    async def _ask(self, site: str, before: _Kept | None, through: Proxy) -> _Kept:
        access = Access(proxy=through) if through else OPEN
        try:
            fetched = await self._fetcher.fetch(f"{site}/robots.txt", access=access, wanted=_FILE)
        except FeedError as error:
            if _has_no_rules(error):
                return _Kept(ALLOW_ALL, self._clock() + _DAY, 0)
            if before is None:
                refused = error.message if error.status == FeedStatus.BLOCKED_ADDRESS else ""
                before = _Kept(RobotsRules(known=False, refused=refused), 0.0, 0)
            return _Kept(before.rules, self._clock() + _SOON, before.size)
        body = fetched.body[:MOST_BYTES]
        rules = parse(body) if len(body) < _LARGE else await asyncio.to_thread(parse, body)
        return _Kept(rules, self._clock() + _DAY, len(body))

    def _keep(self, site: str, kept: _Kept) -> None:
        before = self._kept.get(site)
        self._bytes += kept.size - (before.size if before is not None else 0)
        self._kept[site] = kept
        self._kept.move_to_end(site)
        while len(self._kept) > _MANY_ORIGINS or (self._bytes > _MANY_BYTES and len(self._kept) > 1):
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size


def parse(body: bytes) -> RobotsRules:
    """The rules in `body`, whatever it is."""
    return RobotsRules(Protego.parse(_AGENT.sub(_ours, body.decode("utf-8-sig", "replace").replace("\0", ""))))


def _ours(line: re.Match[str]) -> str:
    """The line with a name that is not ours made one and the same.

    The parser keeps each rule once for each name of its group: ten thousand names before ten thousand rules would fill
    the memory.
    """
    name = line[1].lower()
    return f"User-agent: {name if name in {PRODUCT, '*'} else _OTHER}"


def _has_no_rules(error: FeedError) -> bool:
    if error.status in {FeedStatus.RATE_LIMITED, FeedStatus.BLOCKED_ADDRESS}:
        return False
    # A redirect too many counts as no file. (With 2xx the answer came, but was too large or broken.)
    return HTTPStatus.MULTIPLE_CHOICES <= error.http_status < HTTPStatus.INTERNAL_SERVER_ERROR


def _site(url: str) -> str:
    """Scheme, host and port of `url`; empty when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in {"http", "https"} or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}"
