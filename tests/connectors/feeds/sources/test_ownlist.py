from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.feeds.sources.listed import ListedSources
from connectors.feeds.sources.ownlist import OwnList
from connectors.lock import FolderLock
from schemas.errors import FolderInUseError, SettingsError
from schemas.feed import FeedSource

A = FeedSource(feed_url="https://a.example/rss", name="A", interval=120.0)
B = FeedSource(feed_url="https://b.example/rss", folder="Kosovo")
C = FeedSource(feed_url="https://c.example/rss")


@pytest.fixture
def own(tmp_path: Path) -> OwnList:
    return OwnList(tmp_path / "data" / "feeds.toml")


def test_a_list_that_is_not_there_is_empty_and_adding_makes_it(own: OwnList) -> None:
    assert own.read() == ()
    own.add((A, B))
    own.add((C,))
    assert own.read() == (A, B, C)
    assert own.path.read_text().startswith("# Sources that `wirewatch feeds add`")


def test_comments_stay_when_their_neighbours_go(own: OwnList) -> None:
    own.path.parent.mkdir()
    own.path.write_text("""\
# The north, agreed with Ana.

# slow since March
[[feeds]]
url = "https://a.example/rss" # theirs
name = "A"
interval = "2m"

# --- the south ---

# Read by all.
[[ feeds ]]
folder = "Kosovo"
url = "https://b.example/rss"
""")
    own.remove([A.feed_url])
    own.add((C,))
    assert (
        own.path.read_text()
        == """\
# The north, agreed with Ana.

# --- the south ---

# Read by all.
[[ feeds ]]
folder = "Kosovo"
url = "https://b.example/rss"

[[feeds]]
url = "https://c.example/rss"
"""
    )
    own.remove([B.feed_url, C.feed_url])
    assert own.read() == ()
    assert own.path.read_text() == "# The north, agreed with Ana.\n\n# --- the south ---\n\n"


@pytest.mark.parametrize(
    "text",
    [
        'feeds = [{url = "https://a.example/rss"}, {url = "https://b.example/rss"}]\n',
        '[[feeds]]\nurl = "https://a.example/rss"\nname = """\n[[feeds]]\n"""\n[[feeds]]\nurl = "https://b.example/rss"\n',
    ],
    ids=["inline", "header-in-a-text"],
)
def test_what_cannot_be_edited_as_text_is_left_as_it_is(own: OwnList, text: str) -> None:
    own.path.parent.mkdir()
    own.path.write_text(text)
    with pytest.raises(SettingsError, match="edit it by hand"):
        own.remove(["https://a.example/rss"])
    assert own.path.read_text() == text


def test_a_broken_list_is_named_and_not_touched(own: OwnList) -> None:
    own.path.parent.mkdir()
    own.path.write_text("[[feeds]]\nurl = 5\n")
    with pytest.raises(SettingsError, match=r"feeds\.toml: feeds\[0\]\.url: must be text"):
        own.add((A,))
    assert own.path.read_text() == "[[feeds]]\nurl = 5\n"


def test_two_editors_do_not_meet(own: OwnList) -> None:
    own.add((A,))
    lock = FolderLock(own.path.with_name("feeds.toml.lock"), held_for="a test")
    try:
        with pytest.raises(FolderInUseError, match=r"another command that edits feeds\.toml"):
            OwnList(own.path, patience=0.1).add((B,))
    finally:
        lock.close()
    with ThreadPoolExecutor(8) as several:
        list(several.map(own.add, [(B,), (C,), (B, C), (A,)] * 4))
    assert sorted(source.feed_url for source in own.read()) == [A.feed_url, B.feed_url, C.feed_url]


def test_sources_follow_their_files(own: OwnList, tmp_path: Path) -> None:
    settings = tmp_path / "list.toml"
    settings.write_text('[[feeds]]\nurl = "https://a.example/rss"\nname = "of the settings"\n')
    listed = ListedSources((str(settings), "https://d.example/rss"), own.path)
    before = listed.stamp()
    assert [source.feed_url for source in listed.read()] == [A.feed_url, "https://d.example/rss"]
    assert listed.stamp() == before
    own.add((A, B))
    assert listed.stamp() != before
    assert [(source.feed_url, source.name) for source in listed.read()] == [
        (A.feed_url, "A"), ("https://d.example/rss", ""), (B.feed_url, ""),
    ]  # fmt: skip
    after = listed.stamp()
    own.remove([A.feed_url, B.feed_url])
    assert listed.stamp() != after
    assert len(listed.read()) == 2
    settings.unlink()
    with pytest.raises(SettingsError, match=r"list\.toml: cannot be read"):
        listed.read()


def test_the_own_list_may_be_named_by_the_settings_before_it_is_there(tmp_path: Path) -> None:
    own = OwnList(tmp_path / "feeds.toml")
    listed = ListedSources((f"{tmp_path}/../{tmp_path.name}/feeds.toml",), own.path)
    assert listed.read() == ()
    own.add((FeedSource(feed_url="https://a.example/rss"),))
    assert [source.feed_url for source in listed.read()] == ["https://a.example/rss"]
    own.remove(["https://a.example/rss"])
    assert listed.read() == ()
