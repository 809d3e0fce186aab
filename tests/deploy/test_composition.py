from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest

from tests.deploy.composition import (
    FOLDER,
    ROOT,
    compose_text,
    dotenv,
    environment_of,
    loaded,
    ours,
    secrets_of,
    services,
    variables,
)
from wirewatch.cli import wirewatch

ONE_SHOTS = {name for name, one in services().items() if one["restart"] == "no"}
SERVICES = sorted(services())
LASTING = sorted(set(SERVICES) - ONE_SHOTS)
OURS = sorted(ours())


def example() -> dict[str, str]:
    return dotenv((FOLDER / ".env.example").read_text("utf-8"))


def schema_check(file: Path) -> subprocess.CompletedProcess[str]:
    words = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_the_file_is_of_the_compose_specification(tmp_path: Path) -> None:
    done = schema_check(FOLDER / "compose.yaml")
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "compose.yaml"
    broken.write_text(compose_text().replace("stop_grace_period", "stop_grace_periode"))
    assert "stop_grace_periode" in schema_check(broken).stdout


def test_each_variable_has_one_default_and_the_example_shows_it() -> None:
    text = compose_text()
    used = variables(text)
    assert {name: values for name, values in used.items() if len(values) > 1} == {}
    shown = {name: values.pop() for name, values in used.items()}
    # Read by Compose itself: the profiles that are started.
    assert shown | {"COMPOSE_PROFILES": ""} == example()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded_and_without_privileges(name: str) -> None:
    service = services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert set(service["deploy"]["resources"]["limits"]) == {"memory", "pids"}
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert service["restart"] in {"unless-stopped", "no"}
    assert not {"privileged", "cap_add", "pid", "ipc", "devices", "container_name"} & set(service)


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_service_says_how_it_is(name: str) -> None:
    health = services()[name]["healthcheck"]
    assert health["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period", "start_interval"} <= set(health)


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_one_release(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(-\w+)?", services()[name]["image"])


def test_our_image_is_of_this_release_and_built_from_here() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for service in ours().values():
        assert service["image"] == f"wirewatch:{version}"
        assert service["pull_policy"] == "build"
        context = (FOLDER / service["build"]["context"]).resolve()
        assert context == ROOT
        assert (context / service["build"]["dockerfile"]).is_file()


def test_kafka_is_the_release_the_tests_run() -> None:
    pom = ET.parse(ROOT / "tests" / "servers" / "maven" / "kafka" / "pom.xml")
    versions = [
        one.findtext("{*}version")
        for one in pom.iter("{http://maven.apache.org/POM/4.0.0}dependency")
        if one.findtext("{*}artifactId") == "kafka_2.13"
    ]
    assert services()["kafka"]["image"] == f"apache/kafka:{versions[0]}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_can_be_waited_for(name: str) -> None:
    for other, how in services()[name].get("depends_on", {}).items():
        assert other in services()
        assert how["condition"] == ("service_completed_successfully" if other in ONE_SHOTS else "service_healthy")


def test_nobody_waits_in_a_circle() -> None:
    waits = {name: set(one.get("depends_on", {})) for name, one in services().items()}
    while waits:
        free = {name for name, others in waits.items() if not others & set(waits)}
        assert free, f"a circle in {sorted(waits)}"
        waits = {name: others for name, others in waits.items() if name not in free}


def named_volumes(service: dict[str, Any]) -> set[str]:
    return {source for source, _, _ in mounts(service) if not source.startswith((".", "/"))}


def mounts(service: dict[str, Any]) -> list[tuple[str, str, str]]:
    parts = [(*one.split(":"), "")[:3] for one in service.get("volumes", [])]
    return [(source, target, mode) for source, target, mode in parts]


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        ("volumes", named_volumes),
        ("secrets", lambda service: set(secrets_of(service))),
        ("networks", lambda service: set(service.get("networks", []))),
    ],
    ids=["volumes", "secrets", "networks"],
)
def test_what_is_declared_is_used_and_the_other_way_round(kind: str, used: Any) -> None:
    assert set(loaded()[kind]) == {one for service in services().values() for one in used(service)}


def networks_of(name: str) -> list[str]:
    service = services()[name]
    mode = service.get("network_mode")
    if mode is None:
        return list(service["networks"])
    other = mode.removeprefix("service:")
    assert other in service["depends_on"], f"{name} shares the network of a service it does not wait for"
    return networks_of(other)


@pytest.mark.parametrize("name", SERVICES)
def test_only_who_must_has_a_way_out(name: str) -> None:
    assert loaded()["networks"]["inside"] == {"internal": True}
    outside = name in {"poll", "desk", "serve", "kibana", "mailpit"}
    assert networks_of(name) == (["inside", "outside"] if outside else ["inside"])


def test_profiles_are_those_the_example_speaks_of() -> None:
    profiles = {name: one["profiles"] for name, one in services().items() if "profiles" in one}
    assert profiles == {name: ["flink"] for name in services() if name.startswith("flink-")}
    waited_for = {
        other for name, one in services().items() if name not in profiles for other in one.get("depends_on", {})
    }
    assert not waited_for & set(profiles), "waited for by who is started without them"


def test_the_job_server_is_of_our_release_of_beam() -> None:
    beam = re.search(r"^apache-beam==([\d.]+)", (ROOT / "requirements" / "run.txt").read_text("utf-8"), re.MULTILINE)
    assert beam is not None
    assert services()["flink-jobserver"]["image"].endswith(f"_job_server:{beam[1]}")
    minor = [services()[f"flink-{name}"]["image"] for name in ("jobmanager", "taskmanager")]
    assert minor == ["flink:1.20.5-java17"] * 2
    assert "flink1.20" in services()["flink-jobserver"]["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_for_this_machine_and_one_that_is_listened_on(name: str) -> None:
    service = services()[name]
    for port in service.get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
        inside = port.rpartition(":")[2]
        asked = " ".join(service["healthcheck"]["test"])
        assert inside in asked or (name, inside) == ("mailpit", "8025")
        assert "outside" in service["networks"], "an internal network publishes nothing"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_the_open(name: str) -> None:
    service = services()[name]
    mounted = secrets_of(service)
    for key, value in environment_of(service).items():
        if re.search(r"PASSWORD|SECRET|TOKEN|API_?KEY|CREDENTIAL", key, re.IGNORECASE):
            assert key.endswith("_FILE"), key
            assert value in mounted.values(), f"{key}: {value} is not mounted"


def test_every_secret_is_made_by_the_script() -> None:
    script = (FOLDER / "prepare.sh").read_text("utf-8")
    made = set(re.findall(r"\bkeep ([\w.]+)", script))
    assert {f"secrets/{name}" for name in made} >= {one["file"] for one in loaded()["secrets"].values()}


def test_ours_write_to_their_volume_and_to_memory_only() -> None:
    for name, service in ours().items():
        assert service["read_only"] is True, name
        assert [target for _, target, mode in mounts(service) if mode != "ro"] == ["/data"], name
        assert [one.partition(":")[0] for one in service["tmpfs"]] == ["/tmp"], name


def test_what_is_mounted_from_here_is_here() -> None:
    kept = subprocess.run(
        ["git", "ls-files", "."], cwd=FOLDER, capture_output=True, text=True, check=True
    ).stdout.split()
    for service in services().values():
        for source, _, mode in mounts(service):
            if source.startswith("."):
                assert mode == "ro", source
                path = source.removeprefix("./")
                assert path == "config" or path in kept or (FOLDER / source).resolve().is_relative_to(ROOT / "deploy")
                assert path == "config" or (FOLDER / source).exists(), source


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_one_of_ours(name: str) -> None:
    words = services()[name]["command"]
    context = click.Context(wirewatch, info_name="wirewatch", **wirewatch.context_settings)
    command = wirewatch.get_command(context, words[0])
    assert command is not None, words[0]
    given = command.make_context(words[0], list(words[1:]), parent=context).params  # raises for what cannot be
    assert given.get("runner") or not given.get("beam_options"), "options for an engine, but no engine"


def addresses(text: str) -> list[tuple[str, int]]:
    """Hosts and ports in a value: `kafka:9092`, `http://kibana:5601`."""
    return [(host, int(port)) for host, port in re.findall(r"(?:^|//|[\s,=])([a-z][a-z0-9-]*):(\d+)", text)]


LISTENS = {
    "kafka": {9092},
    "elasticsearch": {9200},
    "kibana": {5601},
    "mailpit": {1025, 8025},
    "flink-jobmanager": {8081},
    "flink-jobserver": {8099},
}


@pytest.mark.parametrize("name", OURS)
def test_who_is_spoken_to_is_on_the_same_network(name: str) -> None:
    service = services()[name]
    values = [*environment_of(service).values(), *service["command"]]
    named = [one for value in values for one in addresses(value) if one[0] != "localhost"]
    assert ("kafka", 9092) in named
    assert ("elasticsearch", 9200) in named
    for host, port in named:
        assert port in LISTENS[host], (host, port)
        assert set(networks_of(host)) & set(networks_of(name)), host
    smtp = environment_of(service)
    assert int(smtp["WIREWATCH_SMTP_PORT"]) in LISTENS[smtp["WIREWATCH_SMTP_HOST"]]
