from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.lastsources import write_last_sources
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from tests.connectors.feeds.server import item, rss
from wirewatch.cli import wirewatch

LIST = """
[[feeds]]
url = "https://a.example/rss"
name = "A"
country = "XK"
language = "sq"
kind = "portal"
folder = "Kosovo"
[[feeds]]
url = "https://b.example/rss"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "list.toml").write_text(LIST)
    (tmp_path / "wirewatch.toml").write_text('data = "data"\n[feeds]\nsources = ["list.toml"]\n')
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    name, *rest = arguments
    return CliRunner().invoke(wirewatch, ["feeds", name, "--config", str(folder / "wirewatch.toml"), *rest])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def remember(folder: Path, feed_url: str, status: FeedStatus, failures: int = 0) -> None:
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    fetch = FetchRecord(feed_url=feed_url, fetched_at=at, status=status, reason="as it is")
    states = SqliteFeedStates(folder / "data" / "feeds.sqlite3")
    states.save(FeedState(feed_url=feed_url, last_fetch=fetch, last_ok_at=at, failures=failures), {})
    states.close()


def test_list_gives_every_key_of_a_source(folder: Path) -> None:
    result = run(folder, "list", "--json")
    assert result.exit_code == 0, result.output
    unset = {
        "owner": "",
        "weight": 1.0,
        "interval": 0.0,
        "full_text": False,
        "time_zone": "",
        "access": "",
        "duplicate_of": "",
    }
    assert lines(result) == [
        {"feed_url": "https://a.example/rss", "name": "A", "site_url": "", "country": "XK", "language": "sq",
         "kind": "portal", "folder": "Kosovo", **unset},
        {"feed_url": "https://b.example/rss", "name": "", "site_url": "", "country": "", "language": "", "kind": "",
         "folder": "", **unset},
    ]  # fmt: skip
    first = run(folder, "list", "--limit", "1")
    assert first.stdout == "XK  sq  portal  Kosovo  A  https://a.example/rss\n"
    assert first.stderr == "1 of 2 sources; --limit 0 lists all\n"


def test_health_before_the_first_poll_lists_every_feed_and_writes_nothing(folder: Path) -> None:
    result = run(folder, "health", "--json")
    assert result.exit_code == 0, result.output
    assert [(one["feed_url"], one["status"]) for one in lines(result)] == [
        ("https://a.example/rss", "never-polled"), ("https://b.example/rss", "never-polled"),
    ]  # fmt: skip
    assert not (folder / "data").exists()


def test_health_asks_for_a_person_by_its_exit_code(folder: Path) -> None:
    remember(folder, "https://a.example/rss", FeedStatus.WORKING)
    assert run(folder, "health").exit_code == 0
    remember(folder, "https://b.example/rss", FeedStatus.HTML, failures=2)
    result = run(folder, "health", "--json", "--limit", "1")
    assert result.exit_code == 3
    (worst,) = lines(result)
    assert worst["feed_url"] == "https://b.example/rss"
    assert (worst["status"], worst["failures"], worst["needs_person"]) == ("html", 2, True)
    assert worst["reason"] == "as it is (2 times in a row)"
    assert worst["last_ok_at"] == "2026-11-22T12:00:00Z"
    assert "! html" in run(folder, "health").stdout
    assert run(folder, "health", "--status", "working").exit_code == 0
    typed = run(folder, "health", "--status", "htlm")
    assert (typed.exit_code, typed.stdout) == (2, "")
    assert "'htlm' is not one of 'working'" in typed.stderr


def test_health_speaks_of_the_feeds_of_the_last_run_too(folder: Path) -> None:
    passing = FeedSource(feed_url="https://c.example/rss")
    remember(folder, passing.feed_url, FeedStatus.HTML)
    write_last_sources(folder / "data", (passing,))
    result = run(folder, "health", "--json")
    assert result.exit_code == 3
    assert [one["feed_url"] for one in lines(result)] == [
        "https://c.example/rss", "https://a.example/rss", "https://b.example/rss",
    ]  # fmt: skip
    # The list that comes with wirewatch was replaced by the run.
    (folder / "wirewatch.toml").write_text('data = "data"\n')
    assert [one["feed_url"] for one in lines(run(folder, "health", "--json"))] == ["https://c.example/rss"]


def test_parse_shows_items_of_good_files_and_names_bad_ones(folder: Path) -> None:
    good, other, page = folder / "good.xml", folder / "other.xml", folder / "page.xml"
    good.write_bytes(rss(item("1", "one &amp; only", link="https://a.example/1", date="Sun, 22 Nov 2026 10:00:00 GMT")))
    other.write_bytes(rss(item("2", "two", date="soon")))
    page.write_text("<!doctype html><title>Hi</title>")
    result = run(folder, "parse", "--json", str(page), str(good), str(folder / "none.xml"), str(other))
    assert result.exit_code == 1
    first, second = lines(result)
    assert next(iter(first)) == "file"
    assert (first["file"], first["native_id"], first["title"]) == (str(good), "1", "one & only")
    assert (first["url"], first["published_at"]) == ("https://a.example/1", "2026-11-22T10:00:00Z")
    assert (second["file"], second["published_at"], second["published_raw"]) == (str(other), None, "soon")
    assert f"error: {page}: html: " in result.stderr
    assert f"error: {folder / 'none.xml'}: cannot be read: No such file" in result.stderr


def test_parse_unpacks_a_packed_file(folder: Path) -> None:
    packed, false = folder / "packed.xml.gz", folder / "false.gz"
    packed.write_bytes(gzip.compress(rss(item("1", "one"))))
    false.write_bytes(gzip.compress(rss())[:10] + b"\xff" * 50)
    result = run(folder, "parse", "--json", str(packed), str(false))
    assert [one["title"] for one in lines(result)] == ["one"]
    assert result.exit_code == 1
    assert f"error: {false}: the answer is not valid gzip" in result.stderr


def test_parse_keeps_to_its_limit_and_warns_of_what_is_missing(folder: Path) -> None:
    many = folder / "many.xml"
    many.write_bytes(rss(*(item(str(number), "x") for number in range(60)))[:-30])
    assert len(lines(run(folder, "parse", "--json", str(many)))) == 50
    whole = run(folder, "parse", "--json", "--limit", "0", str(many))
    assert (len(lines(whole)), whole.exit_code) == (59, 0)
    assert f"warning: {many}: the document is cut in the middle" in whole.stderr
