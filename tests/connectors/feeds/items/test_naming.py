from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds.documents.document import ParsedDocument, RawEntry
from connectors.feeds.items.entries import Items, Origin, build
from connectors.interfaces import Known
from schemas.feed import FeedSource, FeedState

FEED = FeedSource(feed_url="https://outlet.example/rss")
BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TITLE = "Patrol stopped at the border crossing this morning"


class Feed:
    """What is remembered of one feed over many polls."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.state = FeedState(feed_url=FEED.feed_url)
        self.moment = BEGAN

    def poll(self, *entries: RawEntry, later: timedelta = timedelta(minutes=5)) -> Items:
        self.moment += later
        origin = Origin(source=FEED, final_url=FEED.feed_url, seen_at=self.moment, state=self.state)
        items = build(ParsedDocument(entries=entries), origin, self._recall)
        self.known |= {
            key: Known(one.content_hash, one.article_id, one.title, last_seen=self.moment)
            for key, one in items.marks.items()
        }
        self.state = FeedState(
            feed_url=FEED.feed_url, keyed_by=items.keyed_by, named_by=items.named_by, last_ok_at=self.moment
        )
        return items

    def _recall(self, keys: Sequence[str]) -> dict[str, Known]:
        return {key: self.known[key] for key in keys if key in self.known}


def raw(native: str = "", link: str = "", title: str = "", body: str = "", date: str = "") -> RawEntry:
    return RawEntry(native=native, link=link, title=title, body=body, published_raw=date)


def ids(items: Items) -> list[str]:
    return [item.item_id for item in items.items]


def sent(items: Items) -> list[tuple[str, str]]:
    return [(item.op, item.title) for item in items.unsent]


def test_each_rung_in_its_turn() -> None:
    items = (
        Feed()
        .poll(
            *(raw(str(number), f"/{number}", "own id") for number in range(20)),
            raw("2x", "/b", "shared id"),
            raw("2x", "/c", "shared id"),
            raw("", "/d?utm_source=rss", "no id"),
            raw("", "/e", "shared address", date="Mon"),
            raw("", "/e", "shared address", date="Tue"),
            raw("", "", "title only"),
            raw("", "", "", "words only"),
            raw("3x", "/f", "same", "one", "Mon"),
            raw("3x", "/f", "same", "two", "Mon"),
        )
        .items[19:]
    )
    assert [one.id_policy for one in items] == [
        "guid", "guid+link", "guid+link", "title+date", "title+date", "title+date", "title+date", "content", "content",
        "content",
    ]  # fmt: skip
    assert len({item.item_id for item in items}) == len(items)


def test_an_id_shared_tomorrow_does_not_rename_the_entry_of_today() -> None:
    feed, first, second = Feed(), raw("1", "/a", "First"), raw("1", "/b", "Second")
    others = [raw(f"other {number}", f"/other/{number}", str(number)) for number in range(9)]
    (name, *_) = ids(feed.poll(first, *others))
    both = feed.poll(second, first, *others)
    assert sent(both) == [("new", "Second")]
    assert ids(both)[1] == name
    alone = feed.poll(second, *others)
    assert (alone.unsent, ids(alone)[0]) == ((), ids(both)[0])
    assert feed.poll(first, second, *others).unsent == ()


def test_an_entry_edited_while_another_takes_its_id_is_known_by_its_address() -> None:
    feed = Feed()
    others = [raw(f"other {number}", f"/other/{number}", str(number)) for number in range(9)]
    (name, *_) = ids(feed.poll(raw("1", "/a", "First"), *others))
    both = feed.poll(raw("1", "/b", "Second"), raw("1", "/a", "Rewritten"), *others)
    assert sent(both) == [("new", "Second"), ("update", "Rewritten")]
    assert ids(both)[1] == name


def test_an_id_used_again_for_other_news_is_another_entry() -> None:
    feed = Feed()
    before = feed.poll(raw("top", "/a", "Ministers meet in Brussels today"))
    after = feed.poll(raw("top", "/b", "Storm closes three mountain roads"))
    assert sent(after) == [("new", "Storm closes three mountain roads")]
    assert ids(after) != ids(before)
    assert after.items[0].article_id != before.items[0].article_id


def test_a_feed_of_repeated_ids_names_by_id_and_address_for_good() -> None:
    feed = Feed()
    twins = feed.poll(*(raw(str(number // 2), f"/{number}", f"Entry {number}") for number in range(6)))
    assert twins.named_by == "guid+link"
    later = feed.poll(raw("9", "/18", "Eighteen"))
    assert (later.named_by, later.items[0].id_policy) == ("guid+link", "guid+link")
    assert sent(feed.poll(raw("9", "/19", "Nineteen"))) == [("new", "Nineteen")]


def test_an_id_of_its_own_is_enough_where_addresses_say_nothing() -> None:
    for link in ("/", "/all-news"):
        feed = Feed()
        before = feed.poll(raw("1", link, TITLE), raw("2", link, "Other"))
        after = feed.poll(raw("1", link, "A wholly different headline"), raw("2", link, "Other"))
        assert (sent(after), ids(after)) == ([("update", "A wholly different headline")], ids(before))


def test_one_address_for_all_loses_none_that_comes_alone() -> None:
    feed = Feed()
    assert feed.poll(raw("", "/home", "One", date="Mon"), raw("", "/home", "Two", date="Mon")).keyed_by == "item"
    (three,) = feed.poll(raw("", "/home", "Three", date="Tue")).unsent
    (four,) = feed.poll(raw("", "/home", "Four", date="Wed")).unsent
    assert (three.op, four.op, three.article_id == four.article_id) == ("new", "new", False)


def test_another_scheme_or_host_is_not_new() -> None:
    feed = Feed()
    before = feed.poll(raw("http://old.example/?p=1", "http://old.example/news/1", TITLE))
    for host in ("https://old.example", "https://www.new.example"):
        assert feed.poll(raw(f"{host}/?p=1", f"{host}/news/1", TITLE)).unsent == ()
    edited = feed.poll(raw("https://new.example/?p=1", "https://new.example/news/1", TITLE, "more"))
    assert sent(edited) == [("update", TITLE)]
    assert (ids(edited), edited.items[0].article_id) == (ids(before), before.items[0].article_id)


def test_another_scheme_and_other_words_are_another_entry() -> None:
    feed = Feed()
    feed.poll(raw("http://old.example/live", "http://old.example/live", TITLE))
    assert sent(
        feed.poll(raw("http://new.example/live", "http://new.example/live", "Storm warning for the coast"))
    ) == [("new", "Storm warning for the coast")]
    gone = Feed()
    gone.poll(raw("http://old.example/x", "http://old.example/x", TITLE))
    late = gone.poll(raw("http://new.example/x", "http://new.example/x", TITLE), later=timedelta(days=31))
    assert sent(late) == [("new", TITLE)]


def test_a_release_that_kept_no_titles_is_continued() -> None:
    feed = Feed()
    before = feed.poll(raw("1", "/a", "First"))
    feed.known = {ids(before)[0]: Known(before.items[0].content_hash)}
    assert sent(feed.poll(raw("1", "/b", "Another title"))) == [("update", "Another title")]


def test_a_date_that_is_the_clock_of_the_server_names_nothing() -> None:
    feed = Feed()
    for minute in range(3):
        entries = [
            RawEntry(title=f"Entry {number}", published_raw=f"12:0{minute}", published_reason="generated")
            for number in range(5)
        ]
        assert len(feed.poll(*entries).unsent) == (0 if minute else 5)


WORDS = st.sampled_from(["", "a", "b"])
LINKS = st.sampled_from(["", "/a", "/b"])
ENTRIES = st.lists(st.builds(raw, WORDS, LINKS, WORDS, WORDS, WORDS).filter(lambda one: one != raw()), max_size=8)


@given(ENTRIES, st.randoms())
def test_a_first_document_is_named_whatever_its_order(entries: list[RawEntry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    names = {(item.item_id, item.native_id) for item in Feed().poll(*entries).items}
    assert names == {(item.item_id, item.native_id) for item in Feed().poll(*shuffled).items}
    # An id that stands for the address too says nothing twice.
    said = {str(msgspec.structs.replace(one, link="") if one.link == one.native else one) for one in entries}
    assert len(names) == len(said)


@settings(max_examples=300)
@given(st.lists(ENTRIES, min_size=2, max_size=6), st.randoms())
def test_what_was_sent_is_never_sent_again_unless_it_changed(history: list[list[RawEntry]], random: object) -> None:
    feed = Feed()
    for entries in history:
        feed.poll(*entries)
        kept = list(entries)
        random.shuffle(kept)  # type: ignore[attr-defined]
        assert feed.poll(*kept[: len(kept) // 2]).unsent == ()
        assert feed.poll(*kept).unsent == ()


def _title(number: int) -> str:
    return " ".join(f"{word}{number}" for word in ("border", "talks", "minister", "road"))


# Entries with an id and address of their own or shared, words of their own: what a name must hold on to.
NUMBERED = st.integers(0, 11)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.lists(NUMBERED, unique=True), st.sets(NUMBERED)), min_size=2, max_size=10),
    st.sampled_from([1, 2, 4]),
)
def test_an_entry_keeps_its_name_and_article_through_all_polls(
    history: list[tuple[list[int], set[int]]], share: int
) -> None:
    feed, names, editions = Feed(), dict[int, tuple[str, str]](), dict.fromkeys(range(12), 0)
    for shown, edited in history:
        for number in edited:
            editions[number] += 1
        entries = [
            raw(f"id {number // share}", f"/{number}", _title(number), f"{editions[number]}") for number in shown
        ]
        for number, item in zip(shown, feed.poll(*entries).items, strict=True):
            assert names.setdefault(number, (item.item_id, item.article_id)) == (item.item_id, item.article_id)
    assert len({name for name, _ in names.values()}) == len(names)
