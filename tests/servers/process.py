"""One server process of a test run: started, waited for, stopped again; its output in a file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_BOOT_SECONDS = 240.0
_STOP_SECONDS = 30.0


def absent(server: str, lacking: str) -> NoReturn:
    """Skip the test because `server` cannot be started here, or fail it on CI, where nothing may be missing."""
    message = f"{server} cannot be started here: {lacking}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class ServerProcess:
    """A server that can be stopped, killed, frozen and started again with what it has on disk."""

    def __init__(  # noqa: PLR0917 what a process is made of
        self,
        name: str,
        command: Sequence[str],
        ready: Callable[[], bool],
        output: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._ready = ready
        self._output = output
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready; fails the test with the end of its output when it does not come up."""
        with self._output.open("ab") as output:
            # A session of its own, so that the children of a launcher are stopped with it.
            self._process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )
        end = time.monotonic() + _BOOT_SECONDS
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                pytest.fail(f"{self.name} did not come up:\n{self.said()[-3000:]}")
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    def said(self) -> str:
        """Its output so far."""
        return self._output.read_text("utf-8", "replace")

    def stop(self) -> None:
        """Ask it to end, and kill it when it does not within half a minute."""
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it at once, with its children."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def kill_alone(self) -> None:
        """End it at once; its children are left to notice by themselves."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop its clock: it stays connected and answers nothing, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
