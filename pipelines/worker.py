"""The process that runs the stages for an engine: what a Beam container starts, without a container of Beam's.

    engine ──(id, provision endpoint)──> boot ──> Beam's worker loop, until the engine is done with it
    engine ──(external environment)────> pool ──> one `boot` for each worker the engine asks for

Nothing is staged: code and libraries are those installed here, and must be the ones that submitted the graph.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from threading import Event

import grpc
from apache_beam.portability.api import beam_provision_api_pb2, beam_provision_api_pb2_grpc
from apache_beam.runners.worker import sdk_worker_main
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from google.protobuf import json_format, text_format

_ANSWER_SECONDS = 60.0


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


def serve_pool(port: int, executable: str, stop: Event) -> None:
    """Start `executable` as a worker whenever an engine asks at `port`, until `stop`; its workers end with it."""
    _, server = BeamFnExternalWorkerPoolServicer.start(use_process=True, port=port, container_executable=executable)
    stop.wait()
    server.stop(0).wait()
