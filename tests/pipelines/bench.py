"""A bench for the graph: a data folder with its log and index, which refuses what a test wants refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from connectors.index.embedded import EmbeddedIndex
from connectors.inflight import InFlightFile
from connectors.interfaces import Consumer, InFlight, Mark, NewRecord
from connectors.log.consumer import StoredPositionConsumer
from connectors.log.embedded import EmbeddedLog
from connectors.watchlists import WatchlistPaths
from pipelines.monitoring import Outputs, Parts
from pipelines.resources import release
from pipelines.run import MicroBatches
from schemas import codec
from schemas.article import Article, Version
from schemas.deadletter import DeadLetter
from schemas.errors import StoreError
from schemas.hit import ItemHits
from tests.samples import item

LISTS = """
version: 1
lists:
  - id: banjska
    concepts: {banjska: {any: [Banjska, Banjskoj]}}
    query: banjska
"""


class Folder(msgspec.Struct, frozen=True):
    """Opens what a test's graph works with; equal for equal folders, as factories must be."""

    path: str
    fails: str = ""

    def log(self) -> EmbeddedLog:
        return EmbeddedLog(Path(self.path) / "log.sqlite3")


class OpenLog(Folder, frozen=True):
    def __call__(self) -> EmbeddedLog:
        return self.log()


class OpenIndex(Folder, frozen=True):
    def __call__(self) -> TroubledIndex:
        return TroubledIndex(Path(self.path))


class OpenLists(Folder, frozen=True):
    def __call__(self) -> WatchlistPaths:
        return WatchlistPaths((Path(self.path) / "lists.yaml",))


class TroubledIndex(EmbeddedIndex):
    """A real index that also refuses what the file `trouble` beside it says: a title, or everything for a while."""

    def __init__(self, path: Path) -> None:
        super().__init__(path / "index.sqlite3")
        self._trouble = path / "trouble"

    def apply(self, articles: Sequence[Article], versions: Sequence[Version], mark: Mark | None = None) -> None:
        trouble = self._trouble.read_text() if self._trouble.exists() else ""
        if trouble == "away":
            raise StoreError("no answer", subject="index", retryable=True)
        if trouble == "broken":
            raise StoreError("file is not a database", subject="index")
        if trouble.startswith("kill") and any(one.title == trouble.removeprefix("kill ") for one in articles):
            os.kill(os.getpid(), signal.SIGKILL)
        if trouble and any(one.title == trouble for one in articles):
            raise OverflowError(f"cannot store {trouble}")
        super().apply(articles, versions, mark)


class Bench:
    """One data folder with its log and index."""

    def __init__(self, path: Path, *, new: bool = True) -> None:
        self.path = path
        if new:
            path.mkdir(exist_ok=True)
            (path / "lists.yaml").write_text(LISTS)
        self.log = EmbeddedLog(path / "log.sqlite3")
        self.index = EmbeddedIndex(path / "index.sqlite3")

    def append(self, *numbers: int, title: str = "Патрола у Бањској") -> None:
        self.log.append([self.record(number, title) for number in numbers])

    def record(self, number: int, title: str) -> NewRecord:
        one = item(number, title=f"{title} {number}")
        return NewRecord(topic="items", key=one.article_id, value=codec.encode(one), headers=codec.headers(one))

    def batches(
        self,
        size: int = 100,
        stopped: Callable[[], bool] = lambda: False,
        outputs: Outputs = ("hits", "index"),
        consumer: Consumer | None = None,
        in_flight: InFlight | None = None,
    ) -> MicroBatches:
        path, name = str(self.path), outputs[0] if len(outputs) == 1 else "pipeline"
        return MicroBatches(
            consumer or StoredPositionConsumer(name, self.log, "items", self.index, stopped=stopped),
            Parts(
                name=consumer.name if consumer else name,
                log=OpenLog(path),
                articles=OpenIndex(path),
                watchlists=OpenLists(path),
                outputs=outputs,
            ),
            in_flight or InFlightFile(self.path / f"{name}.inflight"),
            batch_records=size,
            stopped=stopped,
        )

    def trouble(self, what: str) -> None:
        (self.path / "trouble").write_text(what)

    def letters(self) -> list[DeadLetter]:
        return [codec.decode(one.value, DeadLetter, one.headers) for one in self.log.read("deadletters", {}, 1000)]

    def hits(self) -> list[ItemHits]:
        return [codec.decode(one.value, ItemHits, one.headers) for one in self.log.read("hits", {}, 1000)]

    def place(self, name: str = "pipeline") -> int:
        return self.index.positions(name).get(0, 0)

    def close(self) -> None:
        release()
        self.index.close()
        self.log.close()
