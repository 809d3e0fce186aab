"""`feeds import`, `export`, `remove` and `list` through the real command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.feeds.sources import tomllist
from connectors.feeds.sources.listed import read_sources
from connectors.lastsources import read_last_sources, write_last_sources
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from tests.product import records, wirewatch

SETTINGS = 'data = "data"\n[feeds]\nsources = ["list.toml"]\n'
LISTED = FeedSource(feed_url="https://listed.example/rss", name="Listed")
FULL = FeedSource(
    feed_url="https://full.example/rss", name="Full & more", site_url="https://full.example", country="DE",
    language="de", kind="radio", folder="Europe/Mitte", owner="Ana", weight=2.5, interval=90.0, full_text=True,
    time_zone="Europe/Berlin", access="full",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "list.toml").write_text(tomllist.written((LISTED,)))
    (tmp_path / "wirewatch.toml").write_text(SETTINGS)
    return tmp_path


def feeds(folder: Path, *words: str | Path, check: bool = True) -> tuple[int, str, str]:
    done = wirewatch("feeds", *words, "--config", folder / "wirewatch.toml", check=check)
    return done.returncode, done.stdout, done.stderr


def listed(folder: Path, *words: str) -> list[dict[str, object]]:
    return records("feeds", "list", *words, "--config", folder / "wirewatch.toml")


def test_what_is_imported_is_polled_and_exported_as_it_was(folder: Path) -> None:
    given, opml, toml = folder / "given.toml", folder / "out.opml", folder / "out.toml"
    given.write_text(tomllist.written((FULL, FeedSource(feed_url="http://www.listed.example/rss/"))))
    code, out, err = feeds(folder, "import", given)
    assert (code, out) == (0, f"{given}: 1 added, 1 listed already\n")
    assert "http://www.listed.example/rss/ is the same feed as https://listed.example/rss: left out" in err
    assert [one["feed_url"] for one in listed(folder)] == [LISTED.feed_url, FULL.feed_url]
    feeds(folder, "export", "--to", opml)
    feeds(folder, "export", "--to", toml)
    assert read_sources(str(opml)) == read_sources(str(toml)) == (FULL, LISTED)
    assert ET.parse(opml).getroot().find("body/outline/outline/outline[@xmlUrl='https://full.example/rss']") is not None
    assert feeds(folder, "export", "--format", "toml")[1] == toml.read_text()
    code, _, err = feeds(folder, "export", "--to", toml, check=False)
    assert (code, err) == (1, f"error: {toml}: exists already; --force overwrites it\n")
    feeds(folder, "export", "--to", toml, "--force")
    # A second wirewatch takes the list over whole.
    feeds(folder, "import", opml, "--to", folder / "other.toml")
    assert set(read_sources(str(folder / "other.toml"))) == {FULL, LISTED}
    assert feeds(folder, "import", opml)[1] == f"{opml}: 0 added, 2 listed already\n"


def test_removing_takes_from_the_own_list_and_says_where_else_a_feed_is_listed(folder: Path) -> None:
    given = folder / "given.toml"
    given.write_text(tomllist.written((FULL,)))
    feeds(folder, "import", given)
    write_last_sources(folder / "data", (LISTED, FULL))
    code, _, err = feeds(folder, "remove", FULL.feed_url, LISTED.feed_url, check=False)
    assert code == 1
    assert "listed.example/rss: is not in" in err
    assert f"comes from {folder / 'list.toml'}: remove it there" in err
    assert len(listed(folder)) == 2
    assert feeds(folder, "remove", "http://full.example/rss/")[1] == "removed https://full.example/rss\n"
    assert [one["feed_url"] for one in listed(folder)] == [LISTED.feed_url]
    # Health speaks of the last run too, and must not go on about what was taken away.
    assert read_last_sources(folder / "data") == (LISTED,)
    assert feeds(folder, "remove", "https://no.example/", check=False)[0] == 1


def test_feeds_listed_twice_are_marked(folder: Path) -> None:
    (folder / "list.toml").write_text(
        tomllist.written(FeedSource(feed_url=url) for url in (
            "https://a.example/feed", "http://www.a.example/feed/?utm_source=x", "https://b.example/old",
            "https://b.example/new", "https://c.example/feed",
        ))
    )  # fmt: skip
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    states = SqliteFeedStates(folder / "data" / "feeds.sqlite3")
    for url, status, final in (
        ("https://b.example/old", FeedStatus.WORKING, "https://b.example/new"),
        ("https://c.example/feed", FeedStatus.HTML, "https://a.example/feed"),
    ):
        fetch = FetchRecord(feed_url=url, fetched_at=at, status=status, reason="", final_url=final)
        states.save(FeedState(feed_url=url, last_fetch=fetch), {})
    states.close()
    again = {one["feed_url"]: one["duplicate_of"] for one in listed(folder, "--duplicates")}
    assert again == {
        "http://www.a.example/feed/?utm_source=x": "https://a.example/feed",
        "https://b.example/new": "https://b.example/old",
    }
    assert "https://b.example/new  = https://b.example/old" in feeds(folder, "list")[1]


def test_health_knows_what_was_added_since_the_last_run(folder: Path) -> None:
    (folder / "wirewatch.toml").write_text('data = "data"\n')
    (folder / "data").mkdir()
    write_last_sources(folder / "data", (LISTED,))
    given = folder / "given.toml"
    given.write_text(tomllist.written((FULL,)))
    feeds(folder, "import", given)
    told = json.loads("[" + ",".join(feeds(folder, "health", "--json")[1].splitlines()) + "]")
    assert {one["feed_url"] for one in told} == {LISTED.feed_url, FULL.feed_url}


def test_a_team_that_only_has_its_own_list_begins_with_none(folder: Path) -> None:
    (folder / "wirewatch.toml").write_text(SETTINGS.replace("list.toml", "data/feeds.toml"))
    assert feeds(folder, "list") == (0, "", "")
    done = wirewatch("doctor", "--config", folder / "wirewatch.toml")
    assert "note    feeds: no feed is listed; `wirewatch feeds add ADDRESS` adds one" in done.stdout
    feeds(folder, "import", folder / "list.toml")
    assert [one["feed_url"] for one in listed(folder)] == [LISTED.feed_url]
    feeds(folder, "remove", LISTED.feed_url)
    assert feeds(folder, "list") == (0, "", "")


def test_broken_lists_are_told_line_by_line_and_nothing_is_taken(folder: Path) -> None:
    given = folder / "given.toml"
    given.write_text('[[feeds]]\nurl = "https://x.example"\ninterval = "1s"\n[[feeds]]\nname = "y"\n')
    code, out, err = feeds(folder, "import", given, check=False)
    assert (code, out) == (2, "")
    assert f"{given}: feeds[0].interval: must be from 30s" in err
    assert f"{given}: feeds[1].url: is missing" in err
    assert not (folder / "data" / "feeds.toml").exists()
    assert feeds(folder, "import", "https://a.example/list.opml", check=False)[0] == 2
