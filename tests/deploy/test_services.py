from __future__ import annotations

import base64
import http.client
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.item import FeedItem
from tests.connectors.mail.server import Server, Sink
from tests.deploy.composition import dotenv
from tests.deploy.container import MOUNTED, Container
from tests.deploy.fake_kibana import FakeKibana
from tests.deploy.fake_kibana import serving as serving_kibana
from tests.deploy.processes import ComposedProcess, Composition, wait_until
from tests.samples import item
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.wire import Wire, rss, serving

pytestmark = [pytest.mark.servers, pytest.mark.timeout(420)]

LASTING = {"poll": 1, "pipeline-hits": 2, "pipeline-index": 1, "desk": 1, "serve": 1}
"""The services that stay, with the containers that `HITS_WORKERS=2` asks for."""
GRACE_SECONDS = 30.0
"""`stop_grace_period` of the compose file: after it, Docker kills."""
HEADLINE = "Resolution 1244 on Kosovo"


class Outside(msgspec.Struct):
    """What the services meet: feeds, a mail server, Kibana. Kafka and Elasticsearch are real, and elsewhere."""

    wire: Wire
    sink: Sink
    kibana: FakeKibana

    def publish(self, *items: FeedItem) -> None:
        self.wire["/feed"] = rss(*items)


@pytest.fixture
def outside() -> Iterator[tuple[Outside, int]]:
    """The world outside, and the port of its mail server."""
    with serving() as wire, Server(Sink()) as server, serving_kibana(FakeKibana()) as kibana:
        yield Outside(wire, server.sink, kibana), server.port


@pytest.fixture
def folder(prepared: Path, outside: tuple[Outside, int], tmp_path: Path) -> Path:
    """The prepared folder, with settings and feeds as somebody would edit them."""
    world, smtp = outside
    folder = tmp_path / "compose"
    shutil.copytree(prepared, folder)
    chosen = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp),
        "HITS_WORKERS": "2",
        "ALERT_RECIPIENTS": "desk@a.example",
    }
    told = dotenv((folder / ".env").read_text()) | chosen
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    feed = f'<outline text="Wire" type="rss" xmlUrl="{world.wire.url("/feed")}"/>'
    (folder / "config" / "feeds.opml").write_text(f'<opml version="2.0"><body>{feed}</body></opml>')
    return folder


@pytest.fixture
def composition(kafka: Broker, guarded: Node, program: Path, folder: Path, outside: tuple[Outside, int]) -> Composition:
    """The compose file over the real servers."""
    world, _ = outside
    data = folder.with_name("data")
    data.mkdir()
    return Composition(
        folder,
        Container(program, data, folder, f"{MOUNTED}/config"),
        {
            "kafka:9092": kafka.servers,
            "http://elasticsearch:9200": guarded.url,
            "http://kibana:5601": world.kibana.url,
        },
        {
            # Of its own, because the broker may be shared with other tests.
            "WIREWATCH_KAFKA_PREFIX": f"compose-{uuid.uuid4().hex[:8]}",
            "WIREWATCH_FEEDS_ALLOW_NETWORKS": "127.0.0.0/8",
            "WIREWATCH_FEEDS_MIN_INTERVAL": "0.5",
            "WIREWATCH_FEEDS_MAX_INTERVAL": "1",
        },
    )


def test_from_a_feed_to_a_hit_a_mail_and_the_page(
    composition: Composition, outside: tuple[Outside, int], tmp_path: Path
) -> None:
    world, _ = outside
    world.publish(item(1, title="Weather", body="Rain.", published_at=datetime.now(UTC)))
    with ExitStack() as stack:
        for name in ("setup", "kibana-setup"):
            setup = composition.process(name, tmp_path / f"{name}.log")
            stack.callback(setup.kill)
            setup.start()
            assert setup.ended(120) == 0, setup.tell()
            assert (world.kibana.imports > 0) == (name == "kibana-setup")
        services = started(composition, tmp_path, stack)

        def told() -> str:
            return "\n".join(service.tell() for service in services)

        world.publish(
            item(1, title="Weather", body="Rain."),
            item(2, title=HEADLINE, body="The council met.", published_at=datetime.now(UTC)),
        )
        wait_until(lambda: world.sink.delivered, told)
        assert {recipient for recipient, _ in world.sink.delivered} == {"desk@a.example"}
        assert any("1244" in str(message["Subject"]) for message in world.sink.messages)
        wait_until(lambda: len(commanded(composition, "search", "*")) == 2, told)
        wait_until(lambda: commanded(composition, "hits"), told)
        assert {hit["title"] for hit in commanded(composition, "hits")} == {HEADLINE}
        assert {alert["state"] for alert in commanded(composition, "alerts", "list")} == {"sent"}
        the_page_shows_it_to_who_has_the_password(composition, services[-1], world.wire.url("/feed"))
        assert [service.name for service in services if not service.healthy()] == []
        composition.output("desk", "doctor")  # its exit code says that nobody is needed

        for service in services:
            service.terminate()
        assert [
            (service.name, service.ended(GRACE_SECONDS)) for service in services if service.ended(GRACE_SECONDS)
        ] == []
        assert [service.name for service in services if service.healthy()] == []


def started(composition: Composition, folder: Path, stack: ExitStack) -> list[ComposedProcess]:
    """Every service that stays, in as many processes as there would be containers, each well by its own check."""
    services = []
    for name, count in LASTING.items():
        assert composition.replicas(name) == count
        for number in range(count):
            service = composition.process(name, folder / f"{name}-{number}.log")
            stack.callback(service.kill)
            assert not service.healthy(), "a check that finds fault with nothing"
            service.start()
            services.append(service)
    for service in services:
        service.wait_until_healthy()
    return services


def commanded(composition: Composition, *words: str) -> list[dict[str, Any]]:
    """The records that a command prints inside the desk's container."""
    return [json.loads(line) for line in composition.output("desk", *words, "--json").split("\n") if line]


def the_page_shows_it_to_who_has_the_password(composition: Composition, serve: ComposedProcess, feed: str) -> None:
    password = composition.secret("page_password")
    assert asked(serve.page, "/")[0] == 401
    assert asked(serve.page, "/", "not the password")[0] == 401
    status, page = asked(serve.page, "/", password)
    # Not the headline as it is: what matched is marked in it.
    assert (status, ">Resolution 1244</mark>" in page) == (200, True), page
    assert feed in asked(serve.page, "/feeds", password)[1]


def asked(port: int, path: str, password: str = "") -> tuple[int, str]:
    login = base64.b64encode(f"wirewatch:{password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Authorization": f"Basic {login}"} if password else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
