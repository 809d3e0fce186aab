from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.feeds.fetching.validators import Validators, document_hash, kept, to_send
from schemas.feed import FeedState, FeedStatus, FetchRecord
from tests.connectors.feeds.server import item, rss

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEED = "https://a.example/rss"
ELSEWHERE = "https://b.example/rss"


def fetch(status: str = "working", http: int = 200, final: str = FEED, **more: object) -> FetchRecord:
    return FetchRecord(
        feed_url=FEED, fetched_at=NOW, status=FeedStatus(status), reason="", http_status=http, final_url=final,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def state(last: FetchRecord | None = None, **more: object) -> FeedState:
    fields = {"etag": '"1"', "last_modified": "then", "full_at": NOW, "last_fetch": last or fetch(), **more}
    return FeedState(feed_url=FEED, **fields)  # type: ignore[arg-type]


def after(record: FetchRecord, before: FeedState, etag: str = '"1"', *, full: bool = False) -> FeedState:
    fresh = FeedState(feed_url=FEED, etag=etag, last_modified="then", last_fetch=record)
    return kept(before, fresh, full=full)


def test_what_the_server_gave_goes_back_to_the_address_that_gave_it() -> None:
    assert to_send(state(), FEED, NOW) == Validators('"1"', "then", FEED)
    assert to_send(state(fetch(final=ELSEWHERE)), FEED, NOW).address == ELSEWHERE
    assert to_send(state(etag="", last_modified=""), FEED, NOW) == Validators()


@pytest.mark.parametrize(
    "overdue",
    [{"full_at": NOW - timedelta(hours=24)}, {"full_at": None}, {"conditional": 50}],
)
def test_now_and_then_the_whole_document_is_asked_for(overdue: dict[str, object]) -> None:
    assert to_send(state(fetch(), **overdue), FEED, NOW) == Validators()


def test_polls_are_counted_until_the_whole_document_came() -> None:
    before = state(conditional=3, full_at=NOW - timedelta(hours=1))
    not_modified = after(fetch("unchanged", 304), before)
    assert (not_modified.conditional, not_modified.full_at) == (4, before.full_at)
    failed = after(fetch("server-error", 500, ""), before)
    assert (failed.conditional, failed.full_at) == (3, before.full_at)
    document = after(fetch(), before)
    assert (document.conditional, document.full_at) == (0, before.full_at)
    assert after(fetch(), before, full=True).full_at == NOW


def test_half_a_document_from_elsewhere_leaves_no_validators() -> None:
    assert after(fetch(final=ELSEWHERE), state()).etag == ""
    assert after(fetch(), state()).etag == '"1"'
    assert after(fetch(final=ELSEWHERE), state(), etag='"2"').etag == '"2"'


def test_a_failed_poll_keeps_only_what_belongs_to_the_address_polled() -> None:
    failed = fetch("timeout", 0, "")
    kept_here = after(failed, state())
    assert to_send(kept_here, FEED, NOW) == Validators('"1"', "then", FEED)
    assert after(failed, state(fetch(final=ELSEWHERE))).etag == ""
    moved = state(fetch(final=ELSEWHERE), moved_to=ELSEWHERE, moved_seen=3)
    assert after(failed, moved).etag == '"1"'


def test_what_a_hub_delivered_counts_as_no_poll() -> None:
    record = msgspec.structs.replace(fetch(), pushed=True)
    assert after(record, state(conditional=3)).conditional == 0


def test_a_feed_that_only_changes_its_own_date_is_the_same_document() -> None:
    def at(time: str, *items: str) -> bytes:
        return rss(
            *(items or (item("1", "one", date="Mon"),)), head=f"<title>W</title><lastBuildDate>{time}</lastBuildDate>"
        )

    assert document_hash(at("Mon")) == document_hash(at("Tue"))
    assert document_hash(at("Mon")) != document_hash(at("Mon", item("1", "one", date="Tue")))
    atom = b'<feed xmlns="x"><updated>%s</updated><entry><updated>1</updated></entry></feed>'
    assert document_hash(atom % b"1") == document_hash(atom % b"2")
    assert document_hash(atom) != document_hash(atom.replace(b"<entry><updated>1", b"<entry><updated>2"))
    assert document_hash(rss(item("1"), head="<title>a</title>")) != document_hash(
        rss(item("1"), head="<title>b</title>")
    )


def test_a_comment_behind_the_last_entry_is_no_change_but_all_else_is() -> None:
    document = rss(item("1", "one"))
    noted = [document + b"\n<!-- made in %d ms -->" % number for number in (5, 7)]
    assert len({document_hash(one) for one in noted}) == 1
    assert document_hash(document + b"<x/>") != document_hash(document)
    assert document_hash(rss()) == document_hash(rss())
    assert document_hash(b"<!-- 1 -->") != document_hash(b"<!-- 2 -->")
    assert document_hash(rss(item("1", "<!-- 1 -->"))) != document_hash(rss(item("1", "<!-- 2 -->")))


def test_no_document_takes_long_to_be_known() -> None:
    size = 1 << 20
    floods: tuple[bytes, ...] = (
        b"<pubDate " * (size // 9),
        b"<pubDate>" + b"a" * size,
        b"<pubDate></pubDate" + b" " * size,
    )
    floods += (
        b"<" + b"a" * size,
        b"<updated>x</updated>" * (size // 20) + b"<item>",
        b"<item>" + b"<!--" * (size // 4),
    )
    began = time.process_time()
    for body in floods:
        document_hash(body)
        document_hash(body + b"<item>")
    assert time.process_time() - began < 2.0
