"""The graph that reads without end, on Beam's own runner in a child process: places, refused records, deaths."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import apache_beam as beam
import msgspec
import pytest
from apache_beam.io.restriction_trackers import OffsetRange
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker

from connectors.interfaces import Positions, Record
from connectors.log.embedded import EmbeddedLog
from connectors.log.places import PlacesFile
from pipelines.monitoring import Endless, Parts, monitoring
from pipelines.read import RangeCoder, ReadPartition, Tracker
from pipelines.resources import release
from schemas.errors import PositionLostError
from tests.pipelines.bench import Bench, Folder, OpenIndex, OpenLists, OpenLog
from tests.samples import NOON

_DEADLINE = 60.0


class FolderTopic:
    """`PartitionedTopic` over the embedded log of a folder: partition 0 holds its items, partition 1 none."""

    def __init__(self, folder: Path) -> None:
        self._log = EmbeddedLog(folder / "log.sqlite3")
        self._places = PlacesFile(folder / "places.sqlite3")

    def partitions(self) -> Sequence[int]:
        return (0, 1)

    def begin(self, partition: int) -> int:
        return self._places.positions("pipeline").get(partition, 0)

    def reader(self, partition: int) -> FolderReader:
        return FolderReader(self._log, partition)

    def commit(self, positions: Positions) -> None:
        self._places.save_positions("pipeline", positions)

    def close(self) -> None:
        self._log.close()
        self._places.close()


class FolderReader:
    def __init__(self, log: EmbeddedLog, partition: int) -> None:
        self._log = log
        self._partition = partition

    def read(self, start: int, limit: int, wait: float) -> Sequence[Record]:
        found = self._log.read("items", {0: start}, limit) if self._partition == 0 else ()
        if not found:
            time.sleep(wait)
        return found

    def close(self) -> None:
        pass


class OpenTopic(Folder, frozen=True):
    def __call__(self) -> FolderTopic:
        return FolderTopic(Path(self.path))


def run_for_ever(path: str) -> None:
    pipeline = beam.Pipeline(runner=FnApiRunner())
    parts = Parts(name="pipeline", log=OpenLog(path), articles=OpenIndex(path), watchlists=OpenLists(path))
    monitoring(pipeline, parts, Endless(OpenTopic(path), (0, 1), bundle_records=20))
    pipeline.run()


class Engine:
    """The graph in a process of its own, which only a kill ends."""

    def __init__(self, folder: Path) -> None:
        self.process = multiprocessing.get_context("spawn").Process(target=run_for_ever, args=(str(folder),))
        self.process.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.process.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.index.close()
    made.log.close()


@pytest.fixture
def places(bench: Bench) -> Iterator[Callable[[], int]]:
    file = PlacesFile(bench.path / "places.sqlite3")
    yield lambda: file.positions("pipeline").get(0, 0)
    file.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_records_flow_places_are_committed_and_a_death_loses_nothing(bench: Bench, places: Callable[[], int]) -> None:
    bench.append(*range(50))
    engine = Engine(bench.path)
    until(lambda: places() == 50)
    assert bench.index.count() == 50
    bench.append(*range(50, 60))
    until(lambda: places() == 60)
    engine.kill()
    bench.append(*range(60, 90))
    engine = Engine(bench.path)
    until(lambda: places() == 90)
    engine.kill()
    assert bench.index.count() == 90
    assert {hits.article_id for hits in bench.hits()} == {bench.record(n, "Патрола у Бањској").key for n in range(90)}


@pytest.mark.slow
def test_what_the_index_refuses_is_set_aside_and_the_stream_goes_on(bench: Bench, places: Callable[[], int]) -> None:
    bench.trouble("Refused 7")
    bench.append(*range(7))
    bench.append(7, title="Refused")
    bench.append(*range(8, 40))
    engine = Engine(bench.path)
    until(lambda: places() == 40)
    engine.kill()
    assert bench.index.count() == 39
    assert [(one.stage, one.position, one.reason) for one in bench.letters()] == [
        ("index", "items/0/7", "OverflowError: cannot store Refused 7")
    ]


@pytest.mark.slow
def test_an_index_that_is_away_is_waited_for(bench: Bench, places: Callable[[], int]) -> None:
    bench.trouble("away")
    bench.append(*range(30))
    engine = Engine(bench.path)
    until(lambda: len(bench.hits()) >= 20)
    assert (bench.index.count(), places()) == (0, 0)
    bench.trouble("")
    until(lambda: places() == 30)
    engine.kill()
    assert bench.index.count() == 30
    assert len(bench.hits()) == 30


class LostTopic(msgspec.Struct, frozen=True):
    """Opens itself: a topic that keeps offsets `oldest` to `end`."""

    oldest: int
    end: int

    def __call__(self) -> LostTopic:
        return self

    def partitions(self) -> Sequence[int]:
        return (0,)

    def begin(self, partition: int) -> int:
        raise PositionLostError("items", partition, asked=1, oldest=self.oldest)

    def reader(self, partition: int) -> LostTopic:
        return self

    def commit(self, positions: Positions) -> None:
        raise NotImplementedError

    def read(self, start: int, limit: int, wait: float) -> Sequence[Record]:
        if not self.oldest <= start <= self.end:
            raise PositionLostError("items", 0, asked=start, oldest=self.oldest)
        return [
            Record(topic="items", partition=0, offset=offset, key="", value=b"", appended_at=NOON)
            for offset in range(start, min(start + limit, self.end))
        ]

    def close(self) -> None:
        pass


def read_once(topic: LostTopic, start: int) -> tuple[list[int], int]:
    """The offsets that one call of the reading step yields, and where the next one goes on."""
    reading = ReadPartition(topic, 10)
    reading.setup()
    tracker = ThreadsafeRestrictionTracker(reading.create_tracker(OffsetRange(start, 2**63 - 2)))
    offsets = [one.offset for one in reading.process(0, RestrictionTrackerView(tracker))]
    residual, _ = tracker.deferred_status()
    reading.teardown()
    release()
    return offsets, residual.start


def test_a_lost_place_is_an_error_said_and_reading_goes_on_behind_the_gap(caplog: pytest.LogCaptureFixture) -> None:
    assert read_once(LostTopic(5, 8), 1) == ([5, 6, 7], 8)
    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("ERROR", "position lost, reading goes on from the oldest record")
    ]
    assert "4 records are gone" in caplog.records[0].reason  # type: ignore[attr-defined]


def test_a_gap_before_an_empty_partition_is_passed_once() -> None:
    assert read_once(LostTopic(5, 5), 1) == ([], 5)


def test_a_place_behind_the_end_is_an_error_said_and_nothing_is_passed(caplog: pytest.LogCaptureFixture) -> None:
    assert read_once(LostTopic(0, 5), 9) == ([], 9)
    assert [(one.levelname, one.message) for one in caplog.records] == [("ERROR", "position lost, reading waits")]


def test_a_first_place_that_is_lost_begins_at_the_oldest_record(caplog: pytest.LogCaptureFixture) -> None:
    assert ReadPartition(LostTopic(5, 8), 10).initial_restriction(0).start == 5
    assert [one.levelname for one in caplog.records] == ["ERROR"]
    release()


def test_a_bundle_takes_a_bounded_share_of_a_backlog() -> None:
    assert read_once(LostTopic(0, 500), 0) == (list(range(10)), 10)


def test_offsets_are_cut_only_where_reading_stands() -> None:
    tracker = Tracker(OffsetRange(3, 2**63 - 2))
    assert not tracker.is_bounded()
    assert tracker.try_claim(9)
    assert tracker.try_split(0.5) is None
    split = tracker.try_split(0)
    assert split is not None
    assert (split[0].stop, split[1].start, split[1].stop) == (10, 10, 2**63 - 2)
    assert not tracker.try_claim(10)
    tracker.check_done()


def test_a_restriction_survives_its_coder() -> None:
    coder = RangeCoder()
    assert coder.decode(coder.encode(OffsetRange(17, 2**63 - 2))) == OffsetRange(17, 2**63 - 2)
