"""The cluster size: the graph handed to an engine, which reads Kafka without end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import SettingsError
from wirewatch import wiring

if TYPE_CHECKING:
    from connectors.log.partitions import KafkaPartitions
    from pipelines.engine import Job
    from pipelines.monitoring import Outputs
    from wirewatch.figures import Figures
    from wirewatch.process import Process
    from wirewatch.settings import Settings
    from wirewatch.station import Station

RUNNERS = ("PortableRunner", "FlinkRunner", "PrismRunner")
"""Engines by the name of their Beam runner: a job server given with --job_endpoint, one that Beam starts, and Prism."""
FLINK_DEFAULTS = {
    "parallelism": "1",
    "checkpointing_interval": "10000",
    "max_bundle_size": "1000",
    # Beam's own spelling.
    "max_bundle_time_mills": "100",
    # Else what a bundle gives out during a checkpoint is held back until the step's next bundle: for the step that hands
    # out the partitions there is none, and now and then a job would start and read nothing.
    "finish_bundle_before_checkpointing": "true",
    # A sink that waits for its back end holds a checkpoint up; giving up on the job would not bring the back end back.
    "fail_on_checkpointing_errors": "false",
}
"""Options given to a Flink job server unless they are named: measured ones where they are about latency."""


class Engine(msgspec.Struct, frozen=True):
    """Which engine is to take the graph, and how."""

    runner: str
    """Of `RUNNERS`."""
    options: tuple[str, ...] = ()
    """Options of Beam and of the runner, as its command lines have them."""
    detach: bool = False
    """Return when the engine has taken the graph, instead of watching it."""


def run_unbounded(settings: Settings, outputs: Outputs, engine: Engine, say: Callable[[str], None]) -> None:
    """Hand the graph with `outputs` to `engine`, and watch the job until a signal.

    Beside the job, this process copies into the index what the graph does not, and answers a supervisor as every
    service does. At a signal the job lives on in its engine; where its workers live in this process (LOOPBACK, Prism)
    the job server is asked to cancel it, and `detach` is refused. Raises `SettingsError`, and `StoreError` when log or engine are away or
    the job has ended.
    """
    options = beam_options(engine.runner, engine.options)
    here = _named(options)["environment_type"].upper() == "LOOPBACK"
    if here and engine.detach:
        message = "the workers of this job live in this process, which cannot leave them"
        raise SettingsError(message, subject="--detach")
    settings = _from_anywhere(settings)
    topic = wiring.partitioned_items(settings, wiring.reads_as(outputs))
    if engine.detach:
        job, partitions = _submitted(settings, outputs, topic, options, lambda: False)
        say(f"job {job.id} reads {partitions} partitions of {settings.kafka.prefix}.items")
        return
    from wirewatch.running import run_service

    def add(process: Process, station: Station, _: Figures) -> str:
        job, partitions = _submitted(settings, outputs, topic, options, process.stopping.is_set)
        process.thread("engine", lambda: _watch(job, process.stopping.is_set, cancel=here))
        if "index" in outputs and (archiving := station.archiving()) is not None:
            process.thread("archive", lambda: archiving.run(process.stopping))
        return f"watches job {job.id}, which reads {partitions} partitions of {settings.kafka.prefix}.items"

    run_service(settings, "pipeline", add, say, wiring.reads_as(outputs))


def _submitted(
    settings: Settings, outputs: Outputs, topic: KafkaPartitions, options: list[str], stopped: Callable[[], bool]
) -> tuple[Job, int]:
    """The job that the engine has taken, and how many partitions it reads."""
    opened = topic()
    try:
        partitions = tuple(opened.partitions())
    finally:
        opened.close()
    from pipelines.engine import submit
    from pipelines.monitoring import Endless

    endless = Endless(topic, partitions, settings.pipeline.batch_records)
    return submit(wiring.parts(settings, outputs), endless, options, stopped), len(partitions)


def _watch(job: Job, stopped: Callable[[], bool], *, cancel: bool) -> None:
    job.watch(stopped)
    if cancel:
        job.cancel()


def beam_options(runner: str, arguments: Sequence[str]) -> list[str]:
    """`arguments` with what the graph needs and what is not named. Raises `SettingsError` for options that cannot be right."""
    if runner not in RUNNERS:
        message = f"must be one of {', '.join(RUNNERS)}, not {runner}"
        raise SettingsError(message, subject="--runner")
    named = _named(arguments)
    if runner == "PortableRunner" and "job_endpoint" not in named:
        message = "PortableRunner needs the address of a job server: --job_endpoint HOST:PORT"
        raise SettingsError(message, subject="--job_endpoint")
    if runner == "PrismRunner" and not {"prism_location", "job_endpoint"} & set(named):
        message = "PrismRunner needs its program: --prism_location PATH"
        raise SettingsError(message, subject="--prism_location")
    if runner != "PrismRunner" and "environment_type" not in named:
        message = (
            "say how the engine gets its workers: PROCESS, EXTERNAL (a pool: `wirewatch worker --pool`) or LOOPBACK"
        )
        raise SettingsError(message, subject="--environment_type")
    defaults = {"streaming": ""} if "streaming" not in named else {}
    if runner == "PrismRunner":
        defaults["environment_type"] = "LOOPBACK"
    else:
        defaults |= FLINK_DEFAULTS
        defaults["sdk_worker_parallelism"] = named.get("parallelism", FLINK_DEFAULTS["parallelism"])
    if named.get("environment_type", "").upper() == "PROCESS":
        defaults["environment_config"] = json.dumps({"command": worker_executable()})
    added = [f"--{name}={value}" if value else f"--{name}" for name, value in defaults.items() if name not in named]
    return [f"--runner={runner}", *arguments, *added]


def _from_anywhere(settings: Settings) -> Settings:
    """The settings with paths that mean the same in a worker, which has another working folder."""
    lists = tuple(str(Path(path).resolve()) for path in settings.watchlists.paths)
    watched = msgspec.structs.replace(settings.watchlists, paths=lists)
    return msgspec.structs.replace(settings, data=str(settings.folder.resolve()), watchlists=watched)


def worker_executable() -> str:
    """The program an engine starts as a worker: `wirewatch-worker`, installed beside this Python."""
    return str(Path(sys.executable).with_name("wirewatch-worker"))


def _named(arguments: Sequence[str]) -> dict[str, str]:
    """Options by name; both `--name=value` and `--name value` are Beam's."""
    named: dict[str, str] = {}
    last = ""
    for word in arguments:
        if word.startswith("--"):
            last, _, value = word.removeprefix("--").partition("=")
            named[last] = value
        elif last:
            named[last] = named[last] or word
    return named
