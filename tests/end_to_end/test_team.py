"""The product over Kafka and Elasticsearch comes to what it comes to over two files."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.end_to_end.cases import STEPS, Documents, Size, differences, in_one_process
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.servers.prepared import prepared
from tests.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def test_the_cases_are_cases(wanted: list[Documents]) -> None:
    news, edits, replayed, rematched = wanted
    assert len(news["articles"]) == 9
    assert len(edits["articles"]) == 10
    assert len(news["hits"]) < len(edits["hits"]) < len(rematched["hits"])
    assert {one["state"] for one in edits["alerts"].values()} == {"sent", "suppressed"}
    assert sorted(key.split()[0] for key in news["dead letters"]) == ["decode", "ingest", "parse"]
    assert replayed == edits


def counted(size: Size, kind: str) -> int:
    """Documents of an index that people ask without us."""
    url = size.environment["WIREWATCH_ELASTICSEARCH_URLS"]
    index = f"{size.environment['WIREWATCH_ELASTICSEARCH_PREFIX']}-{kind}"
    with urllib.request.urlopen(f"{url}/{index}/_count", timeout=10) as answer:
        return int(json.load(answer)["count"])


@pytest.mark.parametrize("server", ["KAFKA", "ELASTICSEARCH"])
def test_either_server_beside_a_file(  # noqa: PLR0917 all of them fixtures
    server: str, wanted: list[Documents], cases_wire: Wire, tmp_path: Path, kafka: Broker, elasticsearch: Node
) -> None:
    both = prepared(kafka, elasticsearch)
    size = Size(tmp_path, cases_wire, **{name: value for name, value in both.items() if f"_{server}_" in name})
    cases_wire.documents.clear()
    STEPS[0](size)
    size.command("run", "--once")
    assert differences(size.documents(), wanted[0]) == []
    assert "0 new, 0 updated" in size.command("run", "--once")
    assert differences(size.documents(), wanted[0]) == []


def test_one_process_over_the_servers(
    wanted: list[Documents],
    cases_wire: Wire,
    tmp_path_factory: pytest.TempPathFactory,
    kafka: Broker,
    elasticsearch: Node,
) -> None:
    size = Size(tmp_path_factory.mktemp("team"), cases_wire, **prepared(kafka, elasticsearch))
    for found, expected in zip(in_one_process(size), wanted, strict=True):
        assert differences(found, expected) == []
    assert counted(size, "deadletters") == len(wanted[-1]["dead letters"])
    # Two runs, and one feed of a document replayed.
    assert counted(size, "fetches") == 2 * 3 + 1
    assert not (size.data / "log.sqlite3").exists()
    assert not (size.data / "index.sqlite3").exists()
