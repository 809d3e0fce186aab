"""A list is widened: `watch preview` says what that would bring, `rematch` brings it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.log.embedded import EmbeddedLog
from schemas.time import now
from tests.product import LOOPBACK, arguments, environment, mails, outcome, records, wirewatch
from tests.samples import item
from tests.wire import Wire, rss, serving

pytestmark = pytest.mark.slow

NARROW = "{id: place, name: Place, query: Kosovo}\n"
WIDE = "{id: place, name: Place, queries: {main: Kosovo, wide: 'kosov* OR Mitrovica'}}\n"


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as served:
        served["/a.rss"] = rss(
            item(1, title="Kosovo today", published_at=now() - timedelta(minutes=1)),
            item(2, title="Kosovar premier", published_at=now() - timedelta(minutes=2)),
            item(3, title="Косовска Митровица", published_at=now() - timedelta(minutes=3)),
            item(4, title="Old kosovar news", published_at=now() - timedelta(days=5)),
            item(5, title="Market news", published_at=now() - timedelta(minutes=5)),
        )
        yield served


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "place.yaml").write_text(NARROW, "utf-8")
    (tmp_path / "wirewatch.toml").write_text('[watchlists]\npaths = ["lists"]\n', "utf-8")
    return folder


def told(data: Path) -> dict[str, str]:
    return {one["title"]: one["state"] for one in records("alerts", "list", "--data", data)}


def end_of_hits(data: Path) -> int:
    log = EmbeddedLog(data / "log.sqlite3", read_only=True)
    try:
        return log.ends("hits")[0]
    finally:
        log.close()


def test_preview_rematch_and_mail(wire: Wire, lists: Path, tmp_path: Path) -> None:
    data, config = tmp_path / "data", tmp_path / "wirewatch.toml"
    where = ("--data", data, "--config", config)
    wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), *LOOPBACK, *where)
    assert told(data) == {"Kosovo today": "sent"}

    draft = tmp_path / "draft.yaml"
    draft.write_text(WIDE, "utf-8")
    preview = records("watch", "preview", draft, *where)
    whole = next(one for one in preview if not one["query"])
    assert (whole["change"], whole["articles"], whole["before"], whole["gained"], whole["lost"]) == (
        "changed",
        4,
        1,
        3,
        0,
    )
    gained = {one["title"] for one in whole["gained_samples"]}
    assert gained == {"Kosovar premier", "Косовска Митровица", "Old kosovar news"}
    assert told(data) == {"Kosovo today": "sent"}

    (lists / "place.yaml").write_text(WIDE, "utf-8")
    done = wirewatch("rematch", "--json", *where)
    new = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(one["title"], one["query"], one["history"]) for one in new} == {
        *((title, "wide", True) for title in gained),
        ("Kosovo today", "wide", True),
    }
    assert "hits      4 new, 1 known before" in done.stderr
    assert "mails     0 sent" in done.stderr
    listed = {one["hit_id"]: one for one in records("hits", *where)}
    assert len(listed) == 5
    for one in new:
        # As the desk copied it, with its story: else the very hit that was printed.
        assert listed[one["hit_id"]] == {**one, "story_id": one["article_id"]}
        version = records("articles", "show", one["article_id"], "--version", one["version_id"], *where)[0]
        for span in one["spans"]:
            assert version[span["field"]][span["start"] : span["end"]] == span["text"]
    assert wirewatch("hits", *where).stdout.count("  history\n") == 4
    assert len(mails(data)) == 1
    assert told(data) == {"Kosovo today": "sent", **dict.fromkeys(gained, "suppressed")}
    assert not (data / "rematch.json").exists()

    before, end = outcome(data), end_of_hits(data)
    assert "hits      0 new, 5 known before" in wirewatch("rematch", *where).stdout
    assert (outcome(data), end_of_hits(data)) == (before, end)

    # As it would have been: one mail for each article and list, none for what was history to its feed.
    assert "mails     2 sent" in wirewatch("rematch", "--mail", *where).stdout
    expected = {"Kosovo today": "sent", **dict.fromkeys(gained, "sent"), "Old kosovar news": "suppressed"}
    assert told(data) == expected
    assert len(mails(data)) == 3
    end = end_of_hits(data)
    assert "mails     0 sent" in wirewatch("rematch", "--mail", *where).stdout
    assert "mails     0 sent" in wirewatch("rematch", *where).stdout
    assert (len(mails(data)), end_of_hits(data), told(data)) == (3, end, expected)
    assert outcome(data)["hits"] == before["hits"]


def test_mail_at_once_tells_everything_new_once(wire: Wire, lists: Path, tmp_path: Path) -> None:
    where = ("--data", tmp_path / "data", "--config", tmp_path / "wirewatch.toml")
    wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), *LOOPBACK, *where)
    (lists / "place.yaml").write_text(WIDE, "utf-8")
    assert "mails     2 sent" in wirewatch("rematch", "--mail", *where).stdout
    assert len(mails(tmp_path / "data")) == 3
    assert [one["history"] for one in records("hits", *where) if one["title"] == "Kosovar premier"] == [False]
    assert "mails     0 sent" in wirewatch("rematch", "--mail", *where).stdout


def test_beside_a_running_wirewatch(wire: Wire, lists: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    where = ("--data", data, "--config", tmp_path / "wirewatch.toml")
    process = subprocess.Popen(
        arguments("run", "--port", "0", "--feeds", wire.url("/a.rss"), *LOOPBACK, *where),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while len(mails(data)) < 1 or len(records("search", "*", *where)) < 5:
            assert time.monotonic() < deadline
            time.sleep(0.3)
        draft = tmp_path / "draft.yaml"
        draft.write_text(WIDE, "utf-8")
        done = wirewatch("rematch", "--watchlists", draft, *where)
        assert "left to the wirewatch that is running\n" in done.stdout
        assert len(records("hits", *where)) == 5
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert len(mails(data)) == 1


def test_what_stands_in_the_way_is_said_before_anything_is_written(lists: Path, tmp_path: Path) -> None:
    where = ("--data", tmp_path / "none", "--config", tmp_path / "wirewatch.toml")
    done = wirewatch("rematch", *where, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no data here yet" in done.stderr
    (lists / "place.yaml").write_text("{id: place, query: a NAER/5 b}\n", "utf-8")
    done = wirewatch("rematch", *where, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "place.yaml:1:22 unknown operator 'NAER/5'" in done.stderr
    assert not (tmp_path / "none").exists()
