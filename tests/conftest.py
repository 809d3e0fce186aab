"""Fixtures of more than one folder."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.servers.elasticsearch import Node, start_elasticsearch
from tests.servers.flink import Flink, start_flink
from tests.servers.kafka import Broker, start_kafka


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Once a module: while it is open, the thread has an event loop that other tests cannot share."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed, and CI must not skip it")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker, started once a run; `WIREWATCH_TEST_KAFKA=host:port,host:login-port` uses one that runs already."""
    if named := os.environ.get("WIREWATCH_TEST_KAFKA"):
        servers, login = named.split(",")
        yield Broker(servers, login)
        return
    broker = start_kafka(tmp_path_factory.mktemp("kafka"))
    yield broker
    assert broker.process is not None
    broker.process.stop()


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A real node, started once a run; `WIREWATCH_TEST_ELASTICSEARCH=URL` uses one that runs already."""
    if named := os.environ.get("WIREWATCH_TEST_ELASTICSEARCH"):
        yield Node(named)
        return
    node = start_elasticsearch(tmp_path_factory.mktemp("elasticsearch"))
    yield node
    assert node.process is not None
    node.process.stop()


@pytest.fixture(scope="session")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flink]:
    """A real Flink session cluster with Beam's job server, started once a run; its workers run this code."""
    folder = tmp_path_factory.mktemp("flink")
    # An absolute path: what Flink starts has a working folder of its own.
    worker = f'cd "{Path(__file__).parents[1]}" && exec "{sys.executable}" -m wirewatch worker "$@"'
    cluster = start_flink(folder, worker)
    yield cluster
    cluster.stop()
