"""The door to an engine: options that nobody knows, and those it describes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from apache_beam.options.pipeline_options import PortableOptions, StandardOptions
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

from pipelines.engine import check_options, described_options, parsed
from schemas.errors import SettingsError

FLINK = frozenset({"checkpointing_interval", "max_bundle_time_mills", "parallelism"})


class JobServer(beam_job_api_pb2_grpc.JobServiceServicer):  # type: ignore[misc] # Beam is untyped
    """Describes one option."""

    def DescribePipelineOptions(self, request: object, context: object) -> object:  # noqa: N802 its name
        option = beam_job_api_pb2.PipelineOptionDescriptor(name="max_bundle_time_mills")
        return beam_job_api_pb2.DescribePipelineOptionsResponse(options=[option])


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    beam_job_api_pb2_grpc.add_JobServiceServicer_to_server(JobServer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


def test_options_of_beam_and_of_the_engine_are_taken() -> None:
    check_options(
        [
            "--runner=PortableRunner",
            "--streaming",
            "--job_endpoint",
            "host:1",
            "--parallelism=2",
            "--max_bundle_time_mills",
            "100",
        ],
        FLINK,
    )


def test_a_misspelt_option_is_an_error_with_a_hint() -> None:
    with pytest.raises(SettingsError, match="did you mean --max_bundle_time_mills"):
        check_options(["--streaming", "--max_bundle_time_millis=100"], FLINK)


def test_truth_values_can_be_written_out() -> None:
    options = parsed(["--streaming=true", "--job_endpoint=host:1", "--fail_on_checkpointing_errors=false"])
    assert options.view_as(StandardOptions).streaming is True
    assert options.view_as(PortableOptions).job_endpoint == "host:1"

    def of_the_engine(parser: object) -> None:
        parser.add_argument("--fail_on_checkpointing_errors", action="store_false")  # type: ignore[attr-defined]

    assert options.get_all_options(add_extra_args_fn=of_the_engine)["fail_on_checkpointing_errors"] is False


def test_the_job_server_says_what_it_knows(endpoint: str) -> None:
    assert described_options(endpoint) == {"max_bundle_time_mills"}
