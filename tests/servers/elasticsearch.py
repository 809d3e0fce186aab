"""An Elasticsearch of one node for tests."""

from __future__ import annotations

import base64
import os
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.servers.certificates import Authority
from tests.servers.java import java_home
from tests.servers.maven import resolved
from tests.servers.process import ServerProcess, absent, free_ports

_NOBODY = 65534


class Node(msgspec.Struct):
    """A running node."""

    url: str
    process: ServerProcess | None = None
    """None when the node is not ours to stop."""
    password: str = ""
    """Of its user `elastic`; empty: it asks nobody."""


def start_elasticsearch(
    folder: Path,
    heap: str = "1g",
    password: str = "",
    authority: Authority | None = None,
    settings: Mapping[str, str] | None = None,
) -> Node:
    """A node that keeps its data in `folder`; skips or fails the test where there cannot be one.

    With a `password` it asks for logins, with an `authority` it speaks HTTPS. `settings` win over those of all tests.
    """
    java = java_home(21)
    if java is None:
        absent("Elasticsearch", "no Java 21 or newer")
    try:
        made = resolved("elasticsearch")
    except OSError as error:
        absent("Elasticsearch", str(error))
    home = next(made.glob("*/elasticsearch"))
    http, transport = free_ports(2)
    config = folder / "config"
    (config / "jvm.options.d").mkdir(parents=True)
    for name in ("jvm.options", "log4j2.properties", "roles.yml", "role_mapping.yml", "users", "users_roles"):
        if (home / "config" / name).exists():
            shutil.copy(home / "config" / name, config)
    (config / "jvm.options.d" / "heap.options").write_text(f"-Xms{heap}\n-Xmx{heap}\n")
    own = _encrypted(config, authority) if authority else {}
    own |= {"xpack.security.enabled": "true"} if password else {}
    every = {**_settings(folder, http, transport), **own, **(settings or {})}
    (config / "elasticsearch.yml").write_text("".join(f"{name}: {value}\n" for name, value in every.items()))
    for name in ("data", "logs", "tmp"):
        (folder / name).mkdir()
    (home / "plugins").mkdir(exist_ok=True)
    url = f"{'https' if authority else 'http'}://127.0.0.1:{http}"
    environment = {
        "HOME": str(folder),
        "ES_HOME": str(home),
        "ES_PATH_CONF": str(config),
        "ES_TMPDIR": str(folder / "tmp"),
        "ES_DISTRIBUTION_TYPE": "zip",
        "ES_JAVA_HOME": str(java),
        "JAVA": str(java / "bin" / "java"),
        "JAVA_TYPE": "ES_JAVA_HOME",
        "CLI_JAVA_OPTS": "-Xms4m -Xmx64m -XX:+UseSerialGC",
        "HOSTNAME": "tests",
    }
    as_nobody = _as_nobody(folder, home)
    if password:
        _keep(password, [*as_nobody, *_keystore(java, home, config)], environment)
    process = ServerProcess(
        "Elasticsearch",
        [*as_nobody, *_launcher(java, home)],
        lambda: _answers(f"{url}/_cluster/health", password, authority),
        folder / "elasticsearch.log",
        environment,
        home,
    )
    process.start()
    return Node(url, process, password)


def _keystore(java: Path, home: Path, config: Path) -> list[str]:
    """What `elasticsearch-keystore` runs, which this distribution lacks."""
    named = {
        "cli.name": "keystore",
        "cli.script": "elasticsearch-keystore",
        "cli.libs": "lib/tools/keystore-cli",
        "es.path.home": str(home),
        "es.path.conf": str(config),
        "es.distribution.type": "zip",
        "es.java.type": "ES_JAVA_HOME",
    }
    options = ["-Xmx64m", "-XX:+UseSerialGC", *(f"-D{name}={value}" for name, value in named.items())]
    path = f"{home}/lib/*:{home}/lib/cli-launcher/*"
    return [str(java / "bin" / "java"), *options, "-cp", path, "org.elasticsearch.launcher.CliToolLauncher"]


def _keep(password: str, keystore: list[str], environment: dict[str, str]) -> None:
    """Make `password` that of the user `elastic`."""
    done = subprocess.run(
        [*keystore, "add", "--stdin", "--force", "bootstrap.password"],
        input=password,
        env={**os.environ, **environment},
        cwd=environment["ES_HOME"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _launcher(java: Path, home: Path) -> list[str]:
    options = ["-Xms4m", "-Xmx64m", "-XX:+UseSerialGC", "-cp", f"{home}/lib/tools/server-launcher/*"]
    return [str(java / "bin" / "java"), *options, "org.elasticsearch.server.launcher.ServerLauncher"]


def _as_nobody(folder: Path, home: Path) -> list[str]:
    """Elasticsearch refuses to run as root, so it is given to nobody, with every folder above made passable."""
    if os.getuid() != 0:
        return []
    for top in (folder, home):
        for path in (top, *top.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
        for parent in top.parents:
            # pytest's folders are for their owner alone.
            if not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]


def _settings(folder: Path, http: int, transport: int) -> dict[str, str]:
    return {
        "cluster.name": "tests",
        "node.name": "one",
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": str(http),
        "transport.port": str(transport),
        "path.data": str(folder / "data"),
        "path.logs": str(folder / "logs"),
        "xpack.security.enabled": "false",
        "xpack.security.transport.ssl.enabled": "false",
        "xpack.security.http.ssl.enabled": "false",
        "action.destructive_requires_name": "false",
        "action.auto_create_index": "false",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }


def _encrypted(config: Path, authority: Authority) -> dict[str, str]:
    # It may read files of its own folder only.
    certificate, key = authority.signed("elasticsearch")
    # With that of the authority behind, which whoever knows its fingerprint looks for.
    (config / "http.pem").write_bytes(certificate.read_bytes() + authority.file.read_bytes())
    shutil.copy(key, config / "http.key")
    settings = {"enabled": "true", "certificate": "http.pem", "key": "http.key"}
    return {f"xpack.security.http.ssl.{name}": value for name, value in settings.items()}


def _answers(url: str, password: str, authority: Authority | None) -> bool:
    request = urllib.request.Request(url)
    if password:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"elastic:{password}".encode()).decode())
    context = ssl.create_default_context(cafile=str(authority.file)) if authority else None
    try:
        with urllib.request.urlopen(request, timeout=2, context=context) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
