"""The feeds that a site offers: what its page names, what is usual elsewhere, each one really read.

A handful of requests through the fetcher and the gate every poll goes through: the same guard on every hop, one request
at a time to one host. A feed is offered only when its document was parsed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from connectors.feeds.documents.document import ParsedDocument, ParseRequest, Unreadable
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.fetching.fetch import Fetched
from connectors.feeds.fetching.hosts import HostGate, host_of
from connectors.feeds.fetching.robots import RobotsRules
from connectors.feeds.sources import known_sites
from connectors.feeds.sources.page_links import feed_links
from schemas.address import web_parts
from schemas.duplicates import address_key
from schemas.errors import FeedError, WirewatchError
from schemas.feed import FeedStatus
from schemas.identity import canonical_address

MOST_REQUESTS = 20
"""Documents asked for in one search; redirects and robots.txt are not counted."""
MOST_SECONDS = 45.0
_MOST_LINKS = 12
_MOST_SITEMAPS = 3
_PAGES = frozenset({FeedStatus.HTML, FeedStatus.CHALLENGE})
_COMMENTS = re.compile(r"/comments?(?:/|$|\.)|comments/(?:feed|default)|feed=comments", re.IGNORECASE)
_COMMENTS_TITLE = re.compile(
    r"(?:comments (?:on|for)|kommentare (?:zu|für)|commentaires|comentarios|komentari)\b", re.IGNORECASE
)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that was read."""

    url: str
    """The address to list: where the feed has moved for good, or a redirect only changed the spelling, the new one."""
    document: ParsedDocument
    fetched: Fetched
    also: tuple[str, ...] = ()
    """Other addresses with the same items."""
    seconds: float = 0.0
    """How long the answer took."""
    robots: Literal["allowed", "disallowed", "unknown"] = "unknown"
    """Whether the robots.txt of its site lets us read it."""

    @property
    def comments(self) -> bool:
        """Whether it carries what readers say, not what the outlet says."""
        return bool(_COMMENTS.search(urlsplit(self.url).path + "?" + urlsplit(self.url).query)) or bool(
            _COMMENTS_TITLE.match(self.document.title)
        )

    @property
    def newest(self) -> datetime | None:
        """The newest date of an entry."""
        return max((entry.published_at for entry in self.document.entries if entry.published_at), default=None)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What a search came to."""

    address: str
    found: tuple[Found, ...]
    """The best first: the feeds of the site before those of its comments, those with entries before empty ones."""
    tried: dict[str, str]
    """Every address asked that is no feed, and why."""


Rules = Callable[[str], Awaitable[RobotsRules]]


class Discoverer:
    """Looks for feeds with a fetcher (`fetch`), gate and pool that stay the caller's. One search at a time."""

    def __init__(
        self,
        fetch: Callable[[str], Awaitable[Fetched]],
        gate: HostGate,
        pool: ParsePool,
        now: Callable[[], datetime],
        *,
        rules: Rules | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        """`rules` gives what robots.txt of a site says; without it, nothing is asked for it."""
        self._ask_server = fetch
        self._gate = gate
        self._pool = pool
        self._now = now
        self._rules = rules
        self._seconds = seconds
        self._asked: dict[str, Found | Fetched | None] = {}
        self._tried: dict[str, str] = {}
        self._left_alone: set[str] = set()

    async def search(self, address: str) -> Search:
        """The feeds at `address`: a feed, a page, or a host without a scheme. Raises `WirewatchError` for no address."""
        starts = beginnings(address)
        self._asked, self._tried, self._left_alone = {}, {}, set()
        try:
            async with asyncio.timeout(self._seconds):
                await self._look(starts)
                for url, answer in self._asked.items():
                    if isinstance(answer, Found):
                        self._asked[url] = msgspec.structs.replace(answer, robots=await self._allowed(answer.url))
        except TimeoutError:
            self._tried[address] = f"the search was ended after {self._seconds:.0f} s"
        # In the order they were asked, not in that of the answers.
        tried = {url: self._tried[url] for url in (*self._asked, address) if url in self._tried}
        return Search(address=address, found=_ranked(_folded(self._found)), tried=tried)

    @property
    def _found(self) -> list[Found]:
        return [answer for answer in self._asked.values() if isinstance(answer, Found)]

    async def _look(self, starts: Sequence[str]) -> None:
        for start in starts:
            answer = await self._ask(start)
            if answer is not None:
                break
        else:
            answer, start = None, next(filter(self._answered, starts), starts[-1])
        if isinstance(answer, Found):
            return
        here = answer.final_url if answer is not None else start
        await self._try((*known_sites.of_site(here), *_links_of(answer)))
        root = urljoin(here, "/")
        if not self._found and urlsplit(here).path not in {"", "/"}:
            front = await self._ask(root)
            await self._try(_links_of(front if isinstance(front, Fetched) else None))
        if answer is None and not any(map(self._answered, self._asked)):
            # No server said a word: asking for more would change nothing.
            return
        if not self._found:
            await self._try(urljoin(root, path) for path in known_sites.WELL_KNOWN)
        if not self._found and len(self._asked) < MOST_REQUESTS:
            await self._try(await self._sitemaps(root))

    def _answered(self, url: str) -> bool:
        return self._tried.get(url, "").startswith("HTTP ")

    async def _try(self, addresses: Iterable[str]) -> None:
        # Side by side over hosts; the gate keeps those of one host apart.
        await asyncio.gather(*map(self._ask, dict.fromkeys(addresses)))

    async def _sitemaps(self, root: str) -> tuple[str, ...]:
        named = (await self._rules(root)).sitemaps if self._rules is not None else ()
        news_first = sorted(named, key=lambda url: "news" not in url.lower())
        return (*news_first[:_MOST_SITEMAPS], *(urljoin(root, path) for path in known_sites.NEWS_SITEMAPS))

    async def _allowed(self, url: str) -> Literal["allowed", "disallowed", "unknown"]:
        rules = await self._rules(url) if self._rules is not None else None
        if rules is None or not rules.known:
            return "unknown"
        return "allowed" if rules.allows(url) else "disallowed"

    async def _ask(self, url: str) -> Found | Fetched | None:
        """The feed at `url`, or the page when it answers with one; None when neither, or nothing more may be asked."""
        if url in self._asked:
            return self._asked[url]
        if len(self._asked) >= MOST_REQUESTS or host_of(url) in self._left_alone:
            return None
        self._asked[url] = None
        try:
            fetched, seconds = await self._fetch(url)
        except FeedError as error:
            self._tried[url] = error.message
            return None
        request = ParseRequest(body=fetched.body, content_type=fetched.content_type, now=self._now())
        document, why = await self._pool.parse(request)
        if document is not None:
            spelled_anew = address_key(url) == address_key(fetched.final_url)
            listed = fetched.permanent or (fetched.final_url if spelled_anew else url)
            self._asked[url] = Found(url=listed, document=document, fetched=fetched, seconds=seconds)
        else:
            assert why is not None  # a reply is one of the two
            self._tried[url] = why.reason
            self._asked[url] = fetched if _is_page(why, fetched) else None
        return self._asked[url]

    async def _fetch(self, url: str) -> tuple[Fetched, float]:
        """The answer and the seconds it took, not counting the wait for the host's turn."""
        clock = asyncio.get_running_loop().time
        try:
            async with self._gate.turn(url):
                began = clock()
                return await self._ask_server(url), round(clock() - began, 3)
        except FeedError as error:
            self._gate.heed(url, error)
            if error.retry_after is not None or error.status is FeedStatus.RATE_LIMITED:
                self._left_alone.add(host_of(error.answered_by or url))
            raise


def beginnings(address: str) -> tuple[str, ...]:
    """The addresses that `address`, as a person types it, stands for. Raises `WirewatchError` for what is none."""
    text = address.strip()
    if text.lower().startswith("feed:"):
        text = text[5:].removeprefix("//")
    starts = (text,) if "://" in text else (f"https://{text}", f"http://{text}")
    if web_parts(starts[0]) is None or re.search(r"\s", text):
        raise WirewatchError("is no address of a site or feed", subject=repr(address))
    return tuple(start.partition("#")[0] for start in starts)


def _links_of(page: Fetched | None) -> tuple[str, ...]:
    return feed_links(page.body, page.content_type, page.final_url)[:_MOST_LINKS] if page is not None else ()


def _is_page(why: Unreadable, fetched: Fetched) -> bool:
    return why.status in _PAGES or "html" in fetched.content_type.lower()


def _folded(found: Iterable[Found]) -> list[Found]:
    """Each feed once, under the address that came first; the others are told with it."""
    kept: list[Found] = []
    for one in found:
        for place, first in enumerate(kept):
            if _same(first, one):
                if address_key(one.url) != address_key(first.url):
                    kept[place] = msgspec.structs.replace(first, also=(*first.also, one.url))
                break
        else:
            kept.append(one)
    return kept


def _same(first: Found, second: Found) -> bool:
    if address_key(first.fetched.final_url) == address_key(second.fetched.final_url):
        return True
    if first.comments != second.comments:
        return False
    for words in (_links, _natives):
        ours, theirs = words(first.document), words(second.document)
        # A longer edition of the same list, or the same one in another format.
        if ours and theirs and (ours == theirs or (_one_list(first, second) and (ours <= theirs or theirs <= ours))):
            return True
    return False


def _one_list(first: Found, second: Found) -> bool:
    return bool(first.document.title) and first.document.title == second.document.title


def _links(document: ParsedDocument) -> frozenset[str]:
    # With their fragments: what readers say of an article differs from it in nothing else.
    return frozenset(canonical_address(entry.link) for entry in document.entries if entry.link)


def _natives(document: ParsedDocument) -> frozenset[str]:
    return frozenset(entry.native for entry in document.entries if entry.native)


def _ranked(found: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(found, key=lambda one: (one.comments, not one.document.entries)))
