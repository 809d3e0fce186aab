"""The services of one size as processes: started by their commands, asked how they are, stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from tests.end_to_end.cases import Size, until
from tests.servers.process import free_ports

SERVICES = {
    "poll": ("poll",),
    "hits": ("pipeline", "--outputs", "hits"),
    "index": ("pipeline", "--outputs", "index"),
    "desk": ("desk",),
    "serve": ("serve",),
}


class Services:
    """The running services of a size, and where each answers."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str) -> None:
        setting = "WIREWATCH_PAGE_PORT" if name == "serve" else "WIREWATCH_SERVICE_PORT"
        self.running[name] = self.size.start(*SERVICES[name], **{setting: str(self.ports[name])})

    def ask(self, name: str, path: str) -> Any:
        with self.opened(name, path) as answer:
            text = answer.read().decode()
        return text if path == "/metrics" else json.loads(text)

    def opened(self, name: str, path: str) -> Any:
        """The answer, still to be read."""
        return urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}{path}", timeout=30)

    def is_ready(self, name: str) -> bool:
        assert self.running[name].poll() is None, f"{name} has ended"
        try:
            return bool(self.ask(name, "/readyz")["ok"])
        except OSError:
            return False

    def stop(self) -> dict[str, tuple[int, float]]:
        """Ask all to end; the exit code of each and how long it took."""
        began = time.monotonic()
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        return {name: (process.wait(30), time.monotonic() - began) for name, process in self.running.items()}


@contextmanager
def started(size: Size) -> Iterator[Services]:
    services = Services(size)
    with ExitStack() as stack:
        for name in SERVICES:
            services.start(name)
            stack.callback(end, services.running[name])
        for name in SERVICES:
            until(partial(services.is_ready, name), 90)
        yield services


def end(process: subprocess.Popen[str]) -> None:
    """Kill it, and let go of its output."""
    process.kill()
    process.communicate()
