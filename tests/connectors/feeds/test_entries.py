from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.feeds.document import BrokenEntry, ParsedDocument, RawEntry
from connectors.feeds.entries import Items, Origin, build, first_poll, marks, source_of, unsent
from schemas import identity
from schemas.feed import FeedSource, FeedState
from schemas.item import Outlet

SEEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOURCE = FeedSource(
    feed_url="https://outlet.example/rss", name="Outlet", country="XK", language="sq", kind="portal", folder="Kosovo"
)


def built(*entries: RawEntry, first: bool = False, keyed_by: str = "address", language: str = "") -> Items:
    origin = Origin(source=SOURCE, final_url=SOURCE.feed_url, seen_at=SEEN, first=first, keyed_by=keyed_by)
    return build(ParsedDocument(entries=entries, language=language), origin)


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
    assert [item.history for item in built(*entries, first=True).items] == [False, True, True]
    assert [item.history for item in built(*entries).items] == [False, False, False]


def test_the_first_poll_is_the_first_that_was_read() -> None:
    assert first_poll(None)
    assert first_poll(FeedState(feed_url="x", failures=3))
    assert not first_poll(FeedState(feed_url="x", last_ok_at=SEEN))


def test_only_what_is_new_or_changed_is_sent() -> None:
    before = built(RawEntry(native="1", title="one"), RawEntry(native="2", title="two"))
    after = built(RawEntry(native="1", title="one"), RawEntry(native="2", title="TWO"), RawEntry(native="3", title="3"))
    items, _ = unsent(after, marks(before))
    assert [(item.native_id, item.op) for item in items] == [("2", "update"), ("3", "new")]
    assert unsent(after, marks(after)) == ((), ())


def test_a_broken_entry_is_a_dead_letter_once() -> None:
    broken = BrokenEntry(reason="has nothing", form="feedparser", raw=b'{"a": 1}')
    origin = Origin(source=SOURCE, final_url="https://outlet.example/2", seen_at=SEEN, first=False)
    items = build(ParsedDocument(broken=(broken, broken)), origin)
    (letter,) = items.dead
    assert (letter.stage, letter.subject, letter.raw, letter.whole) == ("entry", SOURCE.feed_url, broken.raw, True)
    assert source_of(letter) == SOURCE
    assert letter.headers["final-url"] == "https://outlet.example/2"
    assert unsent(items, marks(items))[1] == ()


def test_a_declared_language_of_the_feed_serves_its_entries() -> None:
    items = built(RawEntry(native="1", language="de"), RawEntry(native="2"), language="sr").items
    assert [item.language for item in items] == ["de", "sr"]
