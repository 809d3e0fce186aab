"""`wirewatch setup` and `wirewatch doctor` at team size, as an operator runs them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchIndex
from connectors.index.server import ElasticsearchServer
from connectors.interfaces import Change
from connectors.log.inspection import Group
from schemas.errors import StoreError
from tests.deploy.fake_kibana import FakeKibana, serving
from tests.product import records, wirewatch
from tests.samples import NOON, article
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.servers.process import free_ports
from tests.servers.team import prefix_of_its_own, settings_file
from wirewatch.finding import Finding
from wirewatch.provisioning import Step, changes
from wirewatch.server_checks import of_groups

server = pytest.mark.servers


@pytest.fixture(scope="module")
def prefix(kafka: Broker, elasticsearch: Node) -> Iterator[str]:
    with prefix_of_its_own(kafka, elasticsearch) as prefix:
        yield prefix


@pytest.fixture(scope="module")
def team(kafka: Broker, elasticsearch: Node, prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of a team whose servers were set up; what the first run said lies beside them."""
    file = settings_file(tmp_path_factory.mktemp("team"), kafka.servers, elasticsearch.url, prefix)
    (file.parent / "first.json").write_text(json.dumps(records("setup", "--config", file)))
    return file


def doctor(*words: str | Path) -> tuple[int, list[dict[str, Any]]]:
    done = wirewatch("doctor", "--json", *words, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def of(findings: list[dict[str, Any]], subject: str, state: str) -> str:
    return "\n".join(
        f"{one['message']} -> {one['todo']}" for one in findings if (one["subject"], one["state"]) == (subject, state)
    )


def test_at_embedded_size_there_is_nothing_to_set_up(tmp_path: Path) -> None:
    done = wirewatch("setup", "--json", "--data", tmp_path / "data")
    assert done.stdout == ""
    assert "nothing to set up" in done.stderr
    assert not (tmp_path / "data").exists()


@server
def test_everything_is_created_once_and_then_left_alone(team: Path, prefix: str) -> None:
    first = json.loads((team.parent / "first.json").read_text())
    assert {one["action"] for one in first} == {"created"}
    names = {one["subject"] for one in first}
    assert {f"topic {prefix}.items", f"template {prefix}-hits", f"index {prefix}-articles-000001"} <= names
    again = records("setup", "--config", team)
    assert [(one["subject"], one["action"]) for one in again] == [(one["subject"], "unchanged") for one in first]
    code, findings = doctor("--config", team, "--data", team.parent / "data")
    assert (code, [one for one in findings if one["state"] == "wrong"]) == (0, [])
    assert "1 broker" in of(findings, "kafka", "ok")
    assert "health green" in of(findings, "elasticsearch", "ok")


@server
def test_what_differs_is_told_by_doctor_and_changed_by_setup(team: Path, prefix: str, elasticsearch: Node) -> None:
    client = connect(ElasticsearchServer(urls=(elasticsearch.url,), prefix=prefix))
    client.indices.delete_index_template(name=f"{prefix}-hits")
    client.indices.put_settings(index=f"{prefix}-fetches", settings={"index.blocks.write": True})
    more = team.with_name("more.toml")
    more.write_text(
        team.read_text().replace("partitions = 3", "partitions = 4").replace("replicas = 0", "replicas = 1")
    )
    try:
        code, findings = doctor("--config", more, "--data", team.parent / "data")
        assert code == 3
        assert f"missing: template {prefix}-hits -> run `wirewatch setup`" in of(findings, "elasticsearch", "wrong")
        assert f"takes no writes: {prefix}-fetches-000001 (write)" in of(findings, "elasticsearch", "wrong")
        assert f"topic {prefix}.items" in of(findings, "kafka", "wrong")
        told = {one["subject"]: (one["action"], one["detail"]) for one in records("setup", "--config", more)}
        assert told[f"template {prefix}-hits"][0] == "created"
        action, detail = told[f"topic {prefix}.items"]
        assert (action, "3" in detail, "4" in detail) == ("changed", True, True)
        assert told[f"index {prefix}-hits-000001"] == ("changed", "number_of_replicas from 0 to 1")
        # One node alone can hold no copy: said with what to do.
        code, findings = doctor("--config", more, "--data", team.parent / "data")
        assert code == 3
        assert "a copy of it has no place" in of(findings, "elasticsearch", "wrong")
        assert "set elasticsearch.replicas = 0" in of(findings, "elasticsearch", "wrong")
        assert of(findings, "kafka", "wrong") == ""
    finally:
        client.indices.put_settings(index=f"{prefix}-fetches", settings={"index.blocks.write": False})
        client.indices.put_settings(index=f"{prefix}-*", settings={"number_of_replicas": 0})
        client.close()


@server
def test_a_refused_login_is_said_in_seconds(kafka: Broker, tmp_path: Path) -> None:
    file = tmp_path / "wirewatch.toml"
    file.write_text(
        f'[kafka]\nservers = ["{kafka.login}"]\nsecurity = "sasl_plaintext"\nuser = "desk"\npassword = "hunter2"\n'
    )
    began = time.monotonic()
    done = wirewatch("setup", "--config", file, "--wait", "600", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error: kafka {kafka.login}: login refused as desk" in done.stderr
    assert "hunter2" not in done.stderr
    # It is the refusal that ends it, not the time it may wait.
    assert time.monotonic() - began < 300


def test_a_server_that_is_away_is_named_with_what_to_do(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    file = settings_file(tmp_path, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}", "nobody")
    done = wirewatch("setup", "--config", file, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = [line for line in done.stderr.splitlines() if "ResourceWarning" not in line and "Exception" not in line]
    assert error.startswith(f"error: kafka 127.0.0.1:{port}: ")
    assert "--wait SECONDS" in done.stderr
    code, findings = doctor("--config", file, "--data", tmp_path / "data")
    assert code == 3
    assert of(findings, "kafka", "wrong").endswith("start the brokers, or correct kafka.servers")
    assert f"http://127.0.0.1:{port}: Elasticsearch is away" in of(findings, "elasticsearch", "wrong")


def test_kibana_is_given_its_objects_and_doctor_misses_them(tmp_path: Path) -> None:
    with serving(FakeKibana()) as kibana:
        file = tmp_path / "wirewatch.toml"
        file.write_text(f'[elasticsearch]\nprefix = "desk"\n[kibana]\nurl = "{kibana.url}"\n')
        code, findings = doctor("--config", file, "--data", tmp_path / "data")
        assert code == 3
        assert f"run `wirewatch setup --kibana {kibana.url}`" in of(findings, "kibana", "wrong")
        first = records("setup", "--config", file, "--kibana", kibana.url)
        assert {one["action"] for one in first} == {"created"}
        assert "data view desk-hits" in {one["subject"] for one in first}
        assert {one["action"] for one in records("setup", "--config", file, "--kibana", kibana.url)} == {"unchanged"}
        code, findings = doctor("--config", file, "--data", tmp_path / "data")
        assert (code, kibana.url in of(findings, "kibana", "ok")) == (0, True)
        kibana.starting = True
        done = wirewatch("setup", "--config", file, "--kibana", kibana.url, "--wait", "2", check=False)
    assert done.returncode == 1
    waiting, failed = done.stderr.splitlines()
    assert waiting.startswith(f"waiting for Kibana {kibana.url}")
    assert failed.startswith("error: ")


def scripted(*answers: Sequence[Change] | StoreError) -> Callable[[], Sequence[Change]]:
    left = list(answers)

    def run() -> Sequence[Change]:
        answer = left.pop(0)
        if isinstance(answer, StoreError):
            raise answer
        return answer

    return run


def away(message: str, *, retryable: bool = True) -> StoreError:
    return StoreError(message, subject="kafka one.example:9092", retryable=retryable)


def test_a_server_that_starts_late_is_waited_for_and_each_reason_said_once() -> None:
    said: list[str] = []
    pauses: list[float] = []
    made = Change("topic x", "created")
    step = Step("Kafka one.example:9092", scripted(away("refused"), away("refused"), away("starting"), [made]))
    assert list(changes([step], wait=60, say=said.append, pause=pauses.append)) == [made]
    assert [one.rpartition(": ")[2] for one in said] == ["refused", "starting"]
    assert len(pauses) == 3


def test_what_waiting_cannot_mend_is_not_waited_for() -> None:
    step = Step("Kafka one.example:9092", scripted(away("login refused", retryable=False)))
    with pytest.raises(StoreError, match=r"login refused$"):
        list(changes([step], wait=60, say=pytest.fail, pause=lambda _: pytest.fail("it waited")))


def group(**more: Any) -> Group:
    known = Group("wirewatch.hits", "items", present=True, lag=0, lost=0, waiting_since=None)
    return msgspec.structs.replace(known, **more)


@pytest.mark.parametrize(
    ("one", "state", "told"),
    [
        (group(), "ok", "reader wirewatch.hits of items: lag 0"),
        (group(lag=7_000, waiting_since=NOON - timedelta(minutes=9)), "ok", "lag 7,000"),
        (group(lag=1, waiting_since=NOON - timedelta(minutes=11)), "wrong", "the oldest waits since 2026-11-22T11:49"),
        (group(lag=1, waiting_since=NOON - timedelta(days=1), present=False), "wrong", "no process reads as it"),
        (group(lost=12), "wrong", "12 records were dropped by their age before it read them"),
    ],
)
def test_a_group_needs_a_person_when_it_has_stopped_or_lost_something(one: Group, state: str, told: str) -> None:
    (found,) = of_groups([one], NOON)
    assert (found.state, told in found.message, bool(found.todo)) == (state, True, state == "wrong")


def test_that_nobody_has_read_yet_is_a_note() -> None:
    assert [one.state for one in of_groups([], NOON)] == ["note"]
    assert [one.subject for one in of_groups([group(topic="fetches")], NOON)] == ["kafka", "kafka"]
    assert isinstance(next(iter(of_groups([], NOON))), Finding)


@server
def test_articles_of_another_fold_are_told_and_made_anew(team: Path, prefix: str, elasticsearch: Node) -> None:
    index = ElasticsearchIndex(ElasticsearchServer(urls=(elasticsearch.url,), prefix=prefix))
    client = connect(ElasticsearchServer(urls=(elasticsearch.url,), prefix=prefix))
    try:
        index.apply([article(1), article(2)], [])
        client.update(
            index=f"{prefix}-articles", id=article(1).article_id, doc={"fold": "1 of an older release"}, refresh=True
        )
        code, findings = doctor("--config", team, "--data", team.parent / "data")
        assert code == 3
        assert "1 articles were folded by another release" in of(findings, "elasticsearch", "wrong")
        assert "run `wirewatch setup --reindex`" in of(findings, "elasticsearch", "wrong")
        told = {one["subject"]: one for one in records("setup", "--config", team, "--reindex")}
        assert told[f"index {prefix}-articles-000002"]["action"] == "created"
        assert told[f"topic {prefix}.items"]["action"] == "unchanged"
        assert {one["action"] for one in records("setup", "--config", team, "--reindex")} == {"unchanged"}
        assert doctor("--config", team, "--data", team.parent / "data")[0] == 0
        assert index.count() == 2
    finally:
        index.close()
        client.close()
