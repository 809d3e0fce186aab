"""A Flink session cluster with Beam's job server for tests: job manager, task manager, job server."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.servers.java import java_home
from tests.servers.maven import resolved
from tests.servers.process import ServerProcess, absent, free_ports, listening

_JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_JOB_SERVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"
_OPENED = (
    *(f"java.{name}" for name in ("lang", "util", "nio", "net", "io", "text", "time", "lang.invoke")),
    *(f"java.util.concurrent{name}" for name in ("", ".atomic", ".locks")),
    "sun.nio.ch",
)
"""Packages that Flink reaches into."""
_DEADLINE = 240.0


class Flink:
    """A running cluster. Jobs are handed to `endpoint`; everything else goes over its REST interface."""

    def __init__(self, folder: Path, home: Path, jars: Path) -> None:
        self.folder = folder
        rpc, rest, self._jobs, artifacts, expansion = free_ports(5)
        self.endpoint = f"127.0.0.1:{self._jobs}"
        self._rest = f"http://127.0.0.1:{rest}"
        self.worker = folder / "worker"
        """What the cluster starts as a Python worker: this Python and this code, the working folder of the tests."""
        (folder / "flink-conf.yaml").write_text(_configuration(folder, rpc, rest))
        java = [
            str(home / "bin" / "java"),
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=384m",
            *("-cp", f"{jars}/*"),
        ]
        self.job_manager = ServerProcess(
            "Flink's job manager",
            [*java, "-Xmx384m", _JOB_MANAGER, "--configDir", str(folder), "--executionMode", "cluster"],
            lambda: listening(rest),
            folder / "job_manager.log",
        )
        self.task_manager = ServerProcess(
            "Flink's task manager",
            [*java, "-Xmx640m", _TASK_MANAGER, "--configDir", str(folder)],
            lambda: "Successful registration at resource manager" in self.task_manager.said(),
            folder / "task_manager.log",
        )
        places = {
            "job-host": "127.0.0.1",
            "job-port": self._jobs,
            "artifact-port": artifacts,
            "expansion-port": expansion,
            "artifacts-dir": folder / "artifacts",
            "flink-master": f"127.0.0.1:{rest}",
            "flink-conf-dir": folder,
        }
        self._job_server = ServerProcess(
            "Beam's job server for Flink",
            [*java, "-Xmx512m", _JOB_SERVER, *(f"--{name}={value}" for name, value in places.items())],
            lambda: listening(self._jobs),
            folder / "job_server.log",
        )

    def start(self) -> None:
        """All three, side by side as far as they can be."""
        self.job_manager.start()
        self.task_manager.start()
        self._job_server.start()

    def stop(self) -> None:
        """End all three, and the workers with the task manager."""
        for process in (self._job_server, self.task_manager, self.job_manager):
            process.kill()

    def ask(self, path: str, method: str = "GET", body: object = None) -> Any:
        """What the job manager answers."""
        request = urllib.request.Request(
            self._rest + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response) if response.length != 0 else None

    def states(self) -> dict[str, str]:
        """The state of each job by its id."""
        return {one["id"]: one["status"] for one in self.ask("/jobs")["jobs"]}

    def cancel(self, job: str) -> None:
        """End a job, keeping nothing."""
        self.ask(f"/jobs/{job}?mode=cancel", "PATCH")
        self._until(lambda: self.states()[job] == "CANCELED", f"job {job} cancelled")

    def cancel_all(self) -> None:
        """End what has not ended."""
        for job, state in self.states().items():
            if state not in {"CANCELED", "FINISHED", "FAILED"}:
                self.cancel(job)

    def stop_with_savepoint(self, job: str) -> str:
        """End a job where it stands; where the savepoint lies."""
        asked = self.ask(f"/jobs/{job}/stop", "POST", {"drain": False})["request-id"]
        done: dict[str, Any] = {}

        def completed() -> bool:
            done.update(self.ask(f"/jobs/{job}/savepoints/{asked}"))
            return bool(done["status"]["id"] == "COMPLETED")

        self._until(completed, f"savepoint of {job}")
        assert "location" in done["operation"], done
        return str(done["operation"]["location"])

    def workers(self) -> list[int]:
        """The Python workers that the task manager started."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # The parent stands second behind the program's name, which is in parentheses and may hold anything.
                if stat.read_text().rpartition(")")[2].split()[1] == str(self.task_manager.pid):
                    found.append(int(stat.parent.name))
        return found

    def kill_task_manager(self) -> None:
        """And start another, as whatever looks after a cluster does."""
        self.task_manager.kill_alone()
        self.task_manager.start()

    def _until(self, condition: Any, what: str) -> None:
        end = time.monotonic() + _DEADLINE
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"not in time: {what}\n{self.job_manager.said()[-3000:]}")
            time.sleep(0.2)


def start_flink(folder: Path, worker: str) -> Flink:
    """A cluster that keeps its data in `folder` and starts workers with the shell line `worker`.

    Skips or fails the test where there cannot be one.
    """
    home = java_home(17, 17)
    if home is None:
        absent("Flink", "no Java 17 (newer ones are refused by this Flink)")
    try:
        jars = resolved("flink")
    except OSError as error:
        absent("Flink", str(error))
    flink = Flink(folder, home, jars)
    flink.worker.write_text(f"#!/bin/sh\n{worker}\n")
    flink.worker.chmod(0o755)
    try:
        flink.start()
    except BaseException:
        flink.stop()
        raise
    return flink


def _configuration(folder: Path, rpc: int, rest: int) -> str:
    return f"""\
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: {rpc}
jobmanager.bind-host: 127.0.0.1
jobmanager.memory.process.size: 1000m
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: {rest}
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: 4
taskmanager.cpu.cores: 2
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 128m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 128m
taskmanager.memory.jvm-overhead.max: 128m
taskmanager.memory.task.heap.size: 400m
taskmanager.memory.task.off-heap.size: 0m
taskmanager.memory.managed.size: 32m
taskmanager.memory.network.min: 32m
taskmanager.memory.network.max: 32m
heartbeat.interval: 1000
heartbeat.timeout: 30000
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 2147483647
restart-strategy.fixed-delay.delay: 1s
state.checkpoints.dir: {(folder / "checkpoints").as_uri()}
state.savepoints.dir: {(folder / "savepoints").as_uri()}
classloader.resolve-order: parent-first
io.tmp.dirs: {folder / "tmp"}
web.tmpdir: {folder / "web"}
"""
