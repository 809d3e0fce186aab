from __future__ import annotations

from connectors.feeds.documents.document import RawEntry
from connectors.feeds.items.ladder import Said, read, repeats_ids, shares_addresses

BASE = "https://outlet.example/feeds/news.xml"


def raw(native: str = "", link: str = "", title: str = "", body: str = "", date: str = "") -> RawEntry:
    return RawEntry(native=native, link=link, title=title, body=body, published_raw=date)


def said(*entries: RawEntry) -> tuple[Said, ...]:
    return read(entries, BASE, BASE)


def test_what_an_entry_can_be_called() -> None:
    whole, no_id, words, text = said(
        raw("1", "/a?utm_source=rss", "T", date="Mon"), raw("", "/d", "no id"), raw(title="T"), raw(body="text")
    )
    assert [rung.policy for rung in whole.rungs] == ["guid", "guid+link", "title+date", "content"]
    assert whole.rungs[1].value == "1 https://outlet.example/a"
    assert [rung.policy for rung in no_id.rungs] == ["link", "title+date", "content"]
    assert [rung.policy for rung in words.rungs] == ["title+date", "content"]
    assert [rung.policy for rung in text.rungs] == ["content"]


def test_equal_entries_are_one() -> None:
    assert len(said(raw("1", "/a", "x"), raw("1", "/a", "x"), raw("1", "/a", "y"))) == 2


def test_one_address_for_several_ids_is_told() -> None:
    assert shares_addresses(said(raw("1", "/home"), raw("2", "/home?utm_source=x")))
    assert shares_addresses(said(raw("", "/home", "a"), raw("", "/home", "b")))
    assert not shares_addresses(said(raw("1", "/a"), raw("2", "/b"), raw("3"), raw("4")))
    assert not shares_addresses(said(raw("1", "/a", "x"), raw("1", "/a", "y")))


def test_many_repeated_ids_are_told() -> None:
    twins = [raw(str(number // 2), f"/{number}") for number in range(6)]
    assert repeats_ids(said(*twins))
    assert not repeats_ids(said(*(raw(str(number), f"/{number}") for number in range(20)), raw("3", "/x")))
    # One entry in two versions is no second entry.
    assert not repeats_ids(said(*(raw(str(number // 2), f"/{number // 2}", f"v{number}") for number in range(6))))


def test_aliases_say_nothing_of_scheme_and_host() -> None:
    before, after = said(
        raw("http://old.example/?p=1", "http://old.example/news/1"),
        raw("https://www.new.example/?p=1", "//new.example/news/1"),
    )
    assert before.link_alias == after.link_alias != ""
    assert before.guid_alias == after.guid_alias != before.link_alias
    home, permalink = said(raw("tag:1", "https://outlet.example/"), raw("http://a.example/x", "https://a.example/x"))
    assert (home.link_alias, home.guid_alias, permalink.guid_alias) == ("", "", "")


def test_long_ids_are_hashed_and_stay_apart() -> None:
    first, second = said(raw("x" * 5000 + "1"), raw("x" * 5000 + "2"))
    assert first.native != second.native
    assert len(first.native) == 32
