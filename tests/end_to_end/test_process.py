"""`wirewatch run` and `demo` as processes: started, watched, stopped, started again."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from schemas.time import now
from tests.product import LOOPBACK, arguments, environment, mails, records, wirewatch
from tests.samples import item
from tests.wire import rss, serving

pytestmark = pytest.mark.slow


class Running:
    """A started process and its page."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", self.line)
        assert found, self.line or process.communicate()[1]
        self.page = found[0]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.page + path, timeout=10) as answer:
            return json.load(answer)

    def stop(self, number: int = signal.SIGINT) -> tuple[int, float]:
        """Exit code, and seconds it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(30)
        return code, time.monotonic() - started


@contextmanager
def running(*words: str | Path) -> Iterator[Running]:
    process = subprocess.Popen(
        arguments(*words, "--port", "0"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Poll until `true()`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)


def test_runs_stops_cleanly_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving() as wire:
        wire["/a.rss"] = rss(item(1, title="Kosovo now", published_at=now()))
        command = ("run", "--feeds", wire.url("/a.rss"), *LOOPBACK, "--data", data)
        with running(*command) as started:
            until(lambda: started.get("api/hits")["hits"])
            assert started.get("healthz")["ok"]
            until(lambda: len(mails(data)) == 1)
            code, seconds = started.stop()
            assert code == 0
            assert seconds < 10
        wire["/a.rss"] = rss(
            item(1, title="Kosovo now", published_at=now()), item(2, title="Banjska", published_at=now())
        )
        wirewatch("run", "--once", *command[1:])
        with running(*command) as again:
            until(lambda: len(again.get("api/hits")["hits"]) == 2)
            code, seconds = again.stop(signal.SIGTERM)
            assert code == 0
            assert seconds < 10
    assert len(mails(data)) == 2
    assert len(records("search", "*", "--data", data)) == 2


def test_demo_shows_hits_in_several_scripts_and_never_falls_silent(tmp_path: Path) -> None:
    with running("demo", "--every", "0.3", "--data", tmp_path) as demo:
        until(lambda: len({hit["language"] for hit in demo.get("api/hits?limit=200")["hits"]}) >= 4)
        before = len(demo.get("api/hits?limit=500")["hits"])
        until(lambda: len(demo.get("api/hits?limit=500")["hits"]) > before)
        assert wirewatch("feeds", "list", "--data", tmp_path).returncode == 0
        code, seconds = demo.stop()
        assert code == 0
        assert seconds < 10
    assert mails(tmp_path)


@pytest.mark.browser
def test_demo_shows_marked_words_in_a_browser_and_more_as_they_come(tmp_path: Path, browser: Browser) -> None:
    tab = browser.new_page()
    with running("demo", "--every", "0.5", "--data", tmp_path) as demo:
        tab.goto(demo.page)
        expect(tab.locator("mark").first).to_be_visible(timeout=30_000)
        shown = tab.locator("article").count()
        expect(tab.locator("#state")).to_have_text("live")
        until(lambda: tab.locator("article").count() > shown)
        # A word of the list banjska, in a script other than the list's own spelling.
        until(lambda: tab.locator("mark", has_text=re.compile("[А-я]")).count())
    tab.close()


def test_stops_promptly_while_a_feed_is_slow_and_a_page_is_open(tmp_path: Path) -> None:
    with serving() as wire:

        def slow() -> tuple[int, dict[str, str], bytes]:
            time.sleep(20)
            return 200, {}, b""

        wire["/slow.rss"] = slow
        with running("run", "--feeds", wire.url("/slow.rss"), *LOOPBACK, "--data", tmp_path) as started:
            with urllib.request.urlopen(started.page + "events", timeout=10) as events:
                assert events.readline()
                until(lambda: wire.requests)
                code, seconds = started.stop()
            assert code == 0
            assert seconds < 10


def test_a_second_signal_exits_at_once(tmp_path: Path) -> None:
    with running("demo", "--data", tmp_path) as demo:
        demo.process.send_signal(signal.SIGINT)
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(10) in {0, 130}


def test_a_port_in_use_is_one_line_and_nothing_is_written(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = wirewatch("run", "--port", port, "--data", tmp_path / "data", check=False)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_without_a_network_it_says_so_and_points_to_the_demo(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/a.rss"
    with running("run", "--feeds", address, *LOOPBACK, "--data", tmp_path) as started:
        assert started.process.stdout is not None
        assert address in started.process.stdout.readline()
        assert "make demo" in started.process.stdout.readline()
        assert started.stop()[0] == 0
