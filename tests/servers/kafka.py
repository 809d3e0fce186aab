"""A Kafka broker of one node for tests."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import msgspec

from tests.servers.certificates import Authority
from tests.servers.java import java_home
from tests.servers.maven import resolved
from tests.servers.process import ServerProcess, absent, free_ports, listening

USER, PASSWORD = "desk", "desk-secret"
"""Known to the login port, by PLAIN and SCRAM."""
_LOGGING = """\
Configuration:
  Appenders:
    Console:
      name: STDOUT
      PatternLayout: {pattern: "%d %p %c{1} - %m%n"}
  Loggers:
    Root:
      level: WARN
      AppenderRef: [{ref: STDOUT}]
    Logger: [{name: kafka.server.KafkaRaftServer, level: INFO}]
"""


class Broker(msgspec.Struct):
    """A running broker. `servers` takes everybody; `login` asks for `USER` and `PASSWORD`."""

    servers: str
    login: str
    process: ServerProcess | None = None
    """None when the broker is not ours to stop."""
    tls: str = ""
    """Asks for a certificate signed by the authority it was started with."""
    tls_login: str = ""
    """Asks for `USER` and `PASSWORD`, over TLS."""


def start_kafka(folder: Path, authority: Authority | None = None) -> Broker:
    """A broker that keeps its data in `folder`; skips or fails the test where there cannot be one.

    It listens with TLS too when there is an `authority` to sign its certificate.
    """
    home = java_home(17)
    if home is None:
        absent("Kafka", "no Java 17 or newer")
    try:
        jars = resolved("kafka")
    except OSError as error:
        absent("Kafka", str(error))
    java = [str(home / "bin" / "java"), f"-Dlog4j2.configurationFile={folder / 'log4j2.yaml'}", "-cp", f"{jars}/*"]
    port, controller, login, tls, tls_login = free_ports(5)
    (folder / "log4j2.yaml").write_text(_LOGGING)
    properties = folder / "server.properties"
    text = _properties(folder, port, controller, login)
    properties.write_text(text if authority is None else _with_tls(text, authority, tls, tls_login))
    cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    scram = [
        word
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        for word in ("--add-scram", f"{mechanism}=[name={USER},password={PASSWORD}]")
    ]
    formatting = ["kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, *scram, "-c", str(properties)]
    done = subprocess.run([*java, *formatting], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    process = ServerProcess(
        "Kafka",
        [java[0], "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", *java[1:], "kafka.Kafka", str(properties)],
        lambda: "Kafka Server started" in process.said() and listening(port),
        folder / "kafka.log",
    )
    process.start()
    broker = Broker(f"127.0.0.1:{port}", f"127.0.0.1:{login}", process)
    if authority is not None:
        broker.tls, broker.tls_login = f"127.0.0.1:{tls}", f"127.0.0.1:{tls_login}"
    return broker


def _with_tls(properties: str, authority: Authority, tls: int, tls_login: int) -> str:
    certificate, key = authority.signed("broker")
    keystore = certificate.with_suffix(".keystore.pem")
    keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
    lines = []
    for line in properties.splitlines():
        name, _, value = line.partition("=")
        if name in {"listeners", "advertised.listeners"}:
            value += f",TLS://127.0.0.1:{tls},TLSLOGIN://127.0.0.1:{tls_login}"
        elif name == "listener.security.protocol.map":
            value += ",TLS:SSL,TLSLOGIN:SASL_SSL"
        lines.append(f"{name}={value}")
        if name.startswith("listener.name.sasl_plaintext."):
            lines.append(f"{name.replace('sasl_plaintext', 'tlslogin', 1)}={value}")
    return "\n".join(
        [
            *lines,
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={keystore}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={authority.file}",
            "listener.name.tls.ssl.client.auth=required",
        ]
    )


def _properties(folder: Path, port: int, controller: int, login: int) -> str:
    jaas = "org.apache.kafka.common.security"
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SASL_PLAINTEXT://127.0.0.1:{login}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{login}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config={jaas}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config={jaas}.scram.ScramLoginModule required;
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={jaas}.scram.ScramLoginModule required;
log.dirs={folder / "data"}
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""
