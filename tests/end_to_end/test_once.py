"""`wirewatch run --once` as a user runs it: what it brings, what it says, how it fails."""

from __future__ import annotations

import base64
import fcntl
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.interfaces import NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.time import now
from tests.headlines import SERBIAN, SHARED
from tests.product import LOOPBACK, mails, outcome, records, wirewatch
from tests.samples import item
from tests.wire import Wire, rss, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as served:
        yield served


def once(wire: Wire, data: Path, *paths: str) -> str:
    named = [word for path in paths for word in ("--feeds", wire.url(path))]
    return wirewatch("run", "--once", *named, *LOOPBACK, "--data", data).stdout


def test_a_run_leaves_nothing_in_the_folder_for_temporary_files(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire["/a.rss"] = rss(item(1, published_at=now()))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    once(wire, tmp_path / "data", "/a.rss")
    assert list(temporary.iterdir()) == []


def test_from_feed_to_hit_and_mail(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(
        item(1, title="Патрола у Бањској, Косово", published_at=now() - timedelta(minutes=5)),
        item(2, title="Market news", published_at=now()),
    )
    said = once(wire, tmp_path, "/a.rss")
    assert "1 tried: 1 working" in said
    assert "2 new" in said
    articles = records("search", "*", "--data", tmp_path)
    assert {one["title"] for one in articles} == {"Патрола у Бањској, Косово", "Market news"}
    hits = records("hits", "--data", tmp_path)
    assert {(one["watchlist"], one["query"]) for one in hits} == {("kosovo", "main"), ("banjska", "main")}
    for hit in hits:
        version = records("articles", "show", hit["article_id"], "--version", hit["version_id"], "--data", tmp_path)[0]
        shown = records("articles", "show", hit["article_id"], "--data", tmp_path)[0]
        for span in hit["spans"]:
            assert version[span["field"]][span["start"] : span["end"]] == span["text"]
            assert shown[span["field"]][span["start"] : span["end"]] == span["text"]
        assert hit["story_id"] == hit["article_id"]
        assert hit["url"] == "https://outlet.example/1"
        assert hit["native_id"] == "native-1"
        assert hit["feed_url"] == wire.url("/a.rss")
    alerts = records("alerts", "list", "--data", tmp_path)
    assert {(one["watchlist"], one["state"], one["recipient"]) for one in alerts} == {
        ("kosovo", "sent", "monitor@localhost"),
        ("banjska", "sent", "monitor@localhost"),
    }
    assert {message["Message-ID"] for message in mails(tmp_path)} == {one["message_id"] for one in alerts}


def test_edits_are_versions_and_other_feeds_are_sightings(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(item(1, title="Quiet day", published_at=now()))
    once(wire, tmp_path, "/a.rss")
    wire["/a.rss"] = rss(item(1, title="Quiet day in Banjska", published_at=now()))
    wire["/b.rss"] = rss(item(1, title="Quiet day", native_id="other", published_at=now()))
    once(wire, tmp_path, "/a.rss", "/b.rss")
    (article,) = records("search", "*", "--data", tmp_path)
    assert article["title"] == "Quiet day in Banjska"
    assert {(one["feed_url"], one["native_id"]) for one in article["sightings"]} == {
        (wire.url("/a.rss"), "native-1"),
        (wire.url("/b.rss"), "other"),
    }
    (hit,) = records("hits", "--data", tmp_path)
    assert hit["watchlist"] == "banjska"
    assert hit["op"] == "update"
    assert len(mails(tmp_path)) == 1


def test_history_of_a_first_poll_alerts_nobody_and_says_so(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(
        item(1, title="Old news of Kosovo", published_at=now() - timedelta(days=3)),
        item(2, title="Undated news of Kosovo", published_at=None),
        item(3, title="News of Kosovo", published_at=now() - timedelta(hours=1)),
    )
    once(wire, tmp_path, "/a.rss")
    assert len(records("hits", "--data", tmp_path)) == 3
    alerts = records("alerts", "list", "--data", tmp_path)
    assert {(one["title"], one["state"]) for one in alerts} == {
        ("Old news of Kosovo", "suppressed"),
        ("Undated news of Kosovo", "suppressed"),
        ("News of Kosovo", "sent"),
    }
    assert all("history" in one["reason"] for one in alerts if one["state"] == "suppressed")
    wire["/a.rss"] = rss(item(4, title="Late, undated news of Kosovo", published_at=None))
    once(wire, tmp_path, "/a.rss")
    assert len(mails(tmp_path)) == 2


def test_bad_feeds_are_recorded_and_the_others_go_on(wire: Wire, tmp_path: Path) -> None:
    good = rss(*(item(number, published_at=now()) for number in range(20)))
    wire["/good.rss"] = good
    wire["/html"] = b"<!doctype html><html><head><title>Hello</title></head><body>No feed</body></html>"
    wire["/empty"] = b""
    wire["/cut.rss"] = rss(
        *(item(number, native_id=f"cut-{number}", url=f"https://cut.example/{number}") for number in range(20))
    )[:-700]
    wire["/garbage"] = bytes(range(256)) * 40_000
    said = once(wire, tmp_path, "/good.rss", "/html", "/empty", "/cut.rss", "/garbage", "/missing")
    assert "6 tried" in said
    found = {one["url"] for one in records("search", "*", "--data", tmp_path, "--limit", "0")}
    assert {f"https://outlet.example/{number}" for number in range(20)} <= found
    assert sum("cut.example" in url for url in found) >= 15
    named = [word for path in wire.documents for word in ("--feeds", wire.url(path))]
    states = {
        one["feed_url"].removeprefix(wire.address): one
        for one in records_of_health(tmp_path, [*named, "--feeds", wire.url("/missing")])
    }
    assert states["/html"]["status"] == "html"
    assert states["/missing"]["status"] == "not-found"
    assert states["/good.rss"]["status"] == "working"
    assert states["/garbage"]["status"] in {"malformed", "html"}
    assert all(one["reason"] for one in states.values())


def records_of_health(data: Path, named: list[str]) -> list[dict[str, str]]:
    sources = data / "sources.toml"
    sources.write_text("".join(f'[[feeds]]\nurl = "{url}"\n' for url in named if url != "--feeds"))
    config = data / "wirewatch.toml"
    config.write_text('[feeds]\nsources = ["sources.toml"]\n')
    done = wirewatch("feeds", "health", "--json", "--limit", "0", "--data", data, "--config", config, check=False)
    assert done.returncode == 3, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_mails_wait_while_their_server_is_away_and_leave_with_the_next_run(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(item(1, title="Kosovo now", published_at=now()))
    config = tmp_path / "wirewatch.toml"
    config.write_text("[smtp]\nhost = '127.0.0.1'\nport = 1\n")
    command = ("run", "--once", "--feeds", wire.url("/a.rss"), *LOOPBACK, "--data", tmp_path / "data")
    away = wirewatch(*command, "--config", config)
    assert "1 waiting" in away.stdout
    assert "could not be delivered" in away.stderr
    (alert,) = records("alerts", "list", "--data", tmp_path / "data")
    assert (alert["state"], alert["attempts"]) == ("pending", 1)
    wirewatch(*command)
    (alert,) = records("alerts", "list", "--data", tmp_path / "data")
    assert (alert["state"], alert["attempts"]) == ("sent", 2)
    assert [message["Message-ID"] for message in mails(tmp_path / "data")] == [alert["message_id"]]


def test_a_broken_watchlist_writes_nothing(tmp_path: Path) -> None:
    lists = tmp_path / "lists.yaml"
    lists.write_text("version: 1\nlists:\n  - id: x\n    query: 'a AND (b'\n    sevrity: high\n")
    done = wirewatch("run", "--once", "--watchlists", lists, "--data", tmp_path / "data", check=False)
    assert done.returncode == 1
    assert "lists.yaml:4" in done.stderr
    assert "sevrity" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    config = tmp_path / "wirewatch.toml"
    config.write_text("[feeds]\nhost_dely = 3\n")
    done = wirewatch("run", "--once", "--config", config, "--data", tmp_path / "data", check=False)
    assert done.returncode == 2
    assert "feeds.host_dely" in done.stderr
    assert "feeds.host_delay" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_data_folder_in_use_is_one_line(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(item(1))
    once(wire, tmp_path, "/a.rss")
    with (tmp_path / "run.lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), "--data", tmp_path, check=False)
        assert done.returncode == 1
        assert "already in use" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        with socket.create_server(("127.0.0.1", 0)) as taken:
            # The page of the first process stands in the way too; that is not what its user has to hear.
            port = str(taken.getsockname()[1])
            done = wirewatch("run", "--feeds", wire.url("/a.rss"), "--data", tmp_path, "--port", port, check=False)
        assert "already in use by another wirewatch run" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert len(records("search", "*", "--data", tmp_path)) == 1


def test_without_the_flag_a_private_address_is_refused(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(item(1))
    done = wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), "--data", tmp_path)
    assert "blocked-address" in done.stdout
    assert "--allow-network" in done.stdout
    assert wire.requests == []


def test_a_dead_letter_is_listed_shown_and_replayed(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(item(1, published_at=now()))
    once(wire, tmp_path, "/a.rss")
    good = item(2, title="Новости Косова", seen_at=now())
    log = EmbeddedLog(tmp_path / "log.sqlite3")
    # A record of a release to come, which this one cannot read, and one that is damaged.
    log.append([NewRecord(topic="items", key="future", value=codec.encode(good), headers={"schema": "item/99"})])
    log.append([NewRecord(topic="items", key="damaged", value=b"\xff\xfe{")])
    log.close()
    once(wire, tmp_path, "/a.rss")
    letters = records("deadletters", "list", "--data", tmp_path)
    assert {(one["key"], one["stage"], one["status"]) for one in letters} == {
        ("future", "decode", "open"),
        ("damaged", "decode", "open"),
    }
    damaged = next(one for one in letters if one["key"] == "damaged")
    shown = records("deadletters", "show", damaged["id"], "--data", tmp_path)[0]
    assert (shown["position"], base64.b64decode(shown["raw"])) == ("items/0/2", b"\xff\xfe{")
    said = wirewatch("deadletters", "replay", "--all", *("--data", str(tmp_path))).stdout
    assert said.count("failed again") == 2
    again = records("deadletters", "list", "--data", tmp_path)
    assert {one["id"] for one in again} == {one["id"] for one in letters}
    assert outcome(tmp_path)["contents"]


def test_a_document_that_cannot_be_fetched_again_stays_a_dead_letter(wire: Wire, tmp_path: Path) -> None:
    whole = rss(item(1, published_at=now()), item(2, published_at=now()))
    wire["/a.rss"] = whole[: whole.rindex(b"</item>") - 10]
    once(wire, tmp_path, "/a.rss")
    (letter,) = records("deadletters", "list", "--data", tmp_path)
    words = ("deadletters", "replay", letter["id"], "--data", tmp_path)
    assert "failed again: blocked-address: " in wirewatch(*words).stdout
    assert [one["id"] for one in records("deadletters", "list", "--data", tmp_path)] == [letter["id"]]
    wire["/a.rss"] = whole
    assert "processed" in wirewatch(*words, *LOOPBACK).stdout
    assert records("deadletters", "list", "--data", tmp_path) == []
    assert len(records("search", "*", "--data", tmp_path)) == 2


def test_health_and_doctor_speak_of_the_feeds_a_run_was_given(wire: Wire, tmp_path: Path) -> None:
    once(wire, tmp_path, "/none.rss")
    health = wirewatch("feeds", "health", "--data", tmp_path, "--json", check=False)
    assert health.returncode == 3
    assert [json.loads(line)["feed_url"] for line in health.stdout.splitlines()] == [wire.url("/none.rss")]
    doctor = wirewatch("doctor", "--data", tmp_path, check=False)
    assert doctor.returncode == 3
    assert wire.url("/none.rss") in doctor.stdout


def test_what_a_feed_brought_before_names_the_variant_of_its_next_headline(wire: Wire, tmp_path: Path) -> None:
    wire["/a.rss"] = rss(*(item(number, title=title, body="") for number, title in enumerate(SERBIAN)))
    once(wire, tmp_path, "/a.rss")
    wire["/a.rss"] = rss(item(100, title=SHARED, body="", url="https://a.example/100"))
    wire["/b.rss"] = rss(item(200, title=SHARED, body="", url="https://b.example/200"))
    once(wire, tmp_path, "/a.rss", "/b.rss")
    articles = {one["url"]: one for one in records("search", "*", "--data", tmp_path)}
    known, unknown = articles["https://a.example/100"], articles["https://b.example/200"]
    assert (known["language"], known["source"]["learned"]) == ("sr-Latn", "sr-Latn")
    assert (unknown["language"], unknown["source"]["learned"]) == ("sh-Latn", "")
