"""Our services of the compose file as processes of this machine: same command, environment, secrets and health check."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.deploy.composition import dotenv, environment_of, loaded
from tests.deploy.container import MOUNTED, Container
from tests.servers.process import free_ports

_HEALTHY_SECONDS = 90.0


class Composition:
    """The compose file over servers that run already, each service in a `Container` of this machine.

    Only what a container would bring of its own is put in the place of what stands in the file: `places` maps hosts and
    mounted folders to those of this machine, `added` are variables more, and each service gets free ports, since here they
    share one network.
    """

    def __init__(self, folder: Path, container: Container, places: Mapping[str, str], added: Mapping[str, str]) -> None:
        self._folder = folder
        self._container = container
        self._services: dict[str, dict[str, Any]] = loaded(dotenv((folder / ".env").read_text()))["services"]
        self._places = {
            **places,
            "/run/secrets/": f"{MOUNTED}/secrets/",
            "/etc/wirewatch/": f"{MOUNTED}/config/",
            "0.0.0.0": "127.0.0.1",
        }
        self._added = added

    def replicas(self, name: str) -> int:
        """How many containers of the service there would be."""
        return int(self._services[name].get("deploy", {}).get("replicas", 1))

    def process(self, name: str, log: Path) -> ComposedProcess:
        """The service, not started yet."""
        service = self._services[name]
        page, figures = free_ports(2)
        ports = {"8410": str(page), "8412": str(figures)}
        health = [self._here(word, ports) for word in service["healthcheck"].get("test", [])]
        return ComposedProcess(
            name, self._wirewatch(*service["command"]), self._environment(name, ports), health, log, page
        )

    def output(self, name: str, *words: str) -> str:
        """What `docker compose exec NAME wirewatch …` prints."""
        done = subprocess.run(
            self._wirewatch(*words),
            env=self._environment(name, {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _wirewatch(self, *words: str) -> list[str]:
        return self._container.words("-m", "wirewatch", *(self._here(word, {}) for word in words))

    def _environment(self, name: str, ports: Mapping[str, str]) -> dict[str, str]:
        own = {key: self._here(value, ports) for key, value in environment_of(self._services[name]).items()}
        if "8410" in ports and "WIREWATCH_PAGE_HOST" in own:
            own["WIREWATCH_PAGE_PORT"] = ports["8410"]
        return {**self._container.environment, **own, **self._added}

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
        log: Path,
        page: int,
    ) -> None:
        self.name = name
        self._environment = environment
        self.page = page
        self._command = command
        self._health = health
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def healthy(self) -> bool:
        """What its own health check says."""
        how, program, *words = self._health
        assert (how, program) == ("CMD", "python"), "the image has no other program to ask with"
        done = subprocess.run(
            [sys.executable, *words], env=self._environment, capture_output=True, check=False, timeout=30
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
