from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.document import RawEntry
from connectors.feeds.ladder import absolute, place, shares_addresses

BASE = "https://outlet.example/feeds/news.xml"


def raw(native: str = "", link: str = "", title: str = "", body: str = "", date: str = "") -> RawEntry:
    return RawEntry(native=native, link=link, title=title, body=body, published_raw=date)


def test_each_rung_in_its_turn() -> None:
    placed = place(
        (
            raw("1", "/a", "own id"),
            raw("2", "/b", "shared id"),
            raw("2", "/c", "shared id"),
            raw("", "/d?utm_source=rss", "no id"),
            raw("", "/e", "shared address", date="Mon"),
            raw("", "/e", "shared address", date="Tue"),
            raw("", "", "title only"),
            raw("", "", "", "words only"),
            raw("3", "/f", "same", "one", "Mon"),
            raw("3", "/f", "same", "two", "Mon"),
        ),
        BASE,
    )
    assert [one.policy for one in placed] == [
        "guid", "guid+link", "guid+link", "link", "title+date", "title+date", "title+date", "content", "content",
        "content",
    ]  # fmt: skip
    assert [one.native_id for one in placed[:4]] == ["1", "2", "2", "https://outlet.example/d?utm_source=rss"]
    assert len({(one.policy, one.value) for one in placed}) == len(placed)


def test_equal_entries_are_one_and_repeated_ids_with_another_text_are_kept() -> None:
    placed = place((raw("1", "/a", "x"), raw("1", "/a", "x"), raw("1", "/a", "y")), BASE)
    assert [(one.policy, one.entry.title) for one in placed] == [("title+date", "x"), ("title+date", "y")]


def test_one_address_for_several_ids_is_told() -> None:
    assert shares_addresses(place((raw("1", "/home"), raw("2", "/home?utm_source=x")), BASE))
    assert shares_addresses(place((raw("", "/home", "a"), raw("", "/home", "b")), BASE))
    assert not shares_addresses(place((raw("1", "/a"), raw("2", "/b"), raw("3"), raw("4")), BASE))
    assert not shares_addresses(place((raw("1", "/a", "x"), raw("1", "/a", "y")), BASE))


def test_addresses_are_absolute_or_none() -> None:
    assert absolute("/a/b", BASE) == "https://outlet.example/a/b"
    assert absolute("c", BASE) == "https://outlet.example/feeds/c"
    assert absolute("//other.example/x", BASE) == "https://other.example/x"
    assert absolute("https://outlet.example/a#b", BASE) == "https://outlet.example/a#b"
    for none in ("", "javascript:alert(1)", "data:text/html,x", "mailto:a@b", "urn:x", "http://[bad", "/" + "x" * 3000):
        assert absolute(none, BASE) == ""
    assert absolute("entry.html", "file:///feeds/feed.xml") == ""


def test_long_ids_are_hashed_and_stay_apart() -> None:
    first, second = place((raw("x" * 5000 + "1"), raw("x" * 5000 + "2")), BASE)
    assert first.native_id != second.native_id
    assert len(first.native_id) == 32


def said(entry: RawEntry) -> str:
    """What an entry says: an id that stands for the address too says nothing twice."""
    return str(msgspec.structs.replace(entry, link="") if entry.link == entry.native else entry)


WORDS = st.sampled_from(["", "a", "b"])
ENTRIES = st.lists(st.builds(raw, WORDS, WORDS, WORDS, WORDS, WORDS), max_size=8)


@given(ENTRIES, st.randoms())
def test_identity_does_not_depend_on_the_order(entries: list[RawEntry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    placed = place(entries, BASE)
    assert {(one.policy, one.value, one.native_id) for one in placed} == {
        (one.policy, one.value, one.native_id) for one in place(shuffled, BASE)
    }
    assert len({(one.policy, one.value) for one in placed}) == len({said(entry) for entry in entries})
