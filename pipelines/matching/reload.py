"""The matcher of the watchlist files as they are now: edits take effect by themselves, broken edits change nothing."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

import pipelines
from connectors.interfaces import WatchlistFile, WatchlistFiles
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.load import load_watchlists
from pipelines.matching.match import Matcher
from pipelines.matching.parts import assembled
from pipelines.matching.recompile import messages
from schemas.errors import Problem, WatchlistError

RETRY_SECONDS = 30.0
"""After which files are loaded again whose compiling process died: of them nothing is known to be wrong."""
OVERTAKEN_SECONDS = 60.0
"""After which a load is given up, once the files have changed again."""
_log = logging.getLogger(__name__)


class _DiedError(WatchlistError):
    """The process that compiles the lists ended without an answer."""


class Watched:
    """The watchlist files with the matcher made of their last good state. Safe from several threads.

    Large lists take seconds to load and compile. A child process does it, and a thread takes the result in, so that
    whoever matches goes on with the matcher they have.
    """

    def __init__(
        self, files: WatchlistFiles, *, retry: float = RETRY_SECONDS, overtaken: float = OVERTAKEN_SECONDS
    ) -> None:
        """Loads the lists, here and now. Raises `WatchlistError`: without one good list there is nothing to keep."""
        self._files = files
        self._lock = threading.Lock()
        self._stamp = files.stamp()
        self._matcher = compile_watchlists(load_watchlists(files.read()))
        self._problems: tuple[Problem, ...] = ()
        self._loading: threading.Thread | None = None
        self._began = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._retry = retry
        self._overtaken = overtaken
        self._again = math.inf

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the files as they are now are not in force; empty when they are."""
        return self._problems

    def current(self) -> Matcher:
        """The matcher of the last good state of the files. Never waits; cheap when nothing changed.

        A change seen here begins to load, and a later call returns its matcher. A broken edit is logged as an error
        once and kept in `problems` until mended.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._matcher

    def settle(self, seconds: float) -> Matcher:
        """`current`, after waiting up to `seconds` for what has changed in the files to be loaded."""
        deadline = time.monotonic() + seconds
        while True:
            self.current()
            loading = self._loading
            if loading is None or not loading.is_alive() or time.monotonic() >= deadline:
                return self._matcher
            loading.join(max(0.0, deadline - time.monotonic()))

    def _look(self) -> None:
        moment = time.monotonic()
        # Taken before the files are read: an edit made meanwhile shows as another stamp next time.
        stamp = self._files.stamp()
        if self._loading is not None and self._loading.is_alive():
            if stamp != self._stamp and moment - self._began > self._overtaken and self._child is not None:
                self._child.kill()
            return
        if stamp == self._stamp and moment < self._again:
            return
        self._stamp, self._began, self._again = stamp, moment, math.inf
        self._loading = threading.Thread(target=self._load, name="watchlists", daemon=True)
        self._loading.start()

    def _load(self) -> None:
        try:
            self._matcher = self._compiled_apart(self._files.read())
        except WatchlistError as error:
            self._problems = error.problems
            if isinstance(error, _DiedError):
                self._again = time.monotonic() + self._retry
            _log.error("watchlists not loaded, the last good ones stay in force", extra={"problems": str(error)})
        else:
            self._problems = ()
            _log.info("watchlists loaded", extra={"lists": len(self._matcher.watchlists)})

    def _compiled_apart(self, files: Sequence[WatchlistFile]) -> Matcher:
        """The matcher of `files`, loaded and compiled by a child process. Raises `WatchlistError`."""
        root = str(Path(pipelines.__file__).parents[1])
        # -P: a folder `schemas` in the user's working folder must not be taken for ours. A session of its own: Ctrl-C in
        # the terminal is the parent's business.
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "pipelines.matching.recompile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))},
            start_new_session=True,
        ) as child:
            self._child = child
            assert child.stdin is not None  # both were asked for as pipes
            assert child.stdout is not None
            try:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.write(msgspec.msgpack.encode(files))
                    child.stdin.close()
                return assembled(messages(child.stdout))
            except (EOFError, OSError, msgspec.DecodeError) as error:
                names = ", ".join(file.name for file in files[:3])
                message = f"the process that compiles the lists died ({type(error).__name__}); is there memory left?"
                raise _DiedError((Problem(names or "watchlists", 1, 1, message),)) from error
            finally:
                self._child = None
                child.kill()


class WatchedFactory(msgspec.Struct, frozen=True):
    """Makes `Watched` of the files that `files` opens; for `pipelines.resources.obtain`, so that a process has one."""

    files: Callable[[], WatchlistFiles]

    def __call__(self) -> Watched:
        """The files, watched."""
        return Watched(self.files())
