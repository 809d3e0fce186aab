"""The graph over a real log and index: what it commits, and what a bad record or a failing back end does to it."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.inflight import InFlightFile
from connectors.interfaces import NewRecord
from schemas.errors import StoreError
from tests.pipelines.bench import LISTS, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_items_become_articles_versions_and_hits(bench: Bench) -> None:
    bench.append(1, 2)
    bench.append(3, title="Weather")
    assert bench.batches().drain() == 3
    assert bench.index.count() == 3
    assert [len(one.hits) for one in bench.hits()] == [1, 1]
    hit = bench.hits()[0].hits[0]
    version = bench.index.version(hit.version_id)
    assert version is not None
    for span in hit.spans:
        assert getattr(version, span.field)[span.start : span.end] == span.text == "Бањској"
    assert bench.place() == 3
    assert not bench.letters()


def test_the_whole_log_again_changes_nothing(bench: Bench) -> None:
    bench.append(*range(10))
    bench.batches().drain()
    before = [bench.index.article(one.article_id) for one in bench.hits()]
    bench.index.save_positions("pipeline", {0: 0})
    bench.batches().drain()
    assert bench.index.count() == 10
    assert [bench.index.article(one.article_id) for one in bench.hits()[:10]] == before
    assert {one.hits[0].hit_id for one in bench.hits()} == {one.hits[0].hit_id for one in bench.hits()[:10]}


def test_a_record_that_is_no_item_is_set_aside_with_its_bytes(bench: Bench) -> None:
    bench.append(1)
    bench.log.append([NewRecord(topic="items", key="x", value=b"\xffgarbage", headers={"schema": "item/1"})])
    bench.log.append([NewRecord(topic="items", key="y", value=b"{}", headers={"schema": "item/99"})])
    bench.append(2)
    batches = bench.batches()
    assert batches.drain() == 4
    assert bench.index.count() == 2
    assert [(one.stage, one.position, one.raw) for one in bench.letters()] == [
        ("decode", "items/0/1", b"\xffgarbage"),
        ("decode", "items/0/2", b"{}"),
    ]
    assert "item/99" in bench.letters()[1].reason
    assert batches.counters.dead_letters_total == 2


def test_a_failing_batch_is_halved_until_the_bad_record_is_alone(bench: Bench) -> None:
    bench.trouble("Патрола у Бањској 7")
    bench.append(*range(10))
    batches = bench.batches()
    assert batches.drain() == 10
    assert bench.index.count() == 9
    (letter,) = bench.letters()
    assert letter.position == "items/0/7"
    assert "cannot store" in letter.reason
    assert bench.place() == 10
    assert batches.counters.halvings_total > 0


def test_a_back_end_that_is_away_is_waited_for(bench: Bench) -> None:
    bench.trouble("away")
    bench.append(*range(5))
    batches = bench.batches()
    waiting = threading.Thread(target=batches.drain)
    waiting.start()
    time.sleep(1.0)
    assert bench.index.count() == 0
    assert bench.place() == 0
    bench.trouble("")
    waiting.join(30)
    assert bench.index.count() == 5
    assert not bench.letters()


def test_a_stop_while_waiting_leaves_the_batch_for_the_next_start(bench: Bench) -> None:
    stop = threading.Event()
    bench.trouble("away")
    bench.append(*range(5))
    waiting = threading.Thread(target=bench.batches(stopped=stop.is_set).drain)
    waiting.start()
    time.sleep(0.5)
    stop.set()
    waiting.join(10)
    assert not waiting.is_alive()
    assert bench.place() == 0
    bench.trouble("")
    bench.batches().drain()
    assert bench.index.count() == 5


def test_a_broken_store_stops_the_process_and_blames_no_record(bench: Bench) -> None:
    bench.trouble("broken")
    bench.append(*range(3))
    with pytest.raises(StoreError, match="not a database"):
        bench.batches().drain()
    assert not bench.letters()
    assert bench.place() == 0


def _drain(path: str) -> None:
    made = Bench(Path(path), new=False)
    made.batches(size=8).drain()


@pytest.mark.slow
def test_a_record_that_kills_the_process_is_set_aside_after_two_deaths_alone(bench: Bench) -> None:
    bench.append(*range(8))
    bench.trouble("kill Патрола у Бањској 5")
    spawning = multiprocessing.get_context("spawn")
    ends: list[int | None] = []
    while bench.place() < 8 and len(ends) < 10:
        process = spawning.Process(target=_drain, args=(str(bench.path),))
        process.start()
        process.join(60)
        ends.append(process.exitcode)
    # Eight in hand; then, after four that went well, two; then twice the one alone.
    assert ends == [-signal.SIGKILL] * 4 + [0]
    assert [one.position for one in bench.letters()] == ["items/0/5"]
    assert "died" in bench.letters()[0].reason
    assert bench.index.count() == 7
    assert InFlightFile(bench.path / "pipeline.inflight").previous() is None


def test_an_edit_is_in_force_for_the_first_item_after_a_quiet_hour(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    batches = bench.batches()
    bench.append(1, title="Weather in Novi Sad")
    batches.drain()
    (bench.path / "lists.yaml").write_text(LISTS.replace("Banjska, Banjskoj", "Novi Sad"))
    give_up = time.monotonic() + 20
    while "watchlists loaded" not in caplog.text and time.monotonic() < give_up:
        batches.step(0.05)
    bench.append(2, title="Weather in Novi Sad")
    batches.drain()
    assert len(bench.hits()) == 1


def test_an_edit_of_a_watchlist_is_soon_in_force(bench: Bench) -> None:
    batches = bench.batches()
    bench.append(1, title="Weather in Novi Sad")
    batches.drain()
    assert not bench.hits()
    (bench.path / "lists.yaml").write_text(LISTS.replace("Banjska, Banjskoj", "Novi Sad"))
    number = 2
    for number in range(2, 602):
        # Compiled beside the batches, which go on with the lists they have.
        bench.append(number, title="Weather in Novi Sad")
        batches.drain()
        if bench.hits():
            break
        time.sleep(0.05)
    assert len(bench.hits()) == 1
    (bench.path / "lists.yaml").write_text("lists: [broken")
    bench.append(number + 1, title="Weather in Novi Sad")
    batches.drain()
    assert len(bench.hits()) == 2
