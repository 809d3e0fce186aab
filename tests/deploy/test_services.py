from __future__ import annotations

import base64
import http.client
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.mail.server import Server, Sink
from tests.deploy.composition import dotenv
from tests.deploy.fake_kibana import FakeKibana
from tests.deploy.fake_kibana import serving as serving_kibana
from tests.deploy.processes import ComposedProcess, Composition, wait_until
from tests.samples import item
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.wire import Wire, rss, serving

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

LASTING = ("poll", "pipeline-hits", "pipeline-index", "desk", "serve")
GRACE_SECONDS = 30.0
"""`stop_grace_period` of the compose file: after it, Docker kills."""


class Desk:
    """What somebody in front of the running composition can do."""

    def __init__(self, composition: Composition, prepared: Path) -> None:
        self._composition = composition
        self._prepared = prepared

    def records(self, *words: str) -> list[dict[str, Any]]:
        """`docker compose exec desk wirewatch …`."""
        environment = self._composition.environment("desk")
        done = subprocess.run(
            [sys.executable, "-m", "wirewatch", *words, "--json"],
            env=environment, cwd=self._prepared / "config", capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.split("\n") if line]

    def page(self, port: int, path: str, password: str = "") -> tuple[int, str]:
        headers = {}
        if password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"wirewatch:{password}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as running_wire:
        yield running_wire


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    with Server(Sink()) as server:
        yield server.sink, server.port


def test_from_a_feed_to_a_hit_a_mail_and_the_page(
    kafka: Broker, guarded: Node, prepared: Path, wire: Wire, sink: tuple[Sink, int], tmp_path: Path
) -> None:
    kept, port = sink
    folder = tmp_path / "compose"
    shutil.copytree(prepared, folder)
    set_in_dotenv(folder, SMTP_HOST="127.0.0.1", SMTP_PORT=str(port), HITS_WORKERS="2", ALERT_RECIPIENTS="desk@press.example")
    (folder / "config" / "feeds.opml").write_text(
        f'<opml version="2.0"><body><outline text="Wire" xmlUrl="{wire.url("/feed")}"/></body></opml>'
    )
    wire["/feed"] = rss(item(1, title="Weather", body="Rain.", published_at=datetime.now(UTC)))
    with ExitStack() as stack:
        kibana = stack.enter_context(serving_kibana(FakeKibana()))
        composition = Composition(
            folder,
            tmp_path,
            {"kafka:9092": kafka.servers, "http://elasticsearch:9200": guarded.url, "http://kibana:5601": kibana.url},
            {
                "WIREWATCH_KAFKA_PREFIX": f"compose-{uuid.uuid4().hex[:8]}",
                "WIREWATCH_FEEDS_ALLOW_NETWORKS": "127.0.0.0/8",
                "WIREWATCH_FEEDS_MIN_INTERVAL": "0.5",
                "WIREWATCH_FEEDS_MAX_INTERVAL": "1",
            },
        )
        setup = composition.process("setup", tmp_path / "setup.log")
        stack.callback(setup.kill)
        setup.start()
        assert setup.ended(120) == 0, setup.tell()
        assert kibana.imports == 1

        services: list[ComposedProcess] = []
        for name in LASTING:
            for number in range(composition.replicas(name)):
                service = composition.process(name, tmp_path / f"{name}-{number}.log")
                stack.callback(service.kill)
                assert not service.healthy(), "its health check finds fault with nothing"
                service.start()
                services.append(service)
        assert [service.name for service in services].count("pipeline-hits") == 2
        for service in services:
            service.wait_until_healthy()

        desk = Desk(composition, folder)
        watch = lambda: "\n".join(service.tell() for service in services)  # noqa: E731
        wire["/feed"] = rss(
            item(1, title="Weather", body="Rain."),
            item(2, title="Resolution 1244 on Kosovo", body="The council met.", published_at=datetime.now(UTC)),
        )
        wait_until(lambda: kept.delivered, watch)
        assert {recipient for recipient, _ in kept.delivered} == {"desk@press.example"}
        assert any("1244" in str(message["Subject"]) for message in kept.messages)
        wait_until(lambda: desk.records("hits"), watch)
        assert {hit["title"] for hit in desk.records("hits")} == {"Resolution 1244 on Kosovo"}
        wait_until(lambda: len(desk.records("search", "*")) == 2, watch)
        assert {alert["state"] for alert in desk.records("alerts", "list")} == {"sent"}

        (serve,) = (service for service in services if service.name == "serve")
        password = (folder / "secrets" / "page_password").read_text()
        assert desk.page(serve.page, "/")[0] == 401
        assert desk.page(serve.page, "/", "not the password")[0] == 401
        status, page = desk.page(serve.page, "/", password)
        assert status == 200
        assert "Resolution 1244" in page
        assert wire.url("/feed") in desk.page(serve.page, "/feeds", password)[1]
        assert [service.name for service in services if not service.healthy()] == []

        for service in services:
            service.terminate()
        assert {service.name: service.ended(GRACE_SECONDS) for service in services} == dict.fromkeys(LASTING, 0), watch()
        assert [service.name for service in services if service.healthy()] == []


def set_in_dotenv(folder: Path, **values: str) -> None:
    """As somebody would by editing `.env`."""
    file = folder / ".env"
    told = dotenv(file.read_text()) | values
    file.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
