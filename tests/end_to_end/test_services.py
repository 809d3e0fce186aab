"""Each part as a service of its own, as a user would start it: by its command, with an environment."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.end_to_end.cases import STEPS, Documents, Size, comes_to, until
from tests.end_to_end.services import SERVICES, end, started
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.servers.prepared import prepared
from tests.wire import Wire

pytestmark = pytest.mark.slow


def test_services_over_one_data_folder(wanted: list[Documents], cases_wire: Wire, tmp_path: Path) -> None:
    size = Size(tmp_path, cases_wire)
    cases_wire.documents.clear()
    STEPS[0](size)
    with started(size) as services:
        comes_to(size, wanted[0])
        assert services.ask("serve", "/api/feeds")["total"] == 3
        figures = services.ask("poll", "/metrics")
        assert 'wirewatch_lag_records{reader="hits"} 0' in figures
        assert 'wirewatch_lag_records{reader="index"} 0' in figures
        ended = services.stop()
    assert {name: code for name, (code, _) in ended.items()} == dict.fromkeys(SERVICES, 0)


@pytest.mark.servers
def test_services_come_to_what_one_process_comes_to_and_stop_when_told(
    wanted: list[Documents],
    cases_wire: Wire,
    tmp_path_factory: pytest.TempPathFactory,
    kafka: Broker,
    elasticsearch: Node,
) -> None:
    size = Size(tmp_path_factory.mktemp("services"), cases_wire, **prepared(kafka, elasticsearch))
    cases_wire.documents.clear()
    STEPS[0](size)
    with started(size) as services:
        comes_to(size, wanted[0])
        with services.opened("serve", "/events") as events:
            for step, expected in zip(STEPS[1:], wanted[1:], strict=True):
                step(size)
                comes_to(size, expected)
            live: set[str] = set()
            while len(live) < len(wanted[-1]["hits"]) - len(wanted[0]["hits"]):
                line = events.readline().decode()
                live |= {line} if line.startswith("id: ") else set()
        page = services.ask("serve", "/api/hits?limit=500")
        assert {one["hit_id"] for one in page["hits"]} == wanted[-1]["hits"].keys()
        assert services.ask("serve", "/api/feeds")["total"] == 3
        assert all(services.ask(name, "/livez")["ok"] for name in SERVICES)
        told = {name: services.ask(name, "/metrics") for name in SERVICES}
        assert 'wirewatch_lag_records{reader="hits"} 0' in told["hits"]
        assert 'wirewatch_lag_records{reader="index"} 0' in told["serve"]
        assert 'wirewatch_lag_records{reader="desk"} 0' in told["desk"]
        ended = services.stop()
    assert {name: code for name, (code, _) in ended.items()} == dict.fromkeys(SERVICES, 0)
    assert all(seconds < 10 for _, seconds in ended.values()), ended


@pytest.mark.servers
def test_a_second_poller_or_desk_of_one_folder_is_refused_and_a_second_pipeline_is_not(
    cases_wire: Wire, tmp_path_factory: pytest.TempPathFactory, kafka: Broker, elasticsearch: Node
) -> None:
    size = Size(tmp_path_factory.mktemp("twice"), cases_wire, **prepared(kafka, elasticsearch))
    with ExitStack() as stack:
        for name in ("poll", "hits", "desk"):
            first = size.start(*SERVICES[name])
            stack.callback(end, first)
            assert first.stdout is not None
            assert first.stdout.readline()
        assert size.command("poll", code=1) == ""
        assert size.command("desk", code=1) == ""
        second = size.start(*SERVICES["hits"])
        stack.callback(end, second)
        assert second.stdout is not None
        assert "processes items" in second.stdout.readline()
        until((size.data / "hits-2.lock").exists)
