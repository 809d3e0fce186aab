"""The shell of a running process: its threads and tasks, what a signal does to them, and how they end in time.

The main thread's event loop owns signals and tasks (polling, page, hubs); what blocks (pipeline, desk) has a thread each.
The first Ctrl-C or SIGTERM lets each end what it has in hand, or abandons it uncommitted; a second Ctrl-C exits at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress

_STOP_SECONDS = 8.0
_EXIT_SECONDS = 9.0
"""Supervisors kill after 10."""
_WATCH_SECONDS = 0.1
_log = logging.getLogger(__name__)

Work = Callable[[], None]
"""What a thread does; returns soon after `stopping` is set."""
Task = Callable[[asyncio.Event], Coroutine[None, None, None]]
"""What the event loop does; ends soon after the event is set."""


class Process:
    """Threads and tasks that begin and end together. Add them, then `run`; `stopping` is set once it is to end."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self._threads: list[threading.Thread] = []
        self._tasks: list[Task] = []
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._failure: BaseException | None = None

    def thread(self, name: str, work: Work) -> None:
        """Have `work` done in a thread; its end is that of the process, its error what `run` raises."""
        self._threads.append(threading.Thread(target=self._guarded, args=(work,), name=name))

    def task(self, task: Task) -> None:
        """Have `task` done on the event loop, as `thread` does in a thread."""
        self._tasks.append(task)

    def closing(self, close: Callable[[], Awaitable[None]]) -> None:
        """Await `close` when all tasks have ended."""
        self._closing.append(close)

    def run(self, started: Work = lambda: None) -> None:
        """Until a signal, or until a part fails: then the others are ended and its error is raised.

        `started` is called once when all have begun.
        """
        asyncio.run(self._serve(started))
        if self._failure is not None:
            raise self._failure

    def health(self) -> dict[str, str]:
        """What is not running, by part; empty when all is well."""
        if self.stopping.is_set():
            return {"process": "stopping"}
        return {thread.name: "not running" for thread in self._threads if not thread.is_alive()}

    async def _serve(self, started: Work) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number, stop)
        for thread in self._threads:
            thread.start()
        tasks = [asyncio.create_task(task(stop)) for task in self._tasks]
        started()
        try:
            await self._watch(stop, tasks)
        finally:
            began = time.monotonic()
            self._exit_in_time()
            self.stopping.set()
            stop.set()
            for task in tasks:
                await self._ended(task)
            for close in self._closing:
                with suppress(Exception):
                    await close()
            await asyncio.to_thread(self._join, began + _STOP_SECONDS)

    async def _watch(self, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
        """Until asked to stop, or until a task or thread has ended."""
        while self._failure is None and not any(task.done() for task in tasks):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _WATCH_SECONDS)
                return

    async def _ended(self, task: asyncio.Task[None]) -> None:
        try:
            await asyncio.wait_for(task, _STOP_SECONDS / 2)
        except TimeoutError:
            _log.warning("a part did not end in time and was cancelled")
        except Exception as error:  # noqa: BLE001 told by `run` once the others have ended
            self._failure = self._failure or error

    def _join(self, deadline: float) -> None:
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                # Its batch is uncommitted and will run again; what it holds open, the system closes.
                _log.warning("abandoned uncommitted", extra={"part": thread.name})
                self._exit()

    def _exit_in_time(self) -> None:
        """Not to wait for what no part waits for any more: a question of the page, a client that is to be closed.

        Python joins the threads that put such questions, and a server that is away is waited for as long as it may take.
        """
        timer = threading.Timer(_EXIT_SECONDS, self._exit)
        timer.daemon = True
        timer.start()

    def _exit(self) -> None:
        if self._failure is not None:
            _log.error("failed", extra={"reason": str(self._failure)})
        os._exit(1 if self._failure else 0)

    def _on_signal(self, number: int, stop: asyncio.Event) -> None:
        if stop.is_set():
            # A second Ctrl-C is impatience; a second SIGTERM is make or a supervisor saying the same twice.
            if number == signal.SIGINT:
                os._exit(130)
            return
        _log.info("stopping; once more to exit at once")
        stop.set()
        self.stopping.set()

    def _guarded(self, work: Work) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 the outermost loop of a thread: told by `run`
            self._failure = self._failure or error
