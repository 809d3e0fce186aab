from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.feed import FeedState, FeedStatus, FetchRecord, PollSummary, Push
from schemas.rhythm import begun
from wirewatch.cli import wirewatch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
A, B = "https://a.example/rss", "https://b.example/rss"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "list.toml").write_text(f'[[feeds]]\nurl = "{A}"\nname = "Outlet A"\n[[feeds]]\nurl = "{B}"\n')
    (tmp_path / "wirewatch.toml").write_text('data = "data"\n[feeds]\nsources = ["list.toml"]\n')
    return tmp_path


def fetch(feed_url: str, hours: int, status: FeedStatus = FeedStatus.WORKING) -> FetchRecord:
    return FetchRecord(
        feed_url=feed_url, fetched_at=NOW - timedelta(hours=hours), status=status, reason=f"as it was {hours} h ago"
    )


def remember(folder: Path, *states: FeedState) -> None:
    store = SqliteFeedStates(folder / "data" / "feeds.sqlite3")
    for state in states:
        store.save(state, {})
    store.save_learned({A: "sr-Latn"})
    store.close()


def known(feed_url: str, status: FeedStatus = FeedStatus.WORKING, failures: int = 0) -> FeedState:
    return FeedState(
        feed_url=feed_url, last_fetch=fetch(feed_url, 0, status), failures=failures, last_ok_at=NOW,
        next_poll_at=NOW + timedelta(hours=1), planned_by="by its rhythm, some 24 items a day", hint=1800.0,
        skip_hours=(2, 3), skip_days=(6,), rhythm=begun([NOW - timedelta(hours=n) for n in range(200)], NOW),
        history=(PollSummary(at=NOW, status="possible-gap", reason="about 9 scrolled off"),),
        push=Push(hub="https://hub.example/", secret="hush", callback="unguessable"),
    )  # fmt: skip


def run(folder: Path, *arguments: str) -> Result:
    name, *rest = arguments
    return CliRunner().invoke(wirewatch, ["feeds", name, "--config", str(folder / "wirewatch.toml"), *rest])


def test_one_feed_is_shown_in_full(folder: Path) -> None:
    remember(folder, known(A), known(B))
    log = EmbeddedLog(folder / "data" / "log.sqlite3")
    records = [fetch(url, hours) for hours in range(20, 0, -1) for url in (A, B)]
    log.append(
        [NewRecord(topic="fetches", key=one.feed_url, value=codec.encode(one), headers=codec.headers(one)) for one in records]
    )  # fmt: skip
    log.close()
    text = run(folder, "show", "Outlet A").stdout
    for words in (
        "name        Outlet A", "status      possible-gap", "reason      about 9 scrolled off",
        "to do       pin a shorter", "next poll   2026-11-22T13:00:00.000Z: by its rhythm, some 24 items a day",
        "items a day; 200 items known since", "hint        1,800 s", "skip hours  2, 3 UTC", "skip days   Sun",
        "hub         https://hub.example/ (not verified yet; nothing delivered yet)", "language    learned: sr-Latn",
        "\nhistory\n  2026-11-22T12:00:00.000Z  possible-gap", "as it was 1 h ago",
    ):  # fmt: skip
        assert words in text
    assert B not in text
    shown = json.loads(run(folder, "show", "a.example", "--json", "--polls", "3").stdout)
    assert [one["reason"] for one in shown["polls"]] == [f"as it was {hours} h ago" for hours in (1, 2, 3)]
    assert shown["health"]["status"] == "possible-gap"
    assert shown["source"]["interval"] == 0
    assert (shown["state"]["push"]["secret"], shown["state"]["push"]["callback"]) == ("***", "***")


def test_a_feed_never_polled_is_shown_and_nothing_is_written(folder: Path) -> None:
    result = run(folder, "show", A)
    assert result.exit_code == 0, result.output
    assert "status      never-polled" in result.stdout
    assert not (folder / "data").exists()


@pytest.mark.parametrize(
    ("address", "words"), [("example", "2 feeds have this"), ("c.example", "no feed of the settings")]
)
def test_who_is_meant_must_be_plain(folder: Path, address: str, words: str) -> None:
    result = run(folder, "show", address)
    assert result.exit_code == 1
    assert words in str(result.output) + str(result.exception)


def test_health_sums_up_filters_and_says_what_to_do(folder: Path) -> None:
    remember(folder, known(A), known(B, FeedStatus.GONE, 3))
    result = run(folder, "health")
    assert result.exit_code == 3
    assert result.stdout.startswith("! gone")
    assert "\n    -> take the feed off the list or find its successor\n" in result.stdout
    assert result.stderr == "2 sources: 1 possible-gap, 1 gone; 1 needs a person\n"
    only = run(folder, "health", "--status", "possible-gap", "--json")
    (one,) = map(json.loads, only.stdout.splitlines())
    assert (one["feed_url"], only.exit_code) == (A, 0)
    assert one["todo"].startswith("pin a shorter `interval`")
