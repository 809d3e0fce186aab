"""A folder made ready for `docker compose up`, and the Elasticsearch it asks for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.composition import ROOT, environment_of, services
from tests.deploy.dockerfile import copied, sent, tracked
from tests.servers.elasticsearch import Node, start_elasticsearch

LACKING = {"xpack.ml.enabled", "ingest.geoip.downloader.enabled"}
"""Settings of modules that Elastic's image has and the server of the tests has not."""


@pytest.fixture(scope="package")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages, built from what the Dockerfile copies as its `pip install .` does."""
    build, made, installed = (tmp_path_factory.mktemp(name) for name in ("build", "made", "installed"))
    for source, target in copied():
        for path in tracked():
            if sent(path) and (path == source or path.startswith(f"{source}/")):
                place = build / (path if target == source else f"{target}/{Path(path).name}")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, place)
    building = f"from setuptools import build_meta; build_meta.build_wheel({str(made)!r})"
    done = subprocess.run([sys.executable, "-c", building], cwd=build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    return installed


def prepare(folder: Path) -> str:
    """Run the script of first use there; what it said."""
    script = folder / "deploy" / "compose" / "prepare.sh"
    return subprocess.run([script], capture_output=True, text=True, check=True, cwd=folder).stdout


@pytest.fixture(scope="package")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `deploy/compose` of a copy, prepared."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets", "config", ".env"))
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    prepare(folder)
    return folder / "deploy" / "compose"


@pytest.fixture(scope="package")
def guarded(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with the settings and the superuser's password of the compose file, and the users of its one-shot."""
    password = (prepared / "secrets" / "elastic_password").read_text()
    told = environment_of(services()["elasticsearch"])
    settings = {name: value for name, value in told.items() if "." in name and name not in LACKING}
    node = start_elasticsearch(tmp_path_factory.mktemp("guarded"), heap="512m", password=password, settings=settings)
    assert node.process is not None
    try:
        make_users(prepared, node)
        yield node
    finally:
        node.process.stop()


def make_users(prepared: Path, node: Node) -> str:
    """Run the one-shot `users` against `node`; what it said."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "ELASTICSEARCH": node.url,
        "SECRETS": str(prepared / "secrets"),
        "ROLES": str(prepared.parent / "elasticsearch" / "roles"),
    }
    done = subprocess.run(["sh", prepared / "users.sh"], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
