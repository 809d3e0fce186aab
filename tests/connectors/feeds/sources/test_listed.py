from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from connectors.feeds.sources import opml, tomllist
from connectors.feeds.sources.listed import read_sources
from schemas.errors import SettingsError
from schemas.feed import FeedSource

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>List</title></head><body>
  <outline text="Loose" xmlUrl="https://loose.example/rss"/>
  <outline text="Kosovo">
    <outline title="North" text="x">
      <outline type="rss" title="KoSSev" xmlUrl="https://kossev.example/feed" htmlUrl="https://kossev.example"
        language="sr-Latn" country="XK" kind="portal"/>
    </outline>
    <outline text="Koha" xmlurl="https://koha.example/rss"/>
  </outline>
</body></opml>
"""
TOML = """
[[feeds]]
url = "https://loose.example/rss"
[[feeds]]
url = "https://koha.example/rss"
name = "Koha"
country = "XK"
language = "sq"
kind = "newspaper"
folder = "Kosovo"
site = "https://koha.example"
[[feeds]]
url = "https://loose.example/rss"
name = "Loose"
country = "DE"
"""


def written(folder: Path, text: str | bytes, name: str = "list.txt") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_an_address_is_one_source() -> None:
    assert read_sources(" https://a.example/rss ") == (FeedSource(feed_url="https://a.example/rss"),)


def test_opml_keeps_folders_and_facts_and_puts_folders_first(tmp_path: Path) -> None:
    found = read_sources(written(tmp_path, OPML))
    assert [(source.feed_url, source.folder) for source in found] == [
        ("https://kossev.example/feed", "Kosovo/North"),
        ("https://koha.example/rss", "Kosovo"),
        ("https://loose.example/rss", ""),
    ]
    assert found[0] == FeedSource(
        feed_url="https://kossev.example/feed", name="KoSSev", site_url="https://kossev.example", country="XK",
        language="sr-Latn", kind="portal", folder="Kosovo/North",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_opml_is_told_by_content_in_other_encodings_too(tmp_path: Path, encoding: str) -> None:
    assert len(read_sources(written(tmp_path, OPML.replace("UTF-8", encoding[:6]).encode(encoding)))) == 3


def test_a_toml_list_completes_what_is_listed_twice(tmp_path: Path) -> None:
    assert read_sources(written(tmp_path, TOML)) == (
        FeedSource(
            feed_url="https://koha.example/rss", name="Koha", site_url="https://koha.example", country="XK",
            language="sq", kind="newspaper", folder="Kosovo",
        ),
        FeedSource(feed_url="https://loose.example/rss", name="Loose", country="DE"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[feeds]]\nurl = "https://a.example"\ncuntry = "XK"', r"feeds\[0\]\.cuntry; did you mean country\?"),
        ('[[feeds]]\nname = "x"', r"feeds\[0\]\.url: is missing"),
        ("[[feeds]]\nurl = 5", r"feeds\[0\]\.url: must be text"),
        ('[[feeds]]\nurl = "ftp://a.example/x"', r"feeds\[0\]\.url: 'ftp://a.example/x' is no http"),
        ("feed = 1", "unknown key feed"),
        ("feeds = [1]", "feeds: must be a list"),
        ("feeds = []", "lists no feeds"),
        ("just some words", "neither OPML nor a TOML list"),
        (b"\xff\x00\xfa", "neither OPML nor a TOML list"),
        ("<rss version='2.0'></rss>", r"list\.txt:1: is a feed itself"),
        ("<html></html>", r"list\.txt:1: is no OPML"),
        ("<opml>\n<body>\n<outline></body></opml>", r"list\.txt:3: is not well-formed XML"),
        ("<opml>\n<outline xmlUrl='file:///etc/passwd'/></opml>", r"list\.txt:2: xmlUrl: 'file:///etc/passwd' is no http"),
        ("<!DOCTYPE x [\n<!ENTITY a 'b'>]>\n<opml/>", r"list\.txt:2: declares an entity"),
        ("<opml/>", "lists no feeds"),
        ("<opml>" + "<outline text='x'>" * 100, "nested more than 64 deep"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_sources(written(tmp_path, text))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.opml: cannot be read \(No such file"):
        read_sources(str(tmp_path / "nowhere.opml"))
    with pytest.raises(SettingsError, match="cannot be read"):
        read_sources(str(tmp_path))
    with pytest.raises(SettingsError, match="larger than 10 MiB"):
        read_sources(written(tmp_path, b"#" * (10 * 1024 * 1024 + 1)))
    for bad in ("ftp://a.example/x", "http://", "http://[bad"):
        with pytest.raises(SettingsError, match="is no http or https address"):
            read_sources(bad)


def test_entities_of_a_hostile_list_are_never_expanded(tmp_path: Path) -> None:
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 9))
    with pytest.raises(SettingsError, match="declares an entity"):
        read_sources(written(tmp_path, f"<!DOCTYPE opml [<!ENTITY l0 'ha'>{laughs}]><opml text='&l8;'/>"))


FULL = FeedSource(
    feed_url="https://full.example/rss?a=1&b=<2>", name='Fünf "Uhr"', site_url="https://full.example", country="DE",
    language="de", kind="radio", folder="Europe/Mitte", owner="Ana", weight=2.5, interval=90.0, full_text=True,
    time_zone="Europe/Berlin", access="full-login",
)  # fmt: skip
BARE = FeedSource(feed_url="https://bare.example/rss")
OTHER = FeedSource(feed_url="https://other.example/rss", name="Other", folder="Europe", interval=3600.0)


def test_a_toml_list_says_all_there_is_to_say(tmp_path: Path) -> None:
    text = """
    [[feeds]]
    url = "https://full.example/rss?a=1&b=<2>"
    name = 'Fünf "Uhr"'
    site = "https://full.example"
    country = "DE"
    language = "de"
    kind = "radio"
    folder = "Europe / Mitte/"
    owner = "Ana"
    weight = 2.5
    interval = "90s"
    full_text = true
    time_zone = "Europe/Berlin"
    access = "full-login"
    """
    assert read_sources(written(tmp_path, text)) == (FULL,)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [('"2m"', 120), ('"90s"', 90), ('"1h"', 3600), ("300", 300), ("45.5", 45.5), ('"0"', 0), ("0", 0)],
)
def test_an_interval_is_seconds_or_a_time(tmp_path: Path, given: str, seconds: float) -> None:
    (source,) = read_sources(written(tmp_path, f'[[feeds]]\nurl = "https://a.example"\ninterval = {given}'))
    assert source.interval == seconds


def test_all_that_is_wrong_with_a_list_is_told_at_once(tmp_path: Path) -> None:
    text = """
    [[feeds]]
    url = "https://a.example"
    interval = "5s"
    weight = 0
    full_text = "yes"
    [[feeds]]
    name = "b"
    interval = "soon"
    time_zone = "Mars/Olympus"
    access = "[a]"
    wieght = 3
    [[feeds]]
    url = "https://c.example"
    weight = true
    interval = "2d"
    [feed]
    """
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as wrong:
        read_sources(path)
    told = str(wrong.value).splitlines()
    assert told.pop(0).startswith(f"{path}: unknown key feed;")
    assert [line.removeprefix(f"{path}: ").partition(": ")[0] for line in told] == [
        "feeds[0].interval", "feeds[0].weight", "feeds[0].full_text", "feeds[1].url", "feeds[1].interval",
        "feeds[1].time_zone", "feeds[1].access", "unknown key feeds[1].wieght; did you mean weight?",
        "feeds[2].weight", "feeds[2].interval",
    ]  # fmt: skip
    assert all(line.startswith(f"{path}: ") for line in told)
    assert told[0].endswith("must be from 30s to 1d, not '5s'")
    assert told[2].endswith("must be true or false, not 'yes'")


def test_a_second_mention_completes_the_first_in_every_key(tmp_path: Path) -> None:
    first = FeedSource(feed_url=FULL.feed_url, name="Mine")
    text = tomllist.written((first, FULL))
    (source,) = read_sources(written(tmp_path, text))
    assert source == msgspec.structs.replace(FULL, name="Mine")


def test_lists_come_back_from_both_forms_as_they_were(tmp_path: Path) -> None:
    sources = (OTHER, FULL, BARE)
    assert read_sources(written(tmp_path, tomllist.written(sources))) == sources
    document = opml.written(sources, datetime(2026, 11, 22, tzinfo=UTC))
    assert read_sources(written(tmp_path, document)) == sources


def test_another_tool_may_rewrite_our_attributes_under_its_own_prefix(tmp_path: Path) -> None:
    document = opml.written((FULL,), datetime(2026, 11, 22, tzinfo=UTC))
    rewritten = ET.tostring(ET.fromstring(document))
    assert b"ns0:interval" in rewritten
    assert b"wirewatch:interval" not in rewritten
    assert read_sources(written(tmp_path, rewritten)) == (FULL,)


def test_other_readers_find_opml_2_in_what_is_exported() -> None:
    tree = ET.fromstring(opml.written((OTHER, FULL, BARE), datetime(2026, 11, 22, tzinfo=UTC)))
    assert (tree.tag, tree.get("version"), [child.tag for child in tree]) == ("opml", "2.0", ["head", "body"])
    assert tree.findtext("head/dateCreated") == "Sun, 22 Nov 2026 00:00:00 GMT"
    standard = {"text", "title", "type", "xmlUrl", "htmlUrl", "language"}
    outlines = list(tree.iter("outline"))
    for outline in outlines:
        assert outline.get("text")
        # Whatever OPML does not define must be in a namespace.
        assert all(name in standard or name.startswith("{") for name in outline.keys())  # noqa: SIM118 no mapping
    assert [outline.get("xmlUrl") for outline in tree.findall("body/outline/outline[@type='rss']")] == [OTHER.feed_url]
    assert [outline.get("xmlUrl") for outline in tree.findall("body/outline/outline/outline")] == [FULL.feed_url]
    assert [outline.get("text") for outline in tree.findall("body/outline")] == ["Europe", BARE.feed_url]


def test_attributes_of_other_tools_are_left_alone(tmp_path: Path) -> None:
    text = "<opml><body><outline text='A' xmlUrl='https://a.example' interval='soon' weight='-1' access='?'/></body></opml>"
    assert read_sources(written(tmp_path, text)) == (FeedSource(feed_url="https://a.example", name="A"),)


def test_a_control_character_does_not_break_what_is_exported(tmp_path: Path) -> None:
    source = FeedSource(feed_url="https://a.example", name="a\x00b\ud800c", owner="l1")
    assert read_sources(written(tmp_path, opml.written((source,), datetime(2026, 11, 22, tzinfo=UTC))))[0].name == "abc"


def test_all_that_is_wrong_with_opml_is_told_at_once_with_its_lines(tmp_path: Path) -> None:
    text = (
        f"<opml xmlns:wirewatch='{opml.NAMESPACE}'><body>\n<outline xmlUrl='javascript:x'/>\n"
        "<outline xmlUrl='https://a.example'/>\n<outline xmlUrl='https://b.example' wirewatch:weight='-3'/></body></opml>"
    )
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as raised:
        read_sources(path)
    assert str(raised.value).splitlines() == [
        f"{path}:2: xmlUrl: 'javascript:x' is no http or https address",
        f"{path}:4: weight: must be a number over 0 and at most 1000, not '-3'",
    ]


@pytest.mark.parametrize(
    ("exported", "address"),
    [("feed://a.example/rss", "http://a.example/rss"), ("FEED:https://a.example/rss", "https://a.example/rss")],
)
def test_addresses_that_other_readers_mark_as_feeds_are_taken(tmp_path: Path, exported: str, address: str) -> None:
    path = written(tmp_path, f"<opml><outline xmlUrl='{exported}'/></opml>")
    assert read_sources(path) == (FeedSource(feed_url=address),)
