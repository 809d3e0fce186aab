from __future__ import annotations

from pathlib import Path

import pytest

from connectors.feeds.sources import read_sources
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
        ("<opml>\n<outline xmlUrl='file:///etc/passwd'/></opml>", r"list\.txt:2: 'file:///etc/passwd' is no http"),
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
