"""The whole graph: what happens to every item between the log and the outputs.

    records ──> decode ──> language ──> match ──> hits ──> index       both outputs
                              │           └─────> hits                 `--outputs hits`
                              └────> document ──> dead letters ──> index   `--outputs index`
                                         an engine that reads without end  ──> commit

One line without shuffle, state or windows, so that the runner fuses it into one stage: a batch passes through in
order, and its place may be committed when the last sink has returned. Dead letters travel along as values
(`pipelines.stages.SetAside`) instead of on a side output, because a second branch would be a second stage with a
place of its own to commit. Where the two outputs are two readers of the log, both set a broken record aside, under the
same id: one of them may be of another release, or hours behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import apache_beam as beam
import msgspec

from connectors.interfaces import ArticleStore, Log, PartitionedTopic, Record, WatchlistFiles
from pipelines.language.content import content_of
from pipelines.matching.match import Matcher
from pipelines.matching.reload import WatchedFactory
from pipelines.read import ReadBatch, ReadPartitions
from pipelines.resources import obtain
from pipelines.stages import (
    Decoded,
    Documented,
    Matched,
    Recognised,
    SetAside,
    decode,
    document,
    match,
    recognise,
    set_aside,
)
from pipelines.write import CommitPlaces, WriteIndex, WriteLog, failures
from schemas.article import Content
from schemas.item import FeedItem
from schemas.time import now

Outputs = tuple[Literal["hits", "index"], ...]
"""What a graph makes: hits into the log, articles into the index, or the one and then the other."""


class Parts(msgspec.Struct, frozen=True):
    """What the graph works with, as picklable factories, so that each worker opens its own."""

    name: str
    """The consumer this graph reads as; its place is saved under this name."""
    log: Callable[[], Log]
    articles: Callable[[], ArticleStore]
    watchlists: Callable[[], WatchlistFiles]
    outputs: Outputs = ("hits", "index")
    language_engine: str = "hybrid"


class Endless(msgspec.Struct, frozen=True):
    """What an engine reads without end, instead of batches handed over."""

    topic: Callable[[], PartitionedTopic]
    partitions: tuple[int, ...]
    bundle_records: int = 1000
    """Most records of one partition in one bundle: a bundle holds up to this many of each."""


def monitoring(pipeline: beam.Pipeline, parts: Parts, endless: Endless | None = None) -> beam.PCollection:
    """Build the graph on `pipeline`; returns the results after the last step.

    Without `endless` it takes one batch at a time, handed over under its name by whoever also commits and hunts for
    bad records; with it, the graph does both itself.
    """
    if endless is None:
        return _line(pipeline | "items" >> ReadBatch(parts.name), parts, None)
    read = ReadPartitions(endless.topic, endless.partitions, endless.bundle_records)
    written = _line(pipeline | "items" >> read, parts, parts.log)
    return written | "commit" >> beam.ParDo(CommitPlaces(endless.topic))


def _line(records: beam.PCollection, parts: Parts, letters: Callable[[], Log] | None) -> beam.PCollection:
    """From `records` to what the last sink has written; with `letters`, sinks set aside what is refused."""
    recognised = records | "decode" >> beam.ParDo(Decode()) | "language" >> beam.ParDo(Language(parts.language_engine))
    if "hits" not in parts.outputs:
        documents = recognised | "document" >> beam.ParDo(Document())
        told = documents | "dead letters" >> beam.ParDo(WriteLog(parts.name, parts.log, letters))
        return told | "index" >> beam.ParDo(WriteIndex(parts.name, parts.articles, letters))
    hits = (
        recognised
        | "match" >> beam.ParDo(Match(parts.name, parts.watchlists))
        | "hits" >> beam.ParDo(WriteLog(parts.name, parts.log, letters))
    )
    if "index" not in parts.outputs:
        return hits
    return hits | "index" >> beam.ParDo(WriteIndex(parts.name, parts.articles, letters))


class _Stage(beam.DoFn):  # type: ignore[misc] # Beam is untyped
    """One pure function over each element; an element it fails on goes on as `SetAside`."""

    stage = ""

    def process(self, element: Any) -> Iterator[Any]:
        if isinstance(element, SetAside):
            yield element
            return
        try:
            yield self.apply(element)
        except Exception as error:  # noqa: BLE001 whatever one record does to a stage must not stop the stream
            record = element if isinstance(element, Record) else element.record
            yield set_aside(record, self.stage, error, now())

    def apply(self, element: Any) -> Any:
        raise NotImplementedError


class Decode(_Stage):
    """`pipelines.stages.decode`."""

    stage = "decode"

    def apply(self, element: Record) -> Decoded:
        return decode(element)


class Language(_Stage):
    """`pipelines.stages.recognise`."""

    stage = "language"

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def apply(self, element: Decoded) -> Recognised:
        return recognise(element, self._content_of)

    def _content_of(self, item: FeedItem) -> Content:
        return content_of(item, engine=self._engine)


class Document(_Stage):
    """`pipelines.stages.document`."""

    stage = "document"

    def apply(self, element: Recognised) -> Documented:
        return document(element)


def look_for_edits(watchlists: Callable[[], WatchlistFiles]) -> None:
    """Begin to load lists that were edited, so that what comes after a quiet hour is matched with them."""
    obtain(WatchedFactory(watchlists)).current()


class Match(_Stage):
    """`pipelines.stages.match` against the lists as they are at the start of the bundle."""

    stage = "match"

    def __init__(self, name: str, watchlists: Callable[[], WatchlistFiles]) -> None:
        self._name = name
        self._watched = WatchedFactory(watchlists)
        self._matcher: Matcher

    def start_bundle(self) -> None:
        try:
            self._matcher = obtain(self._watched).current()
        except BaseException as error:
            failures[self._name] = error
            raise

    def apply(self, element: Recognised) -> Matched:
        return match(element, self._matcher, now())
