"""The graph handed to an engine: Flink, or another portable Beam runner, through its job server."""

from __future__ import annotations

import argparse
import difflib
import time
from collections.abc import Callable, Sequence

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from apache_beam.runners.runner import PipelineResult, PipelineState

from pipelines.monitoring import Endless, Parts, monitoring
from pipelines.write import stop_when
from schemas.errors import SettingsError, StoreError

_ANSWER_SECONDS = 60.0
_LOOK_SECONDS = 0.2
_ENDED = frozenset({PipelineState.DONE, PipelineState.FAILED, PipelineState.CANCELLED, PipelineState.DRAINED})


class Job:
    """A graph that an engine has taken."""

    def __init__(self, result: PipelineResult) -> None:
        self._result = result
        self.id = str(getattr(result, "_job_id", ""))
        """What the job server calls it."""

    def watch(self, stopped: Callable[[], bool]) -> None:
        """Return once `stopped()`. Raises `StoreError` when the job ended before, or nobody can say."""
        while not stopped():
            try:
                state = self._result.state
            except grpc.RpcError as error:
                message = f"the job server does not answer: {_said(error)}"
                raise StoreError(message, subject=f"job {self.id}", retryable=True) from error
            if state in _ENDED:
                message = f"ended as {state.lower()}; the engine's log says why"
                raise StoreError(message, subject=f"job {self.id}")
            time.sleep(_LOOK_SECONDS)

    def cancel(self) -> None:
        """Ask the job server to end it. Beam's for Flink (2.62.0) keeps that to itself: the cluster does not hear of it."""
        self._result.cancel()


def submit(parts: Parts, endless: Endless, arguments: Sequence[str], stopped: Callable[[], bool]) -> Job:
    """Hand the graph to the engine that `arguments`, options of Beam and its runner, name.

    Raises `SettingsError` for an option that nobody knows: Beam drops such a one without a word, and a misspelt bundle
    time is noticed only as latency. Raises `StoreError` when the job server is away or refuses the graph.
    """
    options = parsed(arguments)
    endpoint = options.view_as(PortableOptions).job_endpoint
    try:
        if endpoint and endpoint != "embed":
            check_options(arguments, described_options(endpoint))
        # For stages that run in this process: LOOPBACK, and Prism with it.
        stop_when(parts.name, stopped)
        pipeline = beam.Pipeline(options=options)
        monitoring(pipeline, parts, endless)
        return Job(pipeline.run())
    except (grpc.RpcError, grpc.FutureTimeoutError) as error:
        raise StoreError(f"the job server does not take the graph: {_said(error)}", subject=endpoint) from error


def parsed(arguments: Sequence[str]) -> PipelineOptions:
    """`arguments` for Beam, which knows a truth value only as a bare flag, and that turns off what is on by default."""
    said = {f"={value}": value == "true" for value in ("true", "false")}
    values = {word: end for word in arguments for end in said if word.startswith("--") and word.endswith(end)}
    return PipelineOptions(
        [word for word in arguments if word not in values],
        **{word.removeprefix("--").removesuffix(end): said[end] for word, end in values.items()},
    )


def described_options(endpoint: str) -> frozenset[str]:
    """The names of the options that the job server at `endpoint` knows."""
    with grpc.insecure_channel(endpoint) as channel:
        described = beam_job_api_pb2_grpc.JobServiceStub(channel).DescribePipelineOptions(
            beam_job_api_pb2.DescribePipelineOptionsRequest(), timeout=_ANSWER_SECONDS, wait_for_ready=True
        )
    return frozenset(option.name for option in described.options)


def check_options(arguments: Sequence[str], described: frozenset[str]) -> None:
    """Raises `SettingsError` for the first `--option` that neither Beam nor `described` has."""
    ours = argparse.ArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(ours)  # noqa: SLF001 what Beam documents for option classes
    for word in ours.parse_known_args(list(arguments))[1]:
        name = word.removeprefix("--").partition("=")[0]
        if word.startswith("--") and name not in described:
            close = difflib.get_close_matches(name, described, n=1)
            hint = f"; did you mean --{close[0]}?" if close else ""
            message = f"neither Beam nor its job server knows this option{hint}"
            raise SettingsError(message, subject=f"--{name}")


def _said(error: Exception) -> str:
    return str(error.details()) if isinstance(error, grpc.Call) else type(error).__name__
