"""Full text: an entry that says little is completed with the text of its page, before it goes on the log.

For sources with `full_text`, pages of entries that are new or changed and no history:

    thin item ──page in time──> one item of kind `page`: title and summary of the feed, body of the page
        └─────── else ────────> the item as the feed gave it; owed, and the next poll tries once more ──> kind `page`

A first page text has `op` `new` also when it comes late: it is no edit, and its article alerts once. What is owed lies
in the feed's state; when that is lost, so is the second try and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from connectors.feeds.documents.document import PAGE, ParseRequest, RawEntry
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.fetching.access import Access
from connectors.feeds.fetching.fetch import Fetcher, Wanted
from connectors.feeds.fetching.hosts import HostGate
from connectors.feeds.fetching.manners import Manners
from connectors.feeds.polling.outcome import Outcome, Poll
from connectors.feeds.polling.pages import Missed, Tried, completed, is_front, is_thin, tells_of
from connectors.interfaces import FeedStates
from schemas import identity
from schemas.errors import FeedError
from schemas.feed import FeedSource, FeedStatus
from schemas.item import FeedItem

SECONDS = 10.0
"""For all pages of one poll together: what is not there by then goes on without."""
MOST_PAGES = 20
"""Pages asked for in one poll, without those owed."""

_AT_ONCE = 8
_HTML = Wanted(
    accept="text/html, application/xhtml+xml;q=0.9, */*;q=0.1", most=5 * 1024 * 1024, seconds=SECONDS
)  # fmt: skip
_KINDS = frozenset({"text/html", "application/xhtml+xml"})
_PASSING = frozenset({FeedStatus.TIMEOUT, FeedStatus.UNREACHABLE, FeedStatus.SERVER_ERROR, FeedStatus.RATE_LIMITED})


class FullText:
    """Completes outcomes. Used from one event loop; owns none of its parts."""

    def __init__(
        self,
        gate: HostGate,
        manners: Manners,
        fetcher: Fetcher,
        pool: ParsePool,
        states: FeedStates,
        *,
        access: Callable[[FeedSource], Access],
        seconds: float = SECONDS,
    ) -> None:
        self._access = access
        self._seconds = seconds
        self._gate = gate
        self._manners = manners
        self._fetcher = fetcher
        self._pool = pool
        self._states = states
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def complete(self, poll: Poll, result: Outcome) -> Outcome:
        """`result` with the texts of pages, in `seconds` at most; a poll that failed stays as it is."""
        if not result.readable:
            return result
        if not poll.source.full_text:
            return msgspec.structs.replace(result, owed=()) if poll.state.owed else result
        first = [item for item in result.items if is_thin(item)]
        sent = {item.item_id for item in result.items}
        again = [item for item in poll.state.owed if item.item_id not in sent]
        wanted = [*first[:MOST_PAGES], *again]
        if not wanted:
            return msgspec.structs.replace(result, owed=())
        ids = [identity.page_id(item.item_id) for item in wanted]
        known = await asyncio.to_thread(self._states.seen, poll.source.feed_url, ids)
        pages = await self._pages(poll, wanted)
        tried = dict(zip((one.item_id for one in wanted), pages, strict=True))
        return completed(
            poll, result, Tried(first=tuple(first), again=tuple(again), pages=tried, known=frozenset(known))
        )

    async def _pages(self, poll: Poll, items: Sequence[FeedItem]) -> list[RawEntry | Missed]:
        """What the pages of `items` gave, in their order; those begun first have the better chance."""
        tasks = [asyncio.ensure_future(self._page(poll, item)) for item in items]
        try:
            await asyncio.wait(tasks, timeout=self._seconds)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        late = Missed(f"not there within {self._seconds:g} s", again=True)
        pages: list[RawEntry | Missed] = []
        for page in ended:
            if isinstance(page, asyncio.CancelledError):
                pages.append(late)
            elif isinstance(page, BaseException):
                # What nobody thought of in a page is no reason to lose its feed.
                pages.append(Missed(f"wirewatch failed over it, {type(page).__name__}"))
            else:
                pages.append(page)
        return pages

    async def _page(self, poll: Poll, item: FeedItem) -> RawEntry | Missed:
        try:
            async with self._gate.turn(item.url), self._slots:
                access = self._access(poll.source)
                fetched = await self._fetcher.fetch(
                    item.url, access=access, listed=poll.source.feed_url, wanted=_HTML,
                    hop=partial(self._manners.before_page, through=access.proxy),
                )  # fmt: skip
        except FeedError as error:
            self._gate.heed(item.url, error)
            return Missed(error.message, again=error.status in _PASSING)
        kind = fetched.content_type.partition(";")[0].strip().lower()
        if kind not in _KINDS:
            return Missed(f"what is there is {kind or 'of no kind'}, not HTML")
        if is_front(fetched.final_url) and not is_front(item.url):
            return Missed("its address leads to the front page")
        if not fetched.complete:
            return Missed("the connection ended before the page did", again=True)
        document, why = await self._pool.parse(
            ParseRequest(
                body=fetched.body, content_type=fetched.content_type, language=poll.source.language,
                now=poll.fetched_at, form=PAGE,
            )
        )  # fmt: skip
        if document is None:
            assert why is not None  # a reply is one of the two
            return Missed(why.reason)
        page = document.entries[0]
        return page if tells_of(item, page.body) else Missed("the page does not show the article")
