"""The team size while processes are killed and servers are away: nothing lost, nothing doubled, no mail held up."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from connectors.interfaces import HitFilter
from schemas import codec
from schemas.hit import ItemHits
from schemas.time import now
from tests.end_to_end.cases import Size, append, until
from tests.product import mails
from tests.samples import item
from tests.servers.elasticsearch import Node, start_elasticsearch
from tests.servers.kafka import Broker, start_kafka
from tests.servers.prepared import prepared
from tests.servers.process import free_ports
from tests.wire import Wire, rss, serving
from wirewatch import wiring

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as served:
        yield served


@contextmanager
def running(size: Size, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A command, started and killed at the end."""
    process = size.start(*words, **more)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def articles(size: Size) -> int:
    with closing(wiring.read_index(size.settings)) as index:
        index.settle()
        return index.count()


def copied(size: Size) -> set[str]:
    with closing(wiring.read_index(size.settings)) as index:
        index.settle()
        return {one.title for one in index.newest(HitFilter(), 0)}


def processed(port: int) -> int:
    """Records that the pipeline answering there has committed."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            found = re.search(r"^wirewatch_records_total (\d+)", answer.read().decode(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def lag(size: Size, reader: str) -> int:
    with closing(wiring.enquiry(size.settings)) as enquiry:
        return enquiry.lag(reader, "items")


def has_processed(ports: Iterable[int], records: int) -> bool:
    return sum(map(processed, ports)) >= records


def test_a_killed_process_of_a_group_loses_and_doubles_nothing(
    wire: Wire, tmp_path: Path, kafka: Broker, elasticsearch: Node
) -> None:
    size = Size(tmp_path, wire, **prepared(kafka, elasticsearch))
    first, second = free_ports(2)
    with (
        running(size, "pipeline", WIREWATCH_SERVICE_PORT=str(first)) as victim,
        running(size, "pipeline", WIREWATCH_SERVICE_PORT=str(second), WIREWATCH_PIPELINE_BATCH_RECORDS="20"),
    ):
        append(size, [1])
        until(lambda: processed(first) + processed(second) == 1)
        sent = 1
        while not (processed(first) and processed(second)):
            # Four partitions, two members: each has some of them as soon as the group has settled.
            assert sent < 1_000, "one process does everything"
            append(size, range(sent + 1, sent + 41))
            sent += 40
            until(partial(has_processed, (first, second), sent))
        append(size, range(sent + 1, sent + 301))
        sent += 300
        victim.kill()
        until(lambda: articles(size) == sent, 90)
        until(lambda: lag(size, wiring.PIPELINE) == 0)
    with closing(wiring.open_log(size.settings)) as log:
        written = [codec.decode(one.value, ItemHits, one.headers) for one in log.read("hits", {}, 100_000)]
    assert {one.item_id for one in written} == {item(number).item_id for number in range(1, sent + 1)}
    # Written again at most what one process had in hand; the desk knows them by their keys.
    size.command("run", "--once", "--feeds", wire.url("/none.rss"))
    assert len(mails(size.data)) == len(copied(size)) == sent


def test_an_index_that_is_away_stops_no_hit_and_no_mail_and_catches_up(
    wire: Wire, tmp_path: Path, kafka: Broker
) -> None:
    folder = tmp_path / "elasticsearch"
    folder.mkdir()
    node = start_elasticsearch(folder)
    assert node.process is not None
    try:
        size = Size(tmp_path / "size", wire, **prepared(kafka, node))
        with (
            running(size, "pipeline", "--outputs", "hits") as hits,
            running(size, "pipeline", "--outputs", "index") as index,
        ):
            with running(size, "desk") as desk:
                append(size, range(5))
                until(lambda: len(mails(size.data)) == 5)
                until(lambda: len(copied(size)) == articles(size) == 5)
                node.process.stop()
                append(size, range(5, 10))
                until(lambda: len(mails(size.data)) == 10)
                assert desk.poll() is None
            with running(size, "desk") as desk:
                # Started with the index away, it tells all the same.
                append(size, range(10, 15))
                until(lambda: len(mails(size.data)) == 15)
                node.process.start()
                until(lambda: len(copied(size)) == articles(size) == 15, 90)
                assert [one.poll() for one in (hits, index, desk)] == [None] * 3
        assert len(mails(size.data)) == 15
    finally:
        node.process.stop()


def test_a_broker_that_is_started_again_is_waited_for(wire: Wire, tmp_path: Path, elasticsearch: Node) -> None:
    folder = tmp_path / "kafka"
    folder.mkdir()
    broker = start_kafka(folder)
    assert broker.process is not None
    try:
        size = Size(tmp_path / "size", wire, **prepared(broker, elasticsearch), WIREWATCH_KAFKA_TIMEOUT="3")
        wire["/a.rss"] = rss(item(1, title="Kosovo now 1", published_at=now()))
        (port,) = free_ports(1)
        with running(size, "run", "--port", str(port)) as process:
            until(lambda: len(mails(size.data)) == 1)
            broker.process.stop()
            wire["/a.rss"] = rss(*(item(number, title=f"Kosovo now {number}", published_at=now()) for number in (1, 2)))
            asked = len(wire.requests)
            until(lambda: len(wire.requests) >= asked + 2)
            assert len(mails(size.data)) == 1
            with running(size, "pipeline", "--outputs", "index") as early:
                broker.process.start()
                until(lambda: len(mails(size.data)) == 2, 90)
                until(lambda: copied(size) == {"Kosovo now 1", "Kosovo now 2"})
                # Started before there was a broker, it has waited for it.
                until(lambda: lag(size, "index") == 0)
                assert [process.poll(), early.poll()] == [None, None]
    finally:
        broker.process.stop()
