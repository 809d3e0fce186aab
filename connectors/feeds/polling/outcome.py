"""What a poll came to, as records, state and a sentence for a person: pure, from the answer and what was known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from connectors.feeds.documents.document import Hints, ParsedDocument, Unreadable
from connectors.feeds.fetching.fetch import Fetched
from connectors.feeds.fetching.offer import Offer, offered
from connectors.feeds.fetching.validators import Validators
from connectors.feeds.items.entries import Items, origin_headers
from connectors.feeds.items.naming import Recall
from connectors.feeds.polling.gaps import NONE, Gap, gap
from connectors.interfaces import Known, NewRecord
from schemas import identity
from schemas.deadletter import RAW_LIMIT, DeadLetter
from schemas.errors import FeedError
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from schemas.item import FeedItem

_SET_ASIDE = frozenset({FeedStatus.MALFORMED, FeedStatus.HTML})


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A finished poll before it is written down."""

    record: FetchRecord
    items: tuple[FeedItem, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    seen: Mapping[str, Known] = msgspec.field(default_factory=dict)
    """What to remember once the log has all this."""
    readable: bool = False
    """Whether the server answered as a feed; else the poll failed."""
    validators: Validators | None = None
    """None: those of before stay."""
    body_hash: str | None = None
    published: tuple[datetime, ...] = ()
    came: tuple[datetime, ...] = ()
    """The date of each new item, as far as it has one, else that of the poll."""
    gap: Gap = NONE
    hints: Hints | None = None
    """What the document asks of those who poll it; None: as before."""
    fresh_for: float = 0.0
    retry_after: float | None = None
    full: bool = False
    """Whether the whole document was asked for, without validators, and came."""
    lost: bool = False
    """Whether the address polled is no more."""
    owed: tuple[FeedItem, ...] | None = None
    """See `FeedState.owed`. None: those of before stay."""
    offer: Offer | None = None
    """What the answer says of hubs that would tell of its news."""

    def records(self) -> list[NewRecord]:
        """Everything this poll puts on the log; the account of it last, when the rest is there."""
        return [
            *(NewRecord.of("items", item.article_id, item, trace=item.trace_id) for item in self.items),
            *(NewRecord.of("deadletters", letter.id, letter) for letter in self.dead),
            NewRecord.of("fetches", self.record.feed_url, self.record),
        ]


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """One poll as it goes on: whose, since when, and what was known before."""

    source: FeedSource
    state: FeedState
    fetched_at: datetime
    seconds: float = 0.0
    replaying: str = ""
    """The dead letter this poll runs again: it does not count as written before, so that a second failure shows."""
    late: float = 0.0
    """Seconds by which it began after it was due."""
    pushed: bool = False
    """Whether it is no poll but a delivery of the feed's hub."""

    def record(self, status: FeedStatus, reason: str, **more: object) -> FetchRecord:
        """The account of this poll."""
        return FetchRecord(
            feed_url=self.source.feed_url,
            fetched_at=self.fetched_at,
            status=status,
            reason=reason,
            seconds=round(self.seconds, 3),
            late=round(self.late, 3),
            **{"keyed_by": self.state.keyed_by, "named_by": self.state.named_by, **more},  # type: ignore[arg-type] # names are checked by the Struct
        )


def failed(poll: Poll, error: FeedError) -> Outcome:
    """A poll that brought no document."""
    record = poll.record(FeedStatus(error.status), error.message, http_status=error.http_status)
    lost = error.lost or record.status in {FeedStatus.NOT_FOUND, FeedStatus.GONE}
    return Outcome(record=record, retry_after=error.retry_after, lost=lost)


def unchanged(poll: Poll, fetched: Fetched) -> Outcome:
    """A poll that brought the document of last time, or word that there is no newer one."""
    how = "the server says nothing changed" if fetched.unchanged else "the same document as last time"
    record = poll.record(
        FeedStatus.UNCHANGED, how, http_status=fetched.http_status, bytes_read=fetched.bytes_read,
        final_url=fetched.final_url,
    )  # fmt: skip
    return Outcome(record=record, readable=True, validators=fetched.validators, fresh_for=fetched.fresh_for)


def unreadable(poll: Poll, fetched: Fetched, why: Unreadable, recall: Recall) -> Outcome:
    """A poll that brought a document which is no feed: set aside, once for each distinct document."""
    reason = why.reason
    if not fetched.complete:
        reason += f"; the connection ended early, after {fetched.bytes_read:,} bytes"
    record = poll.record(
        why.status, reason, http_status=fetched.http_status, bytes_read=fetched.bytes_read,
        final_url=fetched.final_url,
    )  # fmt: skip
    if why.status not in _SET_ASIDE:
        return Outcome(record=record)
    letter = dead_letter(poll.source, fetched, reason, poll.fetched_at)
    if letter.id in recall((letter.id,)):
        return Outcome(record=record)
    return Outcome(record=record, dead=(letter,), seen={letter.id: Known(letter.raw_hash)})


def dead_letter(source: FeedSource, fetched: Fetched, reason: str, moment: datetime) -> DeadLetter:
    """A document set aside, with what is needed to parse it again."""
    raw_hash = identity.raw_hash(fetched.body)
    position = f"{source.feed_url}#{raw_hash}"
    return DeadLetter(
        id=identity.dead_letter_id(position, "parse"),
        stage="parse",
        reason=reason,
        position=position,
        subject=source.feed_url,
        headers={"content-type": fetched.content_type, **origin_headers(source, fetched.final_url)},
        raw=fetched.body[:RAW_LIMIT],
        length=len(fetched.body),
        raw_hash=raw_hash,
        failed_at=moment,
    )


def read(poll: Poll, fetched: Fetched, document: ParsedDocument, built: Items, body_hash: str = "") -> Outcome:
    """A poll that brought a feed, known by `body_hash`; what of it was not sent before goes on the log."""
    updated = sum(item.op == "update" for item in built.unsent)
    new = len(built.unsent) - updated
    entries = len(document.entries) + len(document.broken)
    # Half a document is no state to compare the next one with, and none to look for gaps in.
    whole = fetched.complete and not document.cut
    dates = tuple(item.published_at for item in built.items if item.published_at is not None)
    found = NONE
    # What a hub delivers, and what was set aside, is not the whole of what the feed has at that time.
    if whole and fetched.http_status and not poll.replaying:
        found = gap(poll.state.rhythm, poll.fetched_at, dates, len(built.items), known=new < len(built.items))
    status = FeedStatus.WORKING if entries else FeedStatus.EMPTY
    if entries and whole and not built.unsent and not built.dead:
        status = FeedStatus.UNCHANGED
    record = poll.record(
        status,
        "; ".join(
            (
                *_sentences(document, entries, new, updated),
                *_switches(poll.state, built),
                *_of_gap(found, poll),
                *document.notes,
            )
        ),
        http_status=fetched.http_status,
        bytes_read=fetched.bytes_read,
        entries=entries,
        new=new,
        updated=updated,
        copies=built.copies,
        keyed_by=built.keyed_by,
        named_by=built.named_by,
        final_url=fetched.final_url,
        missed=found.missed,
    )
    return Outcome(
        record=record,
        items=built.unsent,
        dead=built.dead,
        seen=built.marks,
        readable=True,
        validators=fetched.validators if whole else None,
        body_hash=body_hash if whole else None,
        offer=offered(fetched.links, document.hints, fetched.final_url),
        published=dates,
        came=tuple(item.published_at or poll.fetched_at for item in built.unsent if item.op == "new"),
        gap=found,
        hints=document.hints,
        fresh_for=fetched.fresh_for,
    )


def _of_gap(found: Gap, poll: Poll) -> Iterator[str]:
    if found.missed:
        yield (
            f"possible gap: no entry was known from the poll before, about {found.missed:,} scrolled off in between; a"
            " shorter `interval` pinned for the source would help"
        )
    elif found.renamed:
        yield "no entry was known although some are older than the last poll: the feed has given them other ids"
    elif found.replaced and poll.state.rhythm.replaced:
        yield "no entry was known from the poll before, as is usual for this feed"
    elif found.replaced:
        yield "no entry was known from the poll before, but nothing seems to be missing"


def _sentences(document: ParsedDocument, entries: int, new: int, updated: int) -> list[str]:
    if not entries:
        parts = ["a feed without entries"]
    else:
        parts = [f"{entries} {'entry' if entries == 1 else 'entries'}, {new} new, {updated} changed"]
    if document.cut:
        parts.append("the document is cut in the middle, only complete entries were read")
    if document.broken:
        parts.append(f"{len(document.broken)} of them could not be read, set aside")
    return parts


def _switches(state: FeedState, built: Items) -> list[str]:
    parts = []
    if built.keyed_by != state.keyed_by:
        parts.append("one address stands for several entries: entries are told apart by id from now on")
    if built.named_by != state.named_by:
        parts.append("many entries share an id: entries are told apart by id and address from now on")
    if built.copies:
        parts.append(f"{built.copies} known by their words alone, after the memory was lost: may be second copies")
    return parts
