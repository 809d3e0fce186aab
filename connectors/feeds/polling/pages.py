"""What the pages of a poll make of its items: pure, from what each page gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from connectors.feeds.documents.document import RawEntry
from connectors.feeds.polling.outcome import Outcome, Poll
from connectors.interfaces import Known
from schemas import identity
from schemas.item import FeedItem
from schemas.query.fold import fold_words
from schemas.time import rfc3339

THIN = 600
"""An entry with fewer characters of text is thin."""
MOST_OWED = 20
"""Items of a feed that can be owed."""

_TELLING = 4
"""Letters at which a word says something, and by whose beginning it is known in another case or number."""


class Missed(msgspec.Struct, frozen=True):
    """A page that gave no text, and whether a second try can help."""

    reason: str
    again: bool = False


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """The pages of one poll."""

    first: tuple[FeedItem, ...]
    """Thin items of this poll."""
    again: tuple[FeedItem, ...]
    """Items sent by an earlier poll, tried for the second time."""
    pages: Mapping[str, RawEntry | Missed]
    """By item id; of items that were too many there is none."""
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
    body = _without_title(page.body, title)
    content = identity.content_hash("page", title, summary, body)
    return msgspec.structs.replace(
        item,
        kind="page",
        feed_content=item.content_hash,
        title=title,
        summary=summary,
        body=body,
        content_hash=content,
        version_id=identity.version_id(item.article_id, content),
        op=op,
        seen_at=seen_at,
        truncated=item.truncated or page.truncated,
        trace_id=identity.digest("trace", item.item_id, content, rfc3339(seen_at)),
    )


def _without_title(text: str, title: str) -> str:
    """`text` without its first line when that is the title once more, as on most pages."""
    first, _, rest = text.partition("\n")
    return rest if rest and fold_words(first) == fold_words(title) else text


def completed(poll: Poll, result: Outcome, tried: Tried) -> Outcome:
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
        owed=tuple(owed[:MOST_OWED]),
    )


def is_front(url: str) -> bool:
    """Whether `url` is the front page of a site."""
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
