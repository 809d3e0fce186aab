from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.feeds.documents.document import BrokenEntry, ParsedDocument, RawEntry
from connectors.feeds.items.entries import FORGOTTEN, Items, Origin, build, history_before, source_of
from schemas import identity
from schemas.feed import FeedSource, FeedState
from schemas.item import Outlet

SEEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOURCE = FeedSource(
    feed_url="https://outlet.example/rss", name="Outlet", country="XK", language="sq", kind="portal", folder="Kosovo"
)


def origin(final_url: str = SOURCE.feed_url, **state: Any) -> Origin:
    before = FeedState(feed_url=SOURCE.feed_url, **{"last_ok_at": SEEN, **state})
    return Origin(source=SOURCE, final_url=final_url, seen_at=SEEN, state=before)


def built(*entries: RawEntry, before: Items | None = None, language: str = "", **state: Any) -> Items:
    marks = before.marks if before else {}
    document = ParsedDocument(entries=entries, language=language)
    return build(document, origin(**state), lambda keys: {key: marks[key] for key in keys if key in marks})


def test_an_item_carries_what_the_pipeline_needs() -> None:
    entry = RawEntry(native="1", link="/a", title="T", body="words", language="sq", published_at=SEEN)
    (item,) = built(entry).items
    assert item.article_id == identity.article_id_of_address("https://outlet.example/a")
    assert item.item_id == identity.item_id(SOURCE.feed_url, "guid", "1")
    assert item.content_hash == identity.content_hash("feed", "T", "", "words")
    assert item.version_id == identity.version_id(item.article_id, item.content_hash)
    assert (item.op, item.keyed_by, item.url, item.seen_at) == ("new", "address", "https://outlet.example/a", SEEN)
    assert item.source == Outlet(name="Outlet", country="XK", language="sq", kind="portal")
    assert len(item.trace_id) == 32


def test_an_entry_without_an_address_is_keyed_by_item() -> None:
    (item,) = built(RawEntry(native="1", title="T")).items
    assert (item.keyed_by, item.article_id) == ("item", identity.article_id_of_item(item.item_id))


def test_a_shared_address_switches_the_feed_for_good() -> None:
    shared = built(RawEntry(native="1", link="/home"), RawEntry(native="2", link="/home"))
    assert shared.keyed_by == "item"
    assert len({item.article_id for item in shared.items}) == 2
    later = built(RawEntry(native="3", link="/own"), keyed_by="item")
    assert (later.keyed_by, later.items[0].keyed_by) == ("item", "item")


def test_the_switch_does_not_change_what_an_entry_is_called() -> None:
    entry = RawEntry(native="1", link="/a", title="T")
    assert built(entry).items[0].item_id == built(entry, keyed_by="item").items[0].item_id


def test_history_is_what_was_old_or_undated_when_the_feed_was_first_read() -> None:
    entries = (
        RawEntry(native="fresh", published_at=SEEN - timedelta(hours=47)),
        RawEntry(native="old", published_at=SEEN - timedelta(hours=49)),
        RawEntry(native="undated"),
    )
    assert [item.history for item in built(*entries, last_ok_at=None).items] == [False, True, True]
    assert [item.history for item in built(*entries).items] == [False, False, False]


def test_history_begins_anew_only_with_a_feed_or_where_the_log_last_knew_it() -> None:
    feed = FeedState(feed_url="x", failures=3)
    assert history_before(feed, SEEN) == SEEN - timedelta(hours=48)
    known = FeedState(feed_url="x", last_ok_at=SEEN - timedelta(days=9))
    assert history_before(known, SEEN) is None
    lost = FeedState(feed_url="x", last_ok_at=SEEN - timedelta(days=9), body_hash=FORGOTTEN)
    assert history_before(lost, SEEN) == SEEN - timedelta(days=11)


def test_only_what_is_new_or_changed_is_sent() -> None:
    before = built(RawEntry(native="1", title="one"), RawEntry(native="2", title="two"))
    entries = (RawEntry(native="1", title="one"), RawEntry(native="2", title="TWO"), RawEntry(native="3", title="3"))
    after = built(*entries, before=before)
    assert [(item.native_id, item.op) for item in after.unsent] == [("2", "update"), ("3", "new")]
    assert built(*entries, before=after).unsent == ()


def test_a_broken_entry_is_a_dead_letter_once() -> None:
    broken = BrokenEntry(reason="has nothing", form="feedparser", raw=b'{"a": 1}')
    items = build(ParsedDocument(broken=(broken, broken)), origin("https://outlet.example/2"))
    (letter,) = items.dead
    assert (letter.stage, letter.subject, letter.raw, letter.whole) == ("entry", SOURCE.feed_url, broken.raw, True)
    assert source_of(letter) == SOURCE
    assert letter.headers["final-url"] == "https://outlet.example/2"
    again = build(ParsedDocument(broken=(broken,)), origin(), lambda _: items.marks)
    assert again.dead == ()


def test_an_entry_keeps_its_article_when_its_address_changes() -> None:
    before = built(RawEntry(native="1", link="/a", title="Patrol stopped at the border"))
    moved = built(RawEntry(native="1", link="/b", title="Patrol stopped at the border", body="more"), before=before)
    (item,) = moved.unsent
    assert (item.op, item.article_id, item.keyed_by) == ("update", before.items[0].article_id, "address")
    assert item.url == "https://outlet.example/b"
    assert built(RawEntry(native="1", link="/c", title="Patrol stopped at the border"), before=before).unsent == ()


def test_a_feed_found_to_share_an_address_keeps_the_articles_it_had() -> None:
    before = built(RawEntry(native="1", link="/home", title="Patrol stopped at the border"))
    after = built(
        RawEntry(native="1", link="/home", title="Patrol stopped at the border", body="more"),
        RawEntry(native="2", link="/home", title="Other"),
        before=before,
    )
    assert after.keyed_by == "item"
    assert [(item.op, item.keyed_by) for item in after.unsent] == [("update", "address"), ("new", "item")]
    assert after.unsent[0].article_id == before.items[0].article_id


def test_entries_of_words_alone_may_be_second_copies_after_a_loss() -> None:
    entries = (RawEntry(title="words"), RawEntry(body="words"), RawEntry(native="1", title="id"), RawEntry(link="/a"))
    assert built(*entries, body_hash=FORGOTTEN).copies == 2
    assert built(*entries).copies == 0
    assert built(*entries, before=built(*entries), body_hash=FORGOTTEN).copies == 0


def test_a_declared_language_of_the_feed_serves_its_entries() -> None:
    items = built(RawEntry(native="1", language="de"), RawEntry(native="2"), language="sr").items
    assert [item.language for item in items] == ["de", "sr"]
