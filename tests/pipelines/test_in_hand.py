"""What a process had in hand when it died, where a batch spans several partitions."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from connectors.inflight import InFlightFile, InFlightSlot
from connectors.interfaces import InHand, Positions, Record
from connectors.log.places import PlacesFile
from tests.pipelines.bench import Bench

PARTITIONS = 3


class Dealt:
    """A `Consumer` of three partitions, dealt out of the one that the embedded log has: 0, 1, 2, 0, 1, 2, …"""

    name = "pipeline"

    def __init__(self, bench: Bench, *, only: Sequence[int] = range(PARTITIONS)) -> None:
        self._log = bench.log
        self._only = only
        self._places = PlacesFile(bench.path / "places.sqlite3")
        self._next = dict(self._places.positions(self.name))
        self.committed: list[dict[int, int]] = []

    def read(self, limit: int, wait: float) -> Sequence[Record]:
        del wait
        dealt = [record for record in self._all() if record.offset >= self._next.get(record.partition, 0)][:limit]
        for record in dealt:
            self._next[record.partition] = record.offset + 1
        return dealt

    def commit(self, positions: Positions) -> None:
        self.committed.append(dict(positions))
        self._places.save_positions(self.name, positions)

    def lag(self) -> int:
        places = self._places.positions(self.name)
        return sum(record.offset >= places.get(record.partition, 0) for record in self._all())

    def close(self) -> None:
        self._places.close()

    def _all(self) -> Iterator[Record]:
        for record in self._log.read("items", {}, 10_000):
            partition, offset = record.offset % PARTITIONS, record.offset // PARTITIONS
            if partition in self._only:
                yield msgspec.structs.replace(record, partition=partition, offset=offset)


class Noted:
    """An `InFlight` that begins with `left` and keeps all it is told."""

    def __init__(self, left: InHand | None = None) -> None:
        self._left = left
        self.begun: list[InHand] = []
        self.ended = 0

    def previous(self) -> InHand | None:
        return self._left

    def begin(self, batch: InHand) -> None:
        self.begun.append(batch)

    def end(self) -> None:
        self.ended += 1


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def run(bench: Bench) -> Iterator[Callable[..., Noted]]:
    opened: list[Dealt] = []

    def drained(left: InHand | None, size: int = 100, only: Sequence[int] = range(PARTITIONS)) -> Noted:
        note = Noted(left)
        opened.append(Dealt(bench, only=only))
        bench.batches(size, consumer=opened[-1], in_flight=note).drain()
        return note

    yield drained
    for one in opened:
        one.close()


def test_the_note_says_what_is_in_hand_of_each_partition(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(7))
    note = run(None)
    assert note.begun == [InHand({0: (0, 3), 1: (0, 2), 2: (0, 2)}, 7)]
    assert note.ended == 1


def test_suspects_of_several_partitions_come_first_and_in_halves(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(9))
    note = run(InHand({1: (0, 2), 2: (0, 2)}, 4))
    assert note.begun == [
        InHand({1: (0, 1), 2: (0, 1)}, 2),
        InHand({1: (1, 2)}, 1),
        InHand({2: (1, 2)}, 1),
        InHand({0: (0, 3), 1: (2, 3), 2: (2, 3)}, 5),
    ]
    assert bench.index.count() == 9


def test_suspects_are_known_in_whatever_batch_they_come(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(9))
    note = run(InHand({0: (0, 1), 2: (1, 3)}, 3), size=4)
    assert [one.records for one in note.begun] == [1, 3, 1, 3, 1]
    assert note.begun[0] == InHand({0: (0, 1)}, 1)
    assert note.begun[2] == InHand({2: (1, 2)}, 1)
    assert note.begun[4] == InHand({2: (2, 3)}, 1)


def test_what_another_process_has_done_since_is_no_suspect(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(6))
    run(None)
    bench.append(*range(6, 9))
    note = run(InHand({0: (0, 2), 1: (0, 1)}, 1, deaths=1))
    assert note.begun == [InHand({0: (2, 3), 1: (2, 3), 2: (2, 3)}, 3)]
    assert not bench.letters()


def test_suspects_that_went_to_another_process_are_remembered(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(9))
    note = run(InHand({1: (0, 1)}, 1, deaths=1), only=(0, 2))
    assert note.begun == [InHand({0: (0, 3), 2: (0, 3)}, 6)]
    assert not bench.letters()


def test_only_the_record_that_was_alone_is_set_aside(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(9))
    note = run(InHand({1: (0, 1)}, 1, deaths=1))
    assert [one.position for one in bench.letters()] == ["items/1/0"]
    assert note.begun == [InHand({0: (0, 3), 1: (1, 3), 2: (0, 3)}, 8)]


def test_a_place_set_back_brings_no_other_record_into_suspicion(bench: Bench, run: Callable[..., Noted]) -> None:
    bench.append(*range(9))
    note = run(InHand({1: (1, 2)}, 1, deaths=1))
    assert note.begun[:2] == [InHand({1: (0, 1)}, 1), InHand({1: (1, 2)}, 1)]
    assert not bench.letters()


def test_processes_of_one_folder_have_notes_of_their_own(tmp_path: Path) -> None:
    first, second = InFlightSlot(tmp_path, "hits"), InFlightSlot(tmp_path, "hits")
    first.begin(InHand({0: (0, 1)}, 1))
    assert second.previous() is None
    second.begin(InHand({1: (0, 1)}, 1))
    other = InFlightSlot(tmp_path, "index")
    assert other.previous() is None
    # The one that dies leaves its place, with the note in it, to the next.
    first.close()
    again = InFlightSlot(tmp_path, "hits")
    assert again.previous() == InHand({0: (0, 1)}, 1)
    for slot in (again, second, other):
        slot.close()


def _drain(path: str) -> None:
    made = Bench(Path(path), new=False)
    made.batches(size=9, consumer=Dealt(made)).drain()


@pytest.mark.slow
def test_a_record_that_kills_the_process_is_found_among_several_partitions(bench: Bench) -> None:
    bench.append(*range(9))
    bench.trouble("kill Патрола у Бањској 5")
    spawning = multiprocessing.get_context("spawn")
    deaths = 0
    while deaths < 10:
        process = spawning.Process(target=_drain, args=(str(bench.path),))
        process.start()
        process.join(60)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        deaths += 1
    # Nine in hand; then, after four that went well, two; then twice the one alone.
    assert deaths == 4
    assert [one.position for one in bench.letters()] == ["items/2/1"]
    assert bench.index.count() == 8
    assert InFlightFile(bench.path / "pipeline.inflight").previous() is None
