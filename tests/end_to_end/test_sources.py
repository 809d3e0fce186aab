"""Sources edited while `wirewatch run` goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.time import now
from tests.end_to_end.test_process import running, until
from tests.product import LOOPBACK, records, wirewatch
from tests.samples import item
from tests.wire import rss, serving

pytestmark = pytest.mark.slow


def test_a_running_wirewatch_takes_up_what_is_added_and_lets_go_of_what_is_removed(tmp_path: Path) -> None:
    config = tmp_path / "wirewatch.toml"
    with serving() as wire:
        wire["/a.rss"] = rss(item(1, title="Kosovo first", published_at=now()))
        wire["/b.rss"] = rss(item(2, title="Kosovo second", published_at=now()))
        config.write_text(
            f'data = "data"\n[feeds]\nsources = ["{wire.url("/a.rss")}"]\nallow_networks = ["127.0.0.0/8"]\n'
        )

        def listed() -> list[str]:
            return sorted(one["source"]["feed_url"] for one in started.get("api/feeds")["feeds"])

        def healthy() -> list[str]:
            return [one["feed_url"] for one in records("feeds", "health", "--config", config)]

        with running("run", "--config", config) as started:
            until(lambda: records("search", "first", "--config", config))
            assert listed() == [wire.url("/a.rss")]
            wirewatch("feeds", "add", wire.url("/b.rss"), "--config", config)
            until(lambda: records("search", "second", "--config", config))
            assert listed() == [wire.url("/a.rss"), wire.url("/b.rss")]
            assert healthy() == [wire.url("/a.rss"), wire.url("/b.rss")]
            wirewatch("feeds", "remove", wire.url("/b.rss"), "--config", config)
            until(lambda: listed() == [wire.url("/a.rss")])
            assert healthy() == [wire.url("/a.rss")]
            code, _ = started.stop()
            assert code == 0


def test_one_run_over_named_feeds_leaves_the_own_list_out(tmp_path: Path) -> None:
    with serving() as wire:
        wire["/a.rss"] = rss(item(1, title="first", published_at=now()))
        wire["/b.rss"] = rss(item(2, title="second", published_at=now()))
        data = ("--data", tmp_path / "data", *LOOPBACK)
        wirewatch("feeds", "add", wire.url("/b.rss"), *data)
        wire.requests.clear()
        done = wirewatch("run", "--once", "--feeds", wire.url("/a.rss"), *data)
        assert "1 tried: 1 working" in done.stdout
        assert wire.requests == ["/a.rss"]
