"""Full text: an entry that says little is completed with the text of its page, before it goes on the log.

For sources with `full_text`, pages of entries that are new or changed and no history:

    thin item ──page in time──> one item of kind `page`: title and summary of the feed, body of the page
        └─────── else ────────> the item as the feed gave it; owed, and the next poll tries once more ──> kind `page`

A first page text has `op` `new` also when it comes late: it is no edit, and its article alerts once. What is owed lies
in the feed's state; when that is lost, so is the second try and nothing else.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from connectors.feeds.access import Access
from connectors.feeds.document import PAGE, ParseRequest, RawEntry
from connectors.feeds.fetch import Fetcher, Wanted
from connectors.feeds.hosts import HostGate
from connectors.feeds.manners import Manners
from connectors.feeds.outcome import Outcome, Poll
from connectors.feeds.parse_pool import ParsePool
from connectors.interfaces import FeedStates, Known
from schemas import identity
from schemas.errors import FeedError
from schemas.feed import FeedSource, FeedStatus
from schemas.item import FeedItem
from schemas.query.fold import fold_words
from schemas.time import rfc3339

THIN = 600
"""An entry with fewer characters of text is thin."""
SECONDS = 10.0
"""For all pages of one poll together: what is not there by then goes on without."""
MOST_PAGES = 20
"""Pages asked for in one poll, and items of a feed that can be owed."""

_AT_ONCE = 8
_HTML = Wanted(
    accept="text/html, application/xhtml+xml;q=0.9, */*;q=0.1", most=5 * 1024 * 1024, seconds=SECONDS
)  # fmt: skip
_KINDS = frozenset({"text/html", "application/xhtml+xml"})
_PASSING = frozenset({FeedStatus.TIMEOUT, FeedStatus.UNREACHABLE, FeedStatus.SERVER_ERROR, FeedStatus.RATE_LIMITED})
_TELLING = 4
"""Letters at which a word says something, and by whose beginning it is known in another case or number."""


class Missed(msgspec.Struct, frozen=True):
    """A page that gave no text, and whether a second try can help."""

    reason: str
    again: bool = False


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
        return _completed(
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
            if isinstance(page, BaseException) and not isinstance(page, asyncio.CancelledError):
                raise page
            pages.append(late if isinstance(page, BaseException) else page)
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
            if error.retry_after is not None:
                self._gate.quiet(item.url, error.retry_after)
            return Missed(error.message, again=error.status in _PASSING)
        kind = fetched.content_type.partition(";")[0].strip().lower()
        if kind not in _KINDS:
            return Missed(f"what is there is {kind or 'of no kind'}, not HTML")
        if _is_front(fetched.final_url) and not _is_front(item.url):
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


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """The pages of one poll."""

    first: tuple[FeedItem, ...]
    """Thin items of this poll."""
    again: tuple[FeedItem, ...]
    """Items sent by an earlier poll, tried for the second time."""
    pages: Mapping[str, RawEntry | Missed]
    """By item id; of items beyond `MOST_PAGES` there is none."""
    known: frozenset[str]
    """Pages (`identity.page_id`) of which a text was sent before."""


def is_thin(item: FeedItem) -> bool:
    """Whether the page of `item` is wanted: it says little, and has an address of its own."""
    short = len(item.summary) + len(item.body) < THIN
    return short and item.keyed_by == "address" and not item.history


def tells_of(item: FeedItem, text: str) -> bool:
    """Whether `text` can be the article of `item`.

    A page that wants consent, money or proof of being human is shorter, or knows no word of the title.
    """
    if len(text) <= len(item.summary) + len(item.body):
        return False
    title, words = set(fold_words(item.title)), set(fold_words(text))
    beginnings = tuple(word[: max(_TELLING, len(word) - 2)] for word in title if len(word) >= _TELLING)
    if beginnings:
        return any(word.startswith(beginnings) for word in words)
    # Short words, or a script whose characters are words: any of them may be anywhere.
    return 2 * len(title & words) >= len(title)


def with_page(item: FeedItem, page: RawEntry, seen_at: datetime, op: Literal["new", "update"]) -> FeedItem:
    """`item` with the text of its page as body; all that its feed said of it stays, as title and summary."""
    title = item.title or page.title
    summary = "\n".join(filter(None, (item.summary, item.body)))
    content = identity.content_hash("page", title, summary, page.body)
    return msgspec.structs.replace(
        item,
        kind="page",
        feed_content=item.content_hash,
        title=title,
        summary=summary,
        body=page.body,
        content_hash=content,
        version_id=identity.version_id(item.article_id, content),
        op=op,
        seen_at=seen_at,
        truncated=item.truncated or page.truncated,
        trace_id=identity.digest("trace", item.item_id, content, rfc3339(seen_at)),
    )


def _completed(poll: Poll, result: Outcome, tried: Tried) -> Outcome:
    """`result` with the pages that came; what can be tried again is owed, once."""

    def paged(item: FeedItem, seen_at: datetime) -> FeedItem | None:
        page = tried.pages.get(item.item_id)
        op: Literal["new", "update"] = "update" if identity.page_id(item.item_id) in tried.known else "new"
        return with_page(item, page, seen_at, op) if isinstance(page, RawEntry) else None

    items: list[FeedItem] = []
    for item in result.items:
        whole = paged(item, item.seen_at)
        # An edit in the feed stays one, also when its page comes for the first time.
        if whole is None or whole.op != item.op:
            items.append(item)
        if whole is not None:
            items.append(whole)
    late = [whole for item in tried.again if (whole := paged(item, poll.fetched_at)) is not None]
    items += late
    missed = [page for page in tried.pages.values() if isinstance(page, Missed)]
    owed = [item for item in tried.first if _is_owed(tried.pages.get(item.item_id))]
    marks = {
        identity.page_id(item.item_id): Known(item.content_hash, published_at=item.published_at)
        for item in items
        if item.kind == "page"
    }
    reason = result.record.reason + _sentence(len(marks), missed)
    return msgspec.structs.replace(
        result,
        record=msgspec.structs.replace(result.record, reason=reason),
        items=tuple(items),
        seen={**result.seen, **marks},
        owed=tuple(owed[:MOST_PAGES]),
    )


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _is_owed(page: RawEntry | Missed | None) -> bool:
    return page is None or (isinstance(page, Missed) and page.again)


def _sentence(read: int, missed: Sequence[Missed]) -> str:
    said = f"; {read} {'page' if read == 1 else 'pages'} read for the text" if read else ""
    if missed:
        reasons = Counter(one.reason for one in missed)
        said += (
            f"; {len(missed)} {'page' if len(missed) == 1 else 'pages'} could not be ({reasons.most_common(1)[0][0]})"
        )
    return said
