from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from connectors.feeds.documents.document import ParseReply, ParseRequest
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.documents.worker import why_unsafe
from tests.connectors.feeds.server import TRAP, item, rss

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GOOD = ParseRequest(body=rss(item("1", "one")), now=NOW)
ENDLESS = ParseRequest(body=rss(TRAP), now=NOW)


def pooled(work: Callable[[ParsePool], Awaitable[T]], size: int = 1, **settings: Any) -> T:
    async def run() -> T:
        pool = ParsePool(size, **settings)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def worker_of(pool: ParsePool) -> int:
    (worker,) = pool._idle
    return worker._process.pid


def titles(reply: ParseReply) -> list[str]:
    document, why = reply
    assert document is not None, why
    return [entry.title for entry in document.entries]


def test_documents_side_by_side_get_their_own_replies() -> None:
    async def work(pool: ParsePool) -> list[ParseReply]:
        requests = [ParseRequest(body=rss(item(str(n), f"title {n}")), now=NOW) for n in range(20)]
        return await asyncio.gather(*map(pool.parse, requests))

    assert [titles(reply) for reply in pooled(work, 2)] == [[f"title {n}"] for n in range(20)]


@pytest.mark.slow
def test_a_document_without_end_is_given_up_and_the_next_one_is_parsed() -> None:
    async def work(pool: ParsePool) -> tuple[ParseReply, ParseReply]:
        return await pool.parse(ENDLESS), await pool.parse(GOOD)

    (document, why), after = pooled(work)
    assert document is None
    assert why is not None
    assert "more than 5 s" in why.reason
    assert titles(after) == ["one"]


def test_a_worker_that_does_not_answer_is_killed() -> None:
    async def work(pool: ParsePool) -> tuple[ParseReply, ParseReply]:
        await pool.start()
        os.kill(worker_of(pool), signal.SIGSTOP)
        return await pool.parse(GOOD), await pool.parse(GOOD)

    (document, why), after = pooled(work, kill_seconds=2.0)
    assert document is None
    assert why is not None
    assert "killed after" in why.reason
    assert titles(after) == ["one"]


def test_a_worker_that_dies_is_replaced() -> None:
    async def work(pool: ParsePool) -> tuple[ParseReply, ParseReply]:
        parsing = asyncio.ensure_future(pool.parse(ENDLESS))
        await asyncio.sleep(0.5)
        (worker,) = pool._all
        os.kill(worker._process.pid, signal.SIGKILL)
        return await parsing, await pool.parse(GOOD)

    (document, why), after = pooled(work)
    assert document is None
    assert why is not None
    assert "died" in why.reason
    assert titles(after) == ["one"]


def test_a_cancelled_document_leaves_no_reply_for_the_next() -> None:
    async def work(pool: ParsePool) -> ParseReply:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await pool.parse(ENDLESS)
        return await pool.parse(GOOD)

    assert titles(pooled(work)) == ["one"]


def test_workers_are_replaced_after_their_share() -> None:
    async def work(pool: ParsePool) -> set[int]:
        await pool.start()
        first = worker_of(pool)
        await pool.parse(GOOD)
        same = worker_of(pool)
        await pool.parse(GOOD)
        assert not pool._idle
        await pool.parse(GOOD)
        return {first, same, worker_of(pool)}

    assert len(pooled(work, recycled_after=2)) == 2


def test_closing_in_the_middle_of_a_document_does_not_wait_for_it() -> None:
    async def work(pool: ParsePool) -> float:
        parsing = asyncio.ensure_future(pool.parse(ENDLESS))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await pool.close()
        await parsing
        return time.monotonic() - began

    assert pooled(work) < 2


@pytest.mark.slow
def test_a_worker_ends_with_its_parent_whatever_it_does() -> None:
    parent = """
import asyncio, sys
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.documents.worker import why_unsafe
from tests.connectors.feeds.documents.test_parse_pool import ENDLESS, worker_of

async def main():
    pool = ParsePool(1)
    await pool.start()
    print(worker_of(pool), flush=True)
    await pool.parse(ENDLESS)

asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    time.sleep(0.5)
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 30
    while is_running(worker):
        assert time.monotonic() < deadline, "the worker outlives its parent"
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:  # noqa: PTH123 no path of ours
            return stat.read().split()[2] != "Z"
    except OSError:
        return False


def test_an_expat_without_its_guard_parses_nothing() -> None:
    assert why_unsafe((2, 4, 0)) == why_unsafe((3, 0, 1)) == ""
    assert "expat 2.2.8" in why_unsafe((2, 2, 8))
    assert "2.4.0 or newer" in why_unsafe((2, 2, 8))
