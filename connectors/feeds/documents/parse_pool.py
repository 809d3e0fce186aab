"""The pool of parse workers: a document that will not end costs one worker, never the poller."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import msgspec

import connectors
from connectors.feeds.documents.document import ParseReply, ParseRequest, Unreadable, allowance
from connectors.feeds.documents.frames import LENGTH_BYTES, frame, length
from schemas.feed import FeedStatus

KILL_SECONDS = 10.0
RECYCLED_AFTER = 1_000
"""Documents a worker parses before a fresh one takes its place: memory that libraries keep is given back."""

_LARGEST_REPLY = 1 << 30
_END_SECONDS = 1.0

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ParseReply)


class ParsePool:
    """Up to `size` worker processes (0: one a processor, up to four), started by `start` or else when first needed.

    Used from one event loop. `close` ends all workers and never waits long for one.
    """

    def __init__(
        self, size: int = 0, *, kill_seconds: float = KILL_SECONDS, recycled_after: int = RECYCLED_AFTER
    ) -> None:
        self._size = size or max(1, min(4, os.cpu_count() or 1))
        self._kill_seconds = kill_seconds
        self._recycled_after = recycled_after
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._turns = asyncio.Semaphore(self._size)

    async def start(self) -> None:
        """Start one worker, so that its imports are done when the first document arrives."""
        if not self._all:
            self._idle.append(await self._spawn())

    async def parse(self, request: ParseRequest) -> ParseReply:
        """The worker's reply; a worker that does not answer in time, or dies, makes it an `Unreadable`."""
        async with self._turns:
            worker = self._idle.pop() if self._idle else await self._spawn()
            seconds = self._kill_seconds + allowance(request.body)
            try:
                async with asyncio.timeout(seconds):
                    reply = await worker.ask(request)
            except TimeoutError:
                return None, _malformed(f"the parser was killed after {seconds:.0f} s over this document")
            except (OSError, asyncio.IncompleteReadError, msgspec.DecodeError):
                return None, _malformed("the parser died over this document")
            else:
                if worker.documents < self._recycled_after:
                    self._idle.append(worker)
                return reply
            finally:
                if worker not in self._idle:
                    self._all.discard(worker)
                    await asyncio.shield(worker.end())

    async def close(self) -> None:
        """End all workers."""
        workers, self._all = self._all, set()
        self._idle.clear()
        await asyncio.gather(*(worker.end() for worker in workers))

    async def _spawn(self) -> _Worker:
        worker = _Worker(await _start_process())
        self._all.add(worker)
        return worker


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.documents = 0

    async def ask(self, request: ParseRequest) -> ParseReply:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # both were asked for as pipes
        assert stdout is not None
        self.documents += 1
        stdin.write(frame(_encoder.encode(request)))
        await stdin.drain()
        size = length(await stdout.readexactly(LENGTH_BYTES))
        if size > _LARGEST_REPLY:
            message = f"a reply of {size} bytes"
            raise OSError(message)
        reply: ParseReply = _decoder.decode(await stdout.readexactly(size))
        return reply

    async def end(self) -> None:
        """Kill the process: it holds nothing that could be lost."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()


async def _start_process() -> asyncio.subprocess.Process:
    root = str(Path(connectors.__file__).parents[1])
    # -P: a folder `schemas` in the user's working folder must not be taken for ours. A session of its own: Ctrl-C in
    # the terminal is the parent's business.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "connectors.feeds.documents.worker",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))},
        start_new_session=True, limit=1 << 20,
    )  # fmt: skip


def _malformed(reason: str) -> Unreadable:
    return Unreadable(status=FeedStatus.MALFORMED, reason=reason)
