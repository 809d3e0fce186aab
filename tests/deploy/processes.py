"""Our services of the compose file as processes of this machine: same command, environment, secrets and health check."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.deploy import dockerfile
from tests.deploy.composition import ROOT, dotenv, environment_of, loaded
from tests.servers.process import free_ports

_HEALTHY_SECONDS = 60.0


class Composition:
    """The compose file over servers that run already.

    Only what a container would bring of its own is put in the place of what stands in the file: `places` maps hosts and
    mounted folders to those of this machine, `added` are variables more, and each service gets free ports, since here they
    share one network.
    """

    def __init__(self, folder: Path, data: Path, places: Mapping[str, str], added: Mapping[str, str]) -> None:
        self._folder = folder
        self._services: dict[str, dict[str, Any]] = loaded(dotenv((folder / ".env").read_text()))["services"]
        self._places = {
            **places,
            "/run/secrets/": f"{folder}/secrets/",
            "/etc/wirewatch/": f"{folder}/config/",
            "0.0.0.0": "127.0.0.1",
        }
        self._added = {**added, "WIREWATCH_DATA": str(data)}

    def replicas(self, name: str) -> int:
        """How many containers of the service there would be."""
        return int(self._services[name].get("deploy", {}).get("replicas", 1))

    def process(self, name: str, log: Path) -> ComposedProcess:
        """The service, not started yet."""
        service = self._services[name]
        page, figures = free_ports(2)
        ports = {"8410": str(page), "8412": str(figures)}
        image = {**dockerfile.environment(), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        own = {key: self._here(value, ports) for key, value in environment_of(service).items()}
        if own.get("WIREWATCH_PAGE_HOST"):
            own["WIREWATCH_PAGE_PORT"] = str(page)
        command = [sys.executable, "-W", "error::ResourceWarning", "-m", "wirewatch"]
        command += [self._here(word, {}) for word in service["command"]]
        health = [self._here(word, ports) for word in service["healthcheck"].get("test", [])]
        return ComposedProcess(
            name, command, {**image, **own, **self._added}, health, self._folder / "config", log, page
        )

    def secret(self, name: str) -> str:
        """What the secret holds."""
        return (self._folder / "secrets" / name).read_text()

    def _here(self, text: str, ports: Mapping[str, str]) -> str:
        for inside, here in {**self._places, **ports}.items():
            text = text.replace(inside, here)
        return text


class ComposedProcess:
    """One container's process. What it says is in its log."""

    def __init__(  # noqa: PLR0917 what a process is made of
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        health: list[str],
        folder: Path,
        log: Path,
        page: int,
    ) -> None:
        self.name = name
        self.environment = environment
        self.page = page
        self._command = command
        self._health = health
        self._folder = folder
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self.environment, cwd=self._folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def healthy(self) -> bool:
        """What its own health check says."""
        how, program, *words = self._health
        assert (how, program) == ("CMD", "python"), "the image has no other program to ask with"
        done = subprocess.run(
            [sys.executable, *words], env=self.environment, capture_output=True, check=False, timeout=30
        )
        return done.returncode == 0

    def wait_until_healthy(self) -> None:
        assert self._process is not None
        wait_until(lambda: self.healthy() or self._process is None or self._process.poll() is not None, self.tell)
        assert self._process.poll() is None, self.tell()

    def ended(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._process is not None
        return self._process.wait(seconds)

    def terminate(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def tell(self) -> str:
        return f"{self.name}:\n{self.said()[-3000:]}"


def wait_until(holds: Callable[[], object], told: Callable[[], str], seconds: float = _HEALTHY_SECONDS) -> None:
    """Wait for `holds`; fails with what `told` says."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {seconds:g} s; {told()}"
        time.sleep(0.2)
