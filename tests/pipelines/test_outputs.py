"""The two outputs of the graph as two readers of one log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.interfaces import NewRecord
from tests.pipelines.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_each_output_alone_makes_its_half_and_keeps_its_own_place(bench: Bench) -> None:
    bench.append(1, 2)
    bench.append(3, title="Weather")
    assert bench.batches(outputs=("hits",)).drain() == 3
    assert len(bench.hits()) == 2
    assert bench.index.count() == 0
    bench.append(4)
    assert bench.batches(outputs=("index",)).drain() == 4
    assert bench.index.count() == 4
    assert len(bench.hits()) == 2
    assert (bench.place("hits"), bench.place("index"), bench.place()) == (3, 4, 0)


def test_both_halves_are_what_one_line_makes(bench: Bench, tmp_path: Path) -> None:
    whole = Bench(tmp_path / "whole")
    for one in (bench, whole):
        one.append(1, 2)
        one.append(3, title="Weather")
    whole.batches().drain()
    bench.batches(outputs=("index",)).drain()
    bench.batches(outputs=("hits",)).drain()
    ids = [one.article_id for one in whole.hits()]
    assert [one.article_id for one in bench.hits()] == ids
    assert [bench.index.article(one) for one in ids] == [whole.index.article(one) for one in ids]
    versions = [one.version_id for one in whole.hits()]
    assert [bench.index.version(one) for one in versions] == [whole.index.version(one) for one in versions]
    whole.close()


def test_a_broken_record_is_one_dead_letter_by_its_id_whichever_output_sees_it(bench: Bench) -> None:
    bench.log.append([NewRecord(topic="items", key="x", value=b"garbage", headers={"schema": "item/1"})])
    bench.append(1)
    bench.batches(outputs=("hits",)).drain()
    assert len(bench.letters()) == 1
    index = bench.batches(outputs=("index",))
    assert index.drain() == 2
    assert index.counters.dead_letters_total == 1
    assert len({one.id for one in bench.letters()}) == 1
    assert bench.index.count() == 1


def test_the_index_output_needs_no_watchlists(bench: Bench) -> None:
    (bench.path / "lists.yaml").write_text("lists: [broken")
    bench.append(1)
    assert bench.batches(outputs=("index",)).drain() == 1
    assert bench.index.count() == 1


def test_what_only_the_index_refuses_stops_no_hit(bench: Bench) -> None:
    bench.trouble("Патрола у Бањској 1")
    bench.append(1, 2)
    assert bench.batches(outputs=("hits",)).drain() == 2
    assert bench.batches(outputs=("index",)).drain() == 2
    assert len(bench.hits()) == 2
    assert [one.position for one in bench.letters()] == ["items/0/0"]
    assert bench.index.count() == 1
