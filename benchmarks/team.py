"""Team size: the graph over Kafka with one process and with two, beside the embedded size; a long backlog caught up.

    python -m benchmarks.team [--items N] [--rounds N] [--backlog N]

Rival: one process alone, and the embedded size over two files, on the same items and machine. Servers of its own are started
on loopback and share the cores with what is measured. The processes are warm and the group at rest before the items come; a
rate is that from the fortieth to the ninety-fifth percent of them, when all are on the log.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.corpus import items, record_of
from benchmarks.results import Result, options, record
from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import Log
from connectors.log.enquiry import Enquiry
from schemas.errors import StoreError, WirewatchError
from schemas.item import FeedItem
from tests.servers.elasticsearch import Node, start_elasticsearch
from tests.servers.kafka import Broker, start_kafka
from tests.servers.prepared import prepared
from wirewatch import wiring
from wirewatch.settings import Settings, load

_FROM, _TO = 0.4, 0.95
_WARM = 400
_JOINED = 12.0
"""Seconds after which a group has come to rest."""
_LOOK = 0.05
_CHUNK = 2_000
_LONGEST = 3_600.0
_TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=0, help="catch up with so many items, counted exactly, instead")
    chosen = parser.parse_args()
    with servers() as (broker, node):
        if chosen.backlog:
            record(*_backlog(broker, node, chosen.backlog))
        else:
            record(*_rates(broker, node, items(chosen.items), chosen.rounds))


@contextmanager
def servers() -> Iterator[tuple[Broker, Node]]:
    """A broker and a node for a benchmark, stopped after it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        parts = [Path(folder, name) for name in ("kafka", "elasticsearch")]
        for part in parts:
            part.mkdir()
        broker = start_kafka(parts[0])
        assert broker.process is not None
        try:
            node = start_elasticsearch(parts[1])
            assert node.process is not None
            try:
                yield broker, node
            finally:
                node.process.stop()
        finally:
            broker.process.stop()


class Team:
    """Topics and indices of their own on the servers, and the processes that work on them."""

    def __init__(self, broker: Broker, node: Node, folder: Path) -> None:
        self.environment = prepared(broker, node)
        self.settings = load(environment=self.environment, flags={"data": str(folder / "data")})
        server = wiring.kafka_server(self.settings)
        assert server is not None
        self.enquiry = Enquiry(server)
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def fill(self, made: list[FeedItem]) -> None:
        """Put the items on the log."""
        log = wiring.open_log(self.settings)
        for first in range(0, len(made), _CHUNK):
            log.append([record_of(one) for one in made[first : first + _CHUNK]])
        log.close()

    def start(self, count: int, outputs: str) -> None:
        """Start so many pipelines."""
        for number in range(count):
            words = ["pipeline", "--outputs", outputs, "--data", str(self._folder / f"data-{number}")]
            self._running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "wirewatch", *words],
                    env=clean_environment(self.environment),
                    stdout=subprocess.DEVNULL,
                    stderr=(self._folder / f"pipeline-{number}.log").open("ab"),
                )
            )

    def done(self, consumer: str) -> int:
        """Items that the group has committed."""
        try:
            return sum(self.enquiry.committed(consumer, "items").values())
        except StoreError as error:
            # A broker that is new takes a while to have a place for groups.
            if not error.retryable:
                raise
            return 0

    def rate(self, consumer: str, count: int) -> tuple[float, float]:
        """Items a second, and items a CPU second of our processes, in the middle part of `count` items."""
        began = self.reached(consumer, int(count * _FROM))
        cpu = self.cpu_seconds()
        ended = self.reached(consumer, int(count * _TO))
        passed = ended[1] - began[1]
        return passed / (ended[0] - began[0]), passed / (self.cpu_seconds() - cpu)

    def reached(self, consumer: str, wanted: int) -> tuple[float, int]:
        """When the group had committed `wanted` items, and how many then."""
        deadline = time.monotonic() + _LONGEST
        while (done := self.done(consumer)) < wanted:
            if time.monotonic() > deadline or any(one.poll() is not None for one in self._running):
                message = f"{done} of {wanted} items, then no more; see {self._folder}"
                raise SystemExit(message)
            time.sleep(_LOOK)
        return time.monotonic(), done

    def cpu_seconds(self) -> float:
        """CPU time of our processes so far."""
        return sum(_cpu_seconds(one.pid) for one in self._running)

    def resident(self) -> list[int]:
        """MiB of each process in memory now."""
        pages = [int(Path(f"/proc/{one.pid}/statm").read_text().split()[1]) for one in self._running]
        return [one * os.sysconf("SC_PAGE_SIZE") // 1024**2 for one in pages]

    def stop(self) -> None:
        """End the processes."""
        for one in self._running:
            one.terminate()
        for one in self._running:
            one.wait(60)
        self._running.clear()

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.enquiry.close()


def clean_environment(added: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with no settings but those `added`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    return {**kept, **added, "WIREWATCH_LOGS_LEVEL": "warning"}


@contextmanager
def team(broker: Broker, node: Node) -> Iterator[Team]:
    """A team of its own, ended after it."""
    with tempfile.TemporaryDirectory() as folder:
        made = Team(broker, node, Path(folder))
        try:
            yield made
        finally:
            made.close()


def _rates(broker: Broker, node: Node, made: list[FeedItem], rounds: int) -> Iterator[Result]:
    ways = {
        "one": (1, "hits", "hits"),
        "two": (2, "hits", "hits"),
        "whole": (1, "hits,index", "pipeline"),
        "both": (2, "hits,index", "pipeline"),
    }
    wall: dict[str, list[float]] = {name: [] for name in (*ways, "embedded")}
    for _ in range(rounds):
        for name, (count, outputs, consumer) in ways.items():
            with team(broker, node) as one:
                one.start(count, outputs)
                one.fill(made[:_WARM])
                one.reached(consumer, _WARM)
                time.sleep(_JOINED)
                one.fill(made[_WARM:])
                wall[name].append(one.rate(consumer, len(made))[0])
        wall["embedded"].append(_embedded(made))
    median = {name: statistics.median(values) for name, values in wall.items()}

    def ratio(name: str, to: str) -> str:
        ratios = sorted(one / other for one, other in zip(wall[name], wall[to], strict=True))
        return f"{statistics.median(ratios):.2f} x ({ratios[0]:.2f} to {ratios[-1]:.2f})"

    how = (
        f"{len(made):,} items of some 700 characters, 4 partitions, servers on the same cores; {rounds} rounds in turn"
    )
    yield Result(
        "two processes beside one, hits to the log", ratio("two", "one"),
        f"{median['two']:,.0f} against {median['one']:,.0f} items a second; Elasticsearch counted out; {how}",
    )  # fmt: skip
    yield Result(
        "two processes beside one, hits and index", ratio("both", "whole"),
        f"{median['both']:,.0f} against {median['whole']:,.0f} items a second; {how}",
    )  # fmt: skip
    yield Result(
        "team size beside embedded, one process each", ratio("whole", "embedded"),
        f"{median['whole']:,.0f} against {median['embedded']:,.0f} items a second; {how}",
    )  # fmt: skip


def _embedded(made: list[FeedItem]) -> float:
    """Items a second of the embedded size, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = msgspec.structs.replace(Settings(), data=folder)
        log = wiring.open_log(settings)
        log.append([record_of(one) for one in made])
        log.close()
        command = [sys.executable, "-m", "wirewatch", "pipeline", "--data", folder]
        with subprocess.Popen(
            command, env=clean_environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                places: list[tuple[float, int]] = []
                deadline = time.monotonic() + _LONGEST
                while time.monotonic() < deadline and (not places or places[-1][1] < len(made) * _TO):
                    time.sleep(_LOOK)
                    done = _embedded_place(settings)
                    if done >= len(made) * _FROM:
                        places.append((time.monotonic(), done))
            finally:
                running.terminate()
        return (places[-1][1] - places[0][1]) / (places[-1][0] - places[0][0])


def _embedded_place(settings: Settings) -> int:
    try:
        index = EmbeddedIndex(settings.folder / "index.sqlite3", read_only=True)
    except WirewatchError:
        # It is being made.
        return 0
    try:
        return sum(index.positions(wiring.PIPELINE).values())
    except StoreError:
        return 0
    finally:
        index.close()


def _backlog(broker: Broker, node: Node, count: int) -> Iterator[Result]:
    made = items(count)
    expected_hits, expected_articles = _expected(made)
    with team(broker, node) as one:
        one.fill(made)
        del made
        one.start(2, "hits,index")
        memory: list[tuple[int, list[int]]] = []
        began = time.monotonic()
        for tenth in range(1, 11):
            one.reached("pipeline", count * tenth // 10)
            memory.append((tenth, one.resident()))
        seconds = time.monotonic() - began
        one.stop()
        index = wiring.open_index(one.settings)
        index.settle()
        articles = index.count()
        index.close()
        log = wiring.open_log(one.settings)
        hits = _hits(log)
        items_end, committed = log.ends("items"), one.enquiry.committed("pipeline", "items")
        log.close()
    exact = dict(committed) == dict(items_end) and articles == expected_articles and hits == expected_hits
    yield Result(
        f"a backlog of {count:,} items",
        "caught up exactly" if exact else "NOT exact",
        f"{sum(committed.values()):,} of {sum(items_end.values()):,} offsets, {articles:,} of {expected_articles:,} articles, "
        f"{len(hits):,} of {len(expected_hits):,} hits; two processes, {count / seconds:,.0f} items a second",
    )
    early, late = memory[1][1], memory[-1][1]
    yield Result(
        "memory over a backlog",
        f"{max(early)} MiB at a fifth, {max(late)} MiB at the end",
        f"the larger of two processes; by tenths: {', '.join(str(max(sizes)) for _, sizes in memory)}",
    )


def _expected(made: list[FeedItem]) -> tuple[set[str], int]:
    """Hit ids and articles of `made`, by a plain loop over the stages."""
    from pipelines.language.content import content_of
    from pipelines.matching.hits import item_hits
    from pipelines.matching.reload import Watched
    from schemas.time import now

    matcher = Watched(wiring.watchlist_files(Settings())).current()
    hits = {hit.hit_id for one in made for hit in item_hits(one, content_of(one), matcher, now()).hits}
    return hits, len({one.article_id for one in made})


def _hits(log: Log) -> set[str]:
    from schemas import codec
    from schemas.hit import ItemHits

    found: set[str] = set()
    places: dict[int, int] = {}
    while records := log.read("hits", places, 5_000):
        for one in records:
            places[one.partition] = one.offset + 1
            found |= {hit.hit_id for hit in codec.decode(one.value, ItemHits, one.headers).hits}
    return found


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


if __name__ == "__main__":
    main()
