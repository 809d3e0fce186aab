"""A rematch ended at any moment, then run again, comes to what an undisturbed one comes to."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.index.embedded import EmbeddedIndex
from tests.pipelines.wire_texts import articles
from tests.product import arguments, environment, mails, records, wirewatch

ARTICLES = 6000
RUNS = 8
SEED = int(os.environ.get("WIREWATCH_TEST_SEED", "1244"))
LISTS = """
lists:
- {id: words, queries: {main: 'kosov* OR resolut* OR 1244', law: 'prav* OR recht* OR droit OR right*'}}
- {id: all-of-it, query: 'lang:sr OR title:1244'}
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rematch")
    index = EmbeddedIndex(folder / "data" / "index.sqlite3")
    made = articles(ARTICLES, SEED)
    for first in range(0, ARTICLES, 500):
        index.apply(made[first : first + 500], [])
    index.close()
    (folder / "lists.yaml").write_text(LISTS, "utf-8")
    return folder


def command(stored: Path, data: Path, *more: str) -> list[str | Path]:
    return ["rematch", "--watchlists", stored / "lists.yaml", "--data", data, *more]


def copied(stored: Path, to: Path) -> Path:
    shutil.copytree(stored / "data", to)
    return to


def came_to(data: Path) -> tuple[dict[str, Any], set[tuple[str, str, str]]]:
    """Hits but for the moment they were found in, and who was to be told of what."""
    hits = {one["hit_id"]: {**one, "matched_at": None} for one in records("hits", "--data", data, "--limit", "0")}
    alerts = records("alerts", "list", "--data", data, "--limit", "0")
    return hits, {(one["alert_key"], one["state"], one["reason"]) for one in alerts}


def test_killed_at_any_moment_and_run_again(stored: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    wirewatch(*command(stored, copied(stored, tmp_path / "undisturbed")))
    undisturbed = time.monotonic() - started
    expected = came_to(tmp_path / "undisturbed")
    assert len(expected[0]) > 1000
    moments = random.Random(SEED)
    killed = went_on = 0
    for number in range(4 * RUNS):
        data = copied(stored, tmp_path / f"killed-{number}")
        process = subprocess.Popen(
            arguments(*command(stored, data)), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if number % 2:
            # From here on there is something to go on from.
            while not (data / "rematch.json").exists() and process.poll() is None:
                time.sleep(0.002)
            delay = moments.uniform(0, undisturbed / 3)
        else:
            delay = moments.uniform(0.3, undisturbed)
        time.sleep(delay)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        said = wirewatch(*command(stored, data)).stdout
        went_on += "going on where the last one ended" in said
        assert came_to(data) == expected, f"seed {SEED}, run {number}, killed after {delay:.3f} s"
        assert not (data / "rematch.json").exists()
        assert mails(data) == []
        shutil.rmtree(data)
        if killed >= RUNS and went_on >= RUNS / 3:
            return
    # Kills before the first commit or after the end prove little.
    pytest.fail(f"{killed} kills in time, {went_on} of them after the first commit")


def test_a_limit_ends_it_and_the_next_run_goes_on(stored: Path, tmp_path: Path) -> None:
    wirewatch(*command(stored, copied(stored, tmp_path / "undisturbed")))
    data = copied(stored, tmp_path / "limited")
    looked_at = []
    for _ in range(30):
        said = wirewatch(*command(stored, data, "--limit", "400")).stdout
        looked_at.append(int(said.split()[1].replace(",", "")))
        if "stopped" not in said:
            break
    assert len(looked_at) > 3
    # Nothing was looked at twice.
    assert sum(looked_at) == ARTICLES
    assert came_to(data) == came_to(tmp_path / "undisturbed")


def test_an_interrupt_is_no_fault(stored: Path, tmp_path: Path) -> None:
    data = copied(stored, tmp_path / "data")
    process = subprocess.Popen(
        arguments(*command(stored, data, "--json")),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # So small that it waits for its reader: else it may have ended before the signal comes.
        pipesize=4096,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"the same command again goes on from there" in said
    assert b"Traceback" not in said
    assert (data / "rematch.json").exists()
    printed = {line for line in (first + rest).split(b"\n") if line}
    going_on = wirewatch(*command(stored, data))
    assert "going on where the last one ended" in going_on.stdout
    wirewatch(*command(stored, copied(stored, tmp_path / "undisturbed")))
    assert came_to(data) == came_to(tmp_path / "undisturbed")
    assert len(printed) < len(came_to(data)[0])
