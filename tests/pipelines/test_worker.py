"""A worker that asks who it is, and the pool that starts workers."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
)
from google.protobuf import text_format

from pipelines.worker import environment, serve_pool
from schemas.errors import SettingsError
from tests.servers.process import free_ports

_WORKER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], "a").write("ended\\n"), sys.exit()))
open(sys.argv[1], "a").write(" ".join(sys.argv[2:]) + "\\n")
time.sleep(60)
"""


class Provision(beam_provision_api_pb2_grpc.ProvisionServiceServicer):  # type: ignore[misc] # Beam is untyped
    """Tells each worker its name in the address of its control endpoint."""

    def GetProvisionInfo(self, request: object, context: grpc.ServicerContext) -> object:  # noqa: N802 its name
        worker = dict(context.invocation_metadata())["worker_id"]
        info = beam_provision_api_pb2.ProvisionInfo(runner_capabilities=["one", "two"])
        info.pipeline_options.update({"beam:option:parallelism:v1": "2"})
        info.control_endpoint.url = f"control-of-{worker}"
        info.logging_endpoint.url = "logging"
        return beam_provision_api_pb2.GetProvisionInfoResponse(info=info)


@pytest.fixture
def provision() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    beam_provision_api_pb2_grpc.add_ProvisionServiceServicer_to_server(Provision(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


def test_a_worker_asks_the_engine_for_the_rest(provision: str) -> None:
    told = environment("7-1", provision)
    assert told["WORKER_ID"] == "7-1"
    assert told["RUNNER_CAPABILITIES"] == "one two"
    assert '"beam:option:parallelism:v1": "2"' in told["PIPELINE_OPTIONS"]
    control = beam_provision_api_pb2.ProvisionInfo().control_endpoint
    assert text_format.Parse(told["CONTROL_API_SERVICE_DESCRIPTOR"], control).url == "control-of-7-1"
    assert "STATUS_API_SERVICE_DESCRIPTOR" not in told


class Pooled:
    """A pool in a thread, as an engine sees it."""

    def __init__(self, *command: str) -> None:
        (self.port,) = free_ports(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=serve_pool, args=(self.port, command, self._stop))
        self._thread.start()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self._pool = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(self._channel)

    def start(self, worker: str) -> str:
        request = beam_fn_api_pb2.StartWorkerRequest(worker_id=worker)
        request.provision_endpoint.url = "host:1"
        answer: Any = self._pool.StartWorker(request, wait_for_ready=True, timeout=30)
        return str(answer.error)

    def stop(self, worker: str) -> None:
        self._pool.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id=worker), timeout=30)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._channel.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_pool_starts_a_worker_when_asked_and_ends_it(tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.touch()
    pool = Pooled(sys.executable, "-c", _WORKER, str(said))
    assert pool.start("7-1") == ""
    until(lambda: said.read_text() == "--id=7-1 --provision_endpoint=host:1\n")
    pool.stop("7-1")
    until(lambda: said.read_text().endswith("ended\n"))
    pool.start("7-2")
    until(lambda: "7-2" in said.read_text())
    pool.close()
    assert said.read_text().count("ended\n") == 2


def test_a_pool_says_why_a_worker_did_not_start(tmp_path: Path) -> None:
    pool = Pooled(str(tmp_path / "nothing"))
    assert "nothing" in pool.start("7-1")
    pool.close()


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--pool {port}"):
            serve_pool(port, ["true"], threading.Event())
