"""`wirewatch run`: poller, pipeline, desk and page in one process.

The main thread's event loop owns signals, polling and the page; the pipeline, the desk and the learning of language
profiles have a thread each. The first Ctrl-C cancels fetches, lets the batch end (or abandons it uncommitted) and closes
the page; the second exits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from schemas.errors import StoreError, WirewatchError
from schemas.feed import FINE, FeedStatus, FetchRecord
from wirewatch.hub_addresses import host_and_port
from wirewatch.page import Page
from wirewatch.profiles import LEARN_SECONDS, learn

if TYPE_CHECKING:
    from pipelines.run import MicroBatches
    from wirewatch.settings import Settings
    from wirewatch.station import Station

_STOP_SECONDS = 8.0
_WATCH_SECONDS = 0.1
_OFFLINE = frozenset({FeedStatus.UNREACHABLE, FeedStatus.TIMEOUT})
_NAMED = 5
_log = logging.getLogger(__name__)


def listening_socket(host: str, port: int, remedy: str = "choose another port with --port") -> socket.socket:
    """A socket bound before anything else starts, so that a taken port is one clear line, with its `remedy`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        message = f"cannot listen here ({error.strerror}); {remedy}"
        raise WirewatchError(message, subject=f"{host}:{port}") from error
    return bound


def hub_socket(settings: Settings) -> socket.socket:
    """The socket WebSub hubs are heard on, see `listening_socket`."""
    host, port = host_and_port(settings.feeds.websub_listen)
    return listening_socket(host, port, "set another feeds.websub_listen")


class Process:
    """The threads and tasks of one running station."""

    def __init__(
        self, station: Station, page: socket.socket, announce: Callable[[str], None], hubs: socket.socket | None = None
    ) -> None:
        self._station = station
        self._announce = announce
        self._pipeline: MicroBatches | None = None
        self._failure: BaseException | None = None
        self._polled: dict[str, FeedStatus] = {}
        self._said_offline = False
        self._hubs = hubs
        """Where WebSub hubs deliver; None: they are not used."""
        self._page = Page(station, page, lambda: self._pipeline, self.health)
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._run_pipeline,), name="pipeline"),
            threading.Thread(target=self._guarded, args=(self._run_desk,), name="desk"),
            threading.Thread(target=self._guarded, args=(self._run_learning,), name="profiles"),
        ]

    def run(self) -> None:
        """Until a signal, or until a part fails: then the others are ended and its error is raised."""
        asyncio.run(self._serve())
        if self._failure is not None:
            raise self._failure

    def health(self) -> dict[str, str]:
        """What is not running, by part; empty when all is well."""
        if self._station.stopping.is_set():
            return {"process": "stopping"}
        return {thread.name: "not running" for thread in self._threads if not thread.is_alive()}

    async def _serve(self) -> None:
        station = self._station
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number, stop)
        for thread in self._threads:
            thread.start()
        page = asyncio.create_task(self._page.serve())
        self._announce(f"wirewatch watches {len(station.sources)} feeds; the page is at {self._page.address}")
        polling = asyncio.create_task(station.poller.run(station.feeds, stop, self._fetched))
        tasks = [polling, page]
        if self._hubs is not None:
            from connectors.feeds.listener import Listener

            tasks.append(asyncio.create_task(Listener(station.poller, self._hubs).serve(stop)))
        try:
            await self._watch(stop, *tasks)
        finally:
            started = time.monotonic()
            station.stopping.set()
            stop.set()
            self._page.stop()
            for task in tasks:
                await self._ended(task)
            with suppress(Exception):
                await station.poller.close()
            await asyncio.to_thread(self._join, started + _STOP_SECONDS)

    async def _watch(self, stop: asyncio.Event, *tasks: asyncio.Task[None]) -> None:
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
        self._station.stopping.set()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 the outermost loop of a thread: told by `run`
            self._failure = self._failure or error

    def _run_pipeline(self) -> None:
        self._pipeline = self._station.pipeline()
        _log.info("pipeline ready")
        while not self._station.stopping.is_set():
            self._pipeline.step(self._station.settings.pipeline.batch_seconds)

    def _run_desk(self) -> None:
        self._station.desk.run(self._station.stopping)

    def _run_learning(self) -> None:
        while not self._station.stopping.wait(LEARN_SECONDS):
            try:
                learn(self._station.index, self._station.states)
            except StoreError as error:
                # A hint less for half an hour; what cannot do without the store says so itself.
                _log.warning("language profiles not learned", extra={"reason": str(error)})

    def _fetched(self, fetch: FetchRecord) -> None:
        self._polled[fetch.feed_url] = fetch.status
        level = logging.INFO if fetch.status in FINE else logging.WARNING
        quiet = fetch.status is FeedStatus.UNCHANGED
        _log.log(
            logging.DEBUG if quiet else level,
            "polled",
            extra={"feed": fetch.feed_url, "status": fetch.status.value, "new": fetch.new, "reason": fetch.reason},
        )
        self._say_when_offline()

    def _say_when_offline(self) -> None:
        tried_all = len(self._polled) >= len(self._station.sources)
        if not tried_all or self._said_offline or not _OFFLINE.issuperset(self._polled.values()):
            return
        self._said_offline = True
        named, more = list(self._polled)[:_NAMED], len(self._polled) - _NAMED
        others = f" and {more} more" if more > 0 else ""
        self._announce(f"no feed could be reached: {', '.join(named)}{others}")
        self._announce("is there a network? `make demo` shows wirewatch without one")
