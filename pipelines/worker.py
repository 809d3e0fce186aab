"""The process that runs the stages for an engine: what a Beam container starts, without a container of Beam's.

    engine ──(id, provision endpoint)──> boot ──> Beam's worker loop, until the engine is done with it
    engine ──(external environment)────> pool ──> one `boot` for each worker the engine asks for

Nothing is staged: code and libraries are those installed here, and must be the ones that submitted the graph.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import grpc
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
)
from apache_beam.runners.worker import sdk_worker_main
from google.protobuf import json_format, text_format

from schemas.errors import SettingsError

_ANSWER_SECONDS = 60.0
_END_SECONDS = 10.0


def boot(worker: str, provision_endpoint: str) -> None:
    """Work as `worker` for the engine at `provision_endpoint`; returns when the engine closes the connection."""
    os.environ.update(environment(worker, provision_endpoint))
    sdk_worker_main.main(sys.argv)


def environment(worker: str, provision_endpoint: str) -> Mapping[str, str]:
    """What Beam's worker reads from its environment, as the engine's provision service tells it."""
    with grpc.insecure_channel(provision_endpoint) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        info = service.GetProvisionInfo(
            beam_provision_api_pb2.GetProvisionInfoRequest(),
            metadata=[("worker_id", worker)],
            timeout=_ANSWER_SECONDS,
            wait_for_ready=True,
        ).info
    told = {
        "WORKER_ID": worker,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }
    for name in ("logging", "control", "status"):
        endpoint = getattr(info, f"{name}_endpoint")
        if endpoint.url:
            told[f"{name.upper()}_API_SERVICE_DESCRIPTOR"] = text_format.MessageToString(endpoint)
    return told


class Pool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):  # type: ignore[misc] # Beam is untyped
    """Starts `command`, with the arguments `boot` needs, for each worker an engine asks for. Beam's own starts `python`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def StartWorker(self, request: Any, _: object) -> Any:  # noqa: N802 its name in Beam's protocol
        """Start one; what keeps it from starting is answered."""
        words = [f"--id={request.worker_id}", f"--provision_endpoint={request.provision_endpoint.url}"]
        try:
            self._workers[request.worker_id] = subprocess.Popen([*self._command, *words], stdin=subprocess.DEVNULL)  # noqa: S603 ours
        except OSError as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=str(error))
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(self, request: Any, _: object) -> Any:  # noqa: N802 its name in Beam's protocol
        """End one."""
        if (worker := self._workers.pop(request.worker_id, None)) is not None:
            _end(worker)
        return beam_fn_api_pb2.StopWorkerResponse()

    def close(self) -> None:
        """End all."""
        while self._workers:
            _end(self._workers.popitem()[1])


def serve_pool(port: int, command: Sequence[str], stop: Event) -> None:
    """Be a `Pool` at `port` of loopback until `stop`; its workers end with it. Raises `SettingsError` for a taken port.

    Only loopback: a worker runs whatever the engine that asked for it sends.
    """
    pool = Pool(command)
    server = grpc.server(ThreadPoolExecutor(), options=[("grpc.so_reuseport", 0)])
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    try:
        server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise SettingsError("cannot listen here; choose another port", subject=f"--pool {port}") from error
    server.start()
    stop.wait()
    server.stop(0).wait()
    pool.close()


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
