"""The broker of the compose file: its image makes `log.dirs` of `KAFKA_LOG_DIRS`, and so on."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from tests.deploy.composition import environment_of, services
from tests.servers.java import java_home
from tests.servers.kafka import Broker
from tests.servers.maven import resolved
from tests.servers.process import absent

pytestmark = pytest.mark.servers


def properties() -> dict[str, str]:
    told = environment_of(services()["kafka"])
    # Of the start script, not of the broker.
    del told["KAFKA_HEAP_OPTS"]
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in told.items()}


def test_every_variable_is_a_property_of_the_broker(kafka: Broker) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=kafka.servers)) as admin:
        described = admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")], config_filter="all")
    assert set(properties()) - set(described["broker"]["1"]) == set()


def test_the_broker_takes_their_values(tmp_path: Path) -> None:
    java = java_home(17)
    if java is None:
        absent("Kafka", "no Java 17 or newer")
    told = {**properties(), "log.dirs": str(tmp_path / "data")}
    file = tmp_path / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    program = [str(java / "bin" / "java"), "-cp", f"{resolved('kafka')}/*", "kafka.tools.StorageTool", "format"]
    done = subprocess.run(
        [*program, "-t", "5L6g3nShT-eMCtK--X86sw", "-c", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "data" / "meta.properties").is_file()
