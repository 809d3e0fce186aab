"""Writing down what polls came to: first on the log, and only when the log has it in the poller's memory."""

from __future__ import annotations

import asyncio

from connectors.feeds.outcome import Outcome
from connectors.interfaces import FeedStates, Log
from schemas.feed import FeedState

_FINISH_SECONDS = 1.5


class Commits:
    """Writes outcomes. Used from one event loop; owns neither log nor states."""

    def __init__(self, log: Log, states: FeedStates) -> None:
        self._log = log
        self._states = states
        self._under_way: set[asyncio.Task[None]] = set()

    async def write(self, result: Outcome, after: FeedState, *, account: bool = True) -> None:
        """Append, then remember. Once begun it is finished, even when the caller is cancelled. Raises `StoreError`.

        Without `account` the record of the poll itself stays unwritten.
        """

        def write() -> None:
            records = result.records()
            self._log.append(records if account else records[:-1])
            self._states.save(after, result.seen)

        commit = asyncio.create_task(asyncio.to_thread(write))
        self._under_way.add(commit)
        commit.add_done_callback(self._under_way.discard)
        await asyncio.shield(commit)

    async def finish(self) -> None:
        """Wait, not long, for what is being written."""
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=_FINISH_SECONDS)
