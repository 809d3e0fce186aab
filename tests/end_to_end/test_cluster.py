"""The cluster size on a real Flink: everything arrives, once, whatever dies.

Jobs are short: this release of Beam for Flink leaks checkpoint state (apache/beam#27648).
"""

from __future__ import annotations

import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.interfaces import Record
from pipelines.language.content import content_of
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.load import load_watchlists
from pipelines.stages import Matched, decode, match, recognise
from schemas import codec
from schemas.hit import ItemHits
from schemas.time import now
from tests.end_to_end.cases import STEPS, Documents, Size, comes_to
from tests.end_to_end.clustered import EMPTY, Clustered, article, until
from tests.servers.elasticsearch import Node
from tests.servers.flink import Flink
from tests.servers.kafka import Broker
from tests.servers.prepared import clear, prepared
from tests.servers.process import free_ports
from tests.wire import Wire
from wirewatch.settings import Settings
from wirewatch.wiring import watchlist_files

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def servers(kafka: Broker, elasticsearch: Node, flink: Flink) -> Iterator[dict[str, str]]:
    """The environment that names log and index; they are taken away after the job that uses them."""
    environment = prepared(kafka, elasticsearch)
    yield environment
    flink.cancel_all()
    clear(environment)


@pytest.fixture
def clustered(servers: dict[str, str], flink: Flink, tmp_path: Path) -> Iterator[Clustered]:
    opened = Clustered(flink, tmp_path / "data", servers)
    yield opened
    opened.close()


def expected(count: int) -> list[Matched]:
    """What the plain stages make of the first `count` articles."""
    matcher = compile_watchlists(load_watchlists(watchlist_files(Settings()).read()))
    results = []
    for number in range(count):
        one = article(number)
        record = Record(
            topic="items", partition=0, offset=number, key=one.article_id, value=codec.encode(one), appended_at=now()
        )
        results.append(match(recognise(decode(record), content_of), matcher, now()))
    return results


def found(records: list[ItemHits]) -> set[tuple[str, ...]]:
    """The hits by what they are, times apart."""
    return {
        (hit.hit_id, hit.article_id, hit.watchlist, hit.title, str(hit.spans)) for one in records for hit in one.hits
    }


def check_everything(clustered: Clustered) -> None:
    """Documents, hits and places are those of everything published, no more and no less."""
    results = expected(clustered.published)
    assert clustered.documents() == {one.article.article_id: codec.encode(one.article) for one in results}
    wanted = found([one.hits for one in results])
    assert wanted
    assert found(clustered.hits()) == wanted
    until(lambda: sum(clustered.places()[0].values()) == clustered.published, "commits")
    committed, ends = clustered.places()
    assert committed | {EMPTY: 0} == ends
    assert EMPTY not in committed


def asked(port: int, path: str) -> str:
    """What a service answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_nothing_is_lost_when_a_worker_and_a_task_manager_die_while_items_flow(
    clustered: Clustered, flink: Flink
) -> None:
    clustered.submit()
    flowing = threading.Thread(target=clustered.publish, args=(4000, 0.01))
    flowing.start()
    clustered.wait_for(100)
    (worker,) = flink.workers()
    os.kill(worker, signal.SIGKILL)
    before = clustered.count()
    clustered.wait_for(before + 500)
    flink.kill_task_manager()
    assert flowing.is_alive()
    flowing.join()
    clustered.wait_for(clustered.published)
    check_everything(clustered)
    assert len(clustered.hits()) < 2 * len(found(clustered.hits()))


def test_a_savepoint_goes_on_exactly_and_committed_places_lose_nothing(clustered: Clustered, flink: Flink) -> None:
    job = clustered.submit()
    clustered.publish(300)
    clustered.wait_for(300)
    flowing = threading.Thread(target=clustered.publish, args=(600, 0.005))
    flowing.start()
    savepoint = flink.stop_with_savepoint(job)
    assert flink.states()[job] == "FINISHED"
    flowing.join()

    job = clustered.submit(savepoint_path=savepoint)
    clustered.wait_for(900)
    check_everything(clustered)
    assert len(clustered.hits()) == 300, "a savepoint starts where it stopped: nothing comes twice"

    flink.cancel(job)
    clustered.publish(300)
    clustered.submit()
    clustered.wait_for(1200)
    check_everything(clustered)


def test_services_around_an_engine_come_to_what_one_process_comes_to(
    wanted: list[Documents], cases_wire: Wire, tmp_path: Path, servers: dict[str, str], flink: Flink
) -> None:
    size = Size(tmp_path / "cluster", cases_wire, **servers)
    port, figures = free_ports(2)
    graph = ("pipeline", "--runner", "PortableRunner", "--job_endpoint", flink.endpoint)
    external = (
        "--environment_type=EXTERNAL",
        f"--environment_config=127.0.0.1:{port}",
        "--checkpointing_interval=1000",
    )
    cases_wire.documents.clear()
    STEPS[0](size)
    with ExitStack() as stack:
        for words in (("worker", "--pool", str(port)), ("poll",), ("desk",), (*graph, *external)):
            process = size.start(*words, WIREWATCH_SERVICE_PORT=str(figures if words[0] == "pipeline" else 0))
            stack.callback(process.communicate)
            # A pool that is killed would leave its workers.
            stack.callback(process.terminate)
        for number, (step, expected) in enumerate(zip(STEPS, wanted, strict=True)):
            if number:
                step(size)
            comes_to(size, expected, 240)
        until(lambda: 'wirewatch_lag_records{reader="pipeline"} 0' in asked(figures, "/metrics"), "no lag")
        assert asked(figures, "/readyz")
        process.terminate()
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert "watches job " in process.stdout.read()
        assert list(flink.states().values()).count("RUNNING") == 1, "the job lives on without who handed it over"
