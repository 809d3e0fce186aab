from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.errors import StoreError
from schemas.feed import FINE
from schemas.item import FeedItem
from tests.connectors.feeds.desk import until
from tests.connectors.feeds.hub import Hub, Told, hub, listening, told, with_hub
from tests.connectors.feeds.server import PATIENT, Outlet, item, outlet, rss

ROOT = Path(__file__).parents[3]


def entry(number: int) -> str:
    return item(str(number), f"title {number}", link=f"/{number}")


def test_a_hub_that_dies_is_found_out_and_every_item_arrives(tmp_path: Path) -> None:
    quick = msgspec.structs.replace(PATIENT, min_interval=0.2, max_interval=0.3)

    async def work(by: Told) -> None:
        entries = [entry(0)]
        by.publishes(rss(*entries))
        stop = asyncio.Event()
        running = asyncio.ensure_future(by.at.poller.run((by.feed,), stop))
        await until(lambda: bool(by.hub.subscribers))
        for number in range(1, 6):
            entries.append(entry(number))
            by.publishes(rss(*entries))
            assert await by.hub.deliver(rss(entries[-1])) == 200
        assert by.trusts()
        await asyncio.sleep(0.5)
        trusting = len(by.here.requests)
        # From here on the hub is dead, and the outlet goes on.
        for number in range(6, 12):
            entries.append(entry(number))
            by.publishes(rss(*entries))
            await asyncio.sleep(0.05)
        await until(partial(by.at.has, 12))
        assert not by.trusts()
        assert len(by.here.requests) == trusting + 1
        # And the rhythm is that of before.
        for number in range(12, 15):
            entries.append(entry(number))
            by.publishes(rss(*entries))
            async with asyncio.timeout(1):
                await until(partial(by.at.has, number + 1))
        # Alive again, it is trusted again, for half as long.
        entries.append(entry(15))
        by.publishes(rss(*entries))
        await by.hub.deliver(rss(entry(15)))
        assert by.trusts()
        stop.set()
        await running
        assert Counter(one.native_id for one in by.at.items()) == Counter(map(str, range(16)))

    with_hub(tmp_path, work, settings=quick, terms={"backup": 2.0}, kept=False)


class Unsteady(EmbeddedLog):
    """A log that is away for the next few writes."""

    failures = 0

    def append(self, records: Sequence[NewRecord]) -> None:
        if self.failures:
            self.failures -= 1
            message = "away"
            raise StoreError(message, subject="log", retryable=True)
        super().append(records)


STEPS = ("poll", "deliver", "newest", "replay", "forged", "empty", "away", "expire", "denied")
BATCHES = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.sampled_from(STEPS), min_size=1, max_size=4)), min_size=1, max_size=6
)


class Story:
    """One feed of which a random story is told; `owed` is what somebody was told is safe."""

    def __init__(self, by: Told, log: Unsteady, path: str) -> None:
        self.by = by
        self.log = log
        self.path = path
        self.by.feed = by.at.source(path)
        self.numbers = 1
        self.old = rss(entry(1))
        self.owed = {"1"}

    def document(self) -> bytes:
        # The outlet shows its last five: what scrolls off unseen is nobody's promise.
        return rss(*map(entry, range(max(1, self.numbers - 4), self.numbers + 1)))

    def shown(self) -> set[str]:
        return {str(number) for number in range(max(1, self.numbers - 4), self.numbers + 1)}

    async def begin(self) -> None:
        self.by.hub.subscribers.clear()
        self.by.publishes(self.document(), self.path)
        await self.by.at.poller.subscriptions.keep((self.by.feed,))
        await self.by.subscribed()

    async def step(self, name: str) -> None:
        shown = self.shown()
        if name == "poll":
            record = await self.by.poll()
            self.owed |= shown if record.status in FINE else set()
        elif name == "away":
            self.log.failures = 1
        elif name == "expire":
            self.by.shift += timedelta(hours=7)
        elif name == "denied":
            callback = next(iter(self.by.hub.subscribers))
            await self.by.hub.call(callback, mode="denied", topic=self.by.feed.feed_url)
        else:
            bodies = {
                "deliver": self.document(),
                "newest": rss(entry(self.numbers)),
                "replay": self.old,
                "empty": rss(),
            }
            signature = "sha256=00" if name == "forged" else None
            status = await self.by.hub.deliver(bodies.get(name, self.document()), signature=signature)
            assert status == 202 if name == "forged" else status in {200, 503}
            if status == 200 and name in {"deliver", "newest"}:
                self.owed |= shown if name == "deliver" else {str(self.numbers)}

    async def end(self) -> None:
        self.log.failures = 0
        await self.step("poll")
        ours = [one for one in self.by.at.items() if one.feed_url == self.by.feed.feed_url]
        counted = Counter(one.native_id for one in ours)
        assert self.owed <= counted.keys()
        assert set(counted.values()) == {1}
        assert {one.op for one in ours} == {"new"}


@pytest.mark.slow
def test_whatever_happens_in_whatever_order_nothing_promised_is_lost_or_doubled(tmp_path: Path) -> None:
    log = Unsteady(tmp_path / "log.sqlite3")
    stories = iter(range(1_000_000))

    @asynccontextmanager
    async def opened() -> AsyncIterator[Told]:
        async with outlet() as here, hub() as hub_, told(tmp_path, here, hub_, log=log, terms={"retry": 3600.0}) as by:
            yield by

    with asyncio.Runner() as runner:
        context = opened()
        by = runner.run(context.__aenter__())

        @settings(max_examples=60, deadline=None)
        @given(BATCHES)
        def tell(batches: list[tuple[int, list[str]]]) -> None:
            async def story() -> None:
                one = Story(by, log, f"/story{next(stories)}")
                await one.begin()
                for published, steps in batches:
                    one.numbers += published
                    by.publishes(one.document(), one.path)
                    await asyncio.gather(*map(one.step, steps))
                await one.end()

            runner.run(story())

        try:
            tell()
        finally:
            runner.run(context.__aexit__(None, None, None))
            log.close()


@asynccontextmanager
async def listener(folder: Path, port: int, feed_url: str, point: str) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.connectors.feeds.killed_listener",
        str(folder),
        str(port),
        feed_url,
        point,
        cwd=ROOT,
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def retried(hub_: Hub, body: bytes) -> int:
    """As a hub does: until it is taken, or the subscriber is gone for good."""
    for _ in range(200):
        try:
            if (status := await hub_.deliver(body)) == 200:
                return status
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
    return 0


@pytest.mark.slow
@pytest.mark.parametrize("point", ["appended", "saved"])
def test_killed_before_the_answer_a_delivery_comes_again_and_doubles_nothing(tmp_path: Path, point: str) -> None:
    def natives() -> list[tuple[str, str]]:
        log = EmbeddedLog(tmp_path / "log.sqlite3", read_only=True)
        records = log.read("items", {}, 1_000)
        log.close()
        items = [codec.decode(one.value, FeedItem, one.headers) for one in records]
        return [(one.native_id, one.item_id) for one in items]

    async def work(here: Outlet, hub_: Hub) -> None:
        with listening() as bound:
            port = int(bound.getsockname()[1])
        feed_url = here.url("/feed")
        here.documents["/feed"] = rss(entry(1))
        here.headers["/feed"] = {"Link": f'<{hub_.url}>; rel="hub", <{feed_url}>; rel="self"'}
        async with listener(tmp_path, port, feed_url, point) as child:
            await until(lambda: bool(hub_.subscribers))
            with pytest.raises(aiohttp.ClientError):
                await hub_.deliver(rss(entry(2)))
            assert await child.wait() == -9
        async with listener(tmp_path, port, feed_url, "none"):
            assert await retried(hub_, rss(entry(2))) == 200
        found = natives()
        assert {native for native, _ in found} == {"1", "2"}
        assert len(set(found)) == 2
        assert len(found) == 2
        states = SqliteFeedStates(tmp_path / "feeds.sqlite3", read_only=True)
        state = states.state(feed_url)
        states.close()
        assert state is not None
        assert state.push.delivered_at is not None

    async def run() -> None:
        async with outlet() as here, hub() as hub_:
            await work(here, hub_)

    asyncio.run(run())
