"""Each part as a service of its own, as a user would start it: by its command, with an environment, over real servers."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from tests.end_to_end.cases import STEPS, Documents, Size, comes_to, until
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.servers.prepared import prepared
from tests.servers.process import free_ports
from tests.wire import Wire

pytestmark = [pytest.mark.servers, pytest.mark.slow]

SERVICES = {
    "poll": ("poll",),
    "hits": ("pipeline", "--outputs", "hits"),
    "index": ("pipeline", "--outputs", "index"),
    "desk": ("desk",),
    "serve": ("serve",),
}


class Services:
    """The running services of a size, and where each answers."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str) -> None:
        setting = "WIREWATCH_PAGE_PORT" if name == "serve" else "WIREWATCH_SERVICE_PORT"
        self.running[name] = self.size.start(*SERVICES[name], **{setting: str(self.ports[name])})

    def ask(self, name: str, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}{path}", timeout=10) as answer:
            text = answer.read().decode()
        return text if path == "/metrics" else json.loads(text)

    def is_ready(self, name: str) -> bool:
        assert self.running[name].poll() is None, f"{name} has ended"
        try:
            return bool(self.ask(name, "/readyz")["ok"])
        except OSError:
            return False

    def stop(self) -> dict[str, tuple[int, float]]:
        """Ask all to end; the exit code of each and how long it took."""
        began = time.monotonic()
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        return {name: (process.wait(30), time.monotonic() - began) for name, process in self.running.items()}


@contextmanager
def started(size: Size) -> Iterator[Services]:
    services = Services(size)
    with ExitStack() as stack:
        for name in SERVICES:
            services.start(name)
            stack.callback(_end, services.running[name])
        for name in SERVICES:
            until(partial(services.is_ready, name), 90)
        yield services


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


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
        for number, (step, expected) in enumerate(zip(STEPS, wanted, strict=True)):
            if number:
                step(size)
            comes_to(size, expected)
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


def test_a_second_poller_or_desk_of_one_folder_is_refused_and_a_second_pipeline_is_not(
    cases_wire: Wire, tmp_path_factory: pytest.TempPathFactory, kafka: Broker, elasticsearch: Node
) -> None:
    size = Size(tmp_path_factory.mktemp("twice"), cases_wire, **prepared(kafka, elasticsearch))
    with ExitStack() as stack:
        for name in ("poll", "hits", "desk"):
            first = size.start(*SERVICES[name])
            stack.callback(_end, first)
            assert first.stdout is not None
            assert first.stdout.readline()
        assert size.command("poll", code=1) == ""
        assert size.command("desk", code=1) == ""
        second = size.start(*SERVICES["hits"])
        stack.callback(_end, second)
        assert second.stdout is not None
        assert "processes items" in second.stdout.readline()
        until((size.data / "hits-2.lock").exists)
