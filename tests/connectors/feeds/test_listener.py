from __future__ import annotations

import asyncio
import gzip
import hmac
import time
import zlib
from collections.abc import Sequence
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from connectors.feeds.listener import Limits
from connectors.feeds.polling.restore import restore
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord
from connectors.log.embedded import EmbeddedLog
from schemas import codec
from schemas.errors import StoreError
from schemas.feed import FetchRecord
from schemas.item import FeedItem
from tests.connectors.feeds.desk import until
from tests.connectors.feeds.hub import Told, with_hub
from tests.connectors.feeds.server import item, rss

ONE, TWO = item("1", "one", link="/1"), item("2", "two", link="/2")


async def subscribed(by: Told, *items: str) -> None:
    by.publishes(rss(*(items or (ONE,))))
    await by.subscribed()


def natives(items: Sequence[FeedItem]) -> list[str]:
    return [one.native_id for one in items]


def test_what_a_hub_delivers_is_on_the_log_when_it_is_answered(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        asked = by.hub.asked[0]
        assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", by.feed.feed_url)
        assert asked["hub.callback"].startswith(f"{by.address}/websub/")
        assert (asked["hub.lease_seconds"], len(asked["hub.secret"])) == ("864000", 64)
        assert by.hub.verified == [(200, "c0")]
        assert not by.trusts()
        assert await by.hub.deliver(rss(TWO)) == 200
        assert natives(by.at.items()) == ["1", "2"]
        # The same addresses, hence the same articles, as a poll would have found.
        assert by.at.items()[1].url == by.here.url("/2")
        fetch = by.at.fetches()[-1]
        assert (fetch.pushed, fetch.new, fetch.status, fetch.missed) == (True, 1, "working", 0)
        assert by.trusts()
        assert by.at.poller.subscriptions.counters.deliveries_total == 1

    with_hub(tmp_path, work)


def test_a_delivery_of_this_minute_keeps_its_dates(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        date = format_datetime(by.at.time)
        assert await by.hub.deliver(rss(*(item(str(n), f"News {n}", date=date) for n in range(2, 7)))) == 200
        assert {one.published_at for one in by.at.items()[1:]} == {by.at.time}

    with_hub(tmp_path, work)


def test_only_what_is_new_is_taken_of_a_delivery_and_of_the_poll_after_it(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        whole = rss(TWO, ONE)
        assert [await by.hub.deliver(whole) for _ in range(2)] == [200, 200]
        assert [fetch.new for fetch in by.at.fetches()] == [1, 1, 0]
        by.publishes(whole)
        assert (await by.poll()).new == 0
        assert natives(by.at.items()) == ["1", "2"]
        edited = rss(item("2", "two, edited", link="/2"))
        assert await by.hub.deliver(edited) == 200
        assert [(one.native_id, one.op) for one in by.at.items()][2:] == [("2", "update")]

    with_hub(tmp_path, work)


def test_a_delivery_leaves_validators_health_and_failures_to_polls(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.publishes(rss(ONE))
        by.here.headers["/feed"]["ETag"] = '"1"'
        await by.subscribed()
        before = by.at.states.state(by.feed.feed_url)
        assert before is not None
        assert await by.hub.deliver(rss()) == 200
        assert by.at.fetches()[-1].status == "unchanged"
        assert await by.hub.deliver(rss(TWO)) == 200
        after = by.at.states.state(by.feed.feed_url)
        assert after is not None
        for field in ("etag", "last_modified", "body_hash", "interval", "failures", "last_fetch", "last_ok_at"):
            assert getattr(after, field) == getattr(before, field)
        assert after.last_new_at is not None
        assert before.last_new_at is not None
        assert after.last_new_at > before.last_new_at
        assert (await by.poll()).http_status == 304

    with_hub(tmp_path, work)


def test_a_poll_that_only_checks_on_a_hub_takes_the_rhythm_from_what_was_delivered(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        entries = [item("1", "one", link="/1")]
        for number in range(2, 50):
            by.shift += timedelta(minutes=10)
            entries.insert(0, item(str(number), f"News {number}", link=f"/{number}"))
            assert await by.hub.deliver(rss(entries[0])) == 200
        by.publishes(rss(*entries))
        assert (await by.poll()).new == 0
        after = by.at.states.state(by.feed.feed_url)
        assert after is not None
        assert after.interval < 1_200
        assert after.next_poll_at is not None
        assert abs(after.next_poll_at - by.now() - timedelta(hours=6)) < timedelta(minutes=1)
        assert "its hub delivers" in after.planned_by

    with_hub(tmp_path, work)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_hubs_may_sign_with_any_known_algorithm(tmp_path: Path, algorithm: str) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        assert await by.hub.deliver(rss(TWO), algorithm=algorithm) == 200
        assert natives(by.at.items()) == ["1", "2"]

    with_hub(tmp_path, work)


def test_what_is_not_signed_by_the_hub_is_dropped_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        body = rss(TWO)
        secret = next(iter(by.hub.subscribers.values()))["hub.secret"].encode()
        forged = [
            "", "sha256=" + "0" * 64, "sha256=" + hmac.new(b"guess", body, "sha256").hexdigest(),
            "md5=" + hmac.new(secret, body, "md5").hexdigest(), hmac.new(secret, body, "sha256").hexdigest(),
            "sha256=" + hmac.new(secret, b"another body", "sha256").hexdigest(),
        ]  # fmt: skip
        assert {await by.hub.deliver(body, signature=one) for one in forged} == {202}
        assert natives(by.at.items()) == ["1"]
        assert len(by.at.fetches()) == 1
        assert not by.trusts()
        assert by.at.poller.subscriptions.counters.unsigned_total == len(forged)
        assert [record.message for record in caplog.records if "dropped" in record.message] == [
            "delivery dropped, told once"
        ]

    with_hub(tmp_path, work)


def test_packed_deliveries_are_unpacked_under_the_limit(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        body, bomb = rss(TWO), gzip.compress(b" " * (16 << 20))
        assert await by.hub.deliver(body, sent=gzip.compress(body), encoding="gzip") == 200
        # Some sign what they send.
        other = rss(item("3", "three"))
        assert await by.hub.deliver(gzip.compress(other), encoding="gzip") == 200
        assert (
            await by.hub.deliver(rss(item("4", "")), sent=zlib.compress(rss(item("4", ""))), encoding="deflate") == 200
        )
        assert natives(by.at.items()) == ["1", "2", "3", "4"]
        assert await by.hub.deliver(bomb, encoding="gzip") == 413
        assert await by.hub.deliver(body, encoding="br") == 415
        assert await by.hub.deliver(b"x" * (10 << 20) + b"x") == 413
        assert natives(by.at.items()) == ["1", "2", "3", "4"]

    with_hub(tmp_path, work)


def test_a_body_without_end_is_not_read_further(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        sent = 0

        async def endless() -> object:
            nonlocal sent
            while sent < 64 << 20:
                sent += 1 << 16
                yield b"x" * (1 << 16)

        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(next(iter(by.hub.subscribers)), data=endless()) as response:
                    assert response.status == 413
            except aiohttp.ClientError:
                # The connection was closed under what was still being sent.
                pass
        assert sent < 32 << 20

    with_hub(tmp_path, work)


def test_what_is_no_feed_is_set_aside_and_taken(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        assert await by.hub.deliver(b"<rss><channel><item>") == 200
        assert await by.hub.deliver(b"\x00 garbage") == 200
        assert await by.hub.deliver(b"\x00 garbage") == 200
        assert await by.hub.deliver(b"") == 200
        assert [letter.stage for letter in by.at.letters()] == ["parse", "parse"]
        assert not by.trusts()
        state = by.at.states.state(by.feed.feed_url)
        assert state is not None
        assert (state.failures, state.last_fetch) == (0, by.at.fetches()[0])

    with_hub(tmp_path, work)


def test_nobody_else_is_listened_to(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        unknown = f"{by.address}/websub/nobody"
        assert await by.hub.deliver(rss(TWO), callback=unknown, signature="sha1=0") == 404
        assert await by.hub.call(unknown, mode="subscribe", topic=by.feed.feed_url, challenge="c") == (
            404, "no such callback",
        )  # fmt: skip
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{by.address}/") as response:
                assert response.status == 404
            async with session.put(unknown) as response:
                assert response.status == 405
            callback = next(iter(by.hub.subscribers))
            query = {"hub.mode": "subscribe", "hub.topic": by.feed.feed_url, "hub.challenge": "<script>"}
            async with session.get(callback, params=query) as response:
                assert response.headers["Content-Type"].startswith("text/plain")
                assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert natives(by.at.items()) == ["1"]

    with_hub(tmp_path, work)


def test_who_does_not_get_to_the_point_is_hung_up_on(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        port = urlsplit(by.address).port
        began = time.monotonic()
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        idle[1][1].write(b"POST /websub/x HTTP/1.1\r\nHost: x\r\n")
        beyond, too_many = await asyncio.open_connection("127.0.0.1", port)
        assert await beyond.read() == b""
        assert time.monotonic() - began < 0.4
        for reader, _ in idle:
            assert await reader.read() == b""
        assert 0.4 < time.monotonic() - began < 20
        callback = urlsplit(next(iter(by.hub.subscribers))).path
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {callback} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        for one in (*(one for _, one in idle), too_many, writer):
            one.close()
            await one.wait_closed()
        assert await by.hub.deliver(rss(TWO)) == 200

    limits = Limits(head_seconds=0.5, body_seconds=0.5, connections=4)
    with_hub(tmp_path, work, limits=limits)


def test_only_so_many_deliveries_are_read_at_once(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        callback = urlsplit(next(iter(by.hub.subscribers))).path
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(by.address).port)
        writer.write(f"POST {callback} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".encode())
        await asyncio.sleep(0.1)
        assert await by.hub.deliver(rss(TWO)) == 503
        writer.close()
        await writer.wait_closed()
        await until(lambda: by.at.poller.subscriptions.counters.postponed_total == 1)
        assert await by.hub.deliver(rss(TWO)) == 200

    with_hub(tmp_path, work, limits=Limits(wait_seconds=0.2, deliveries=1))


class Away(EmbeddedLog):
    """A log that can be away."""

    away = False

    def append(self, records: Sequence[NewRecord]) -> None:
        if self.away:
            message = "the log is away"
            raise StoreError(message, subject="log", retryable=True)
        super().append(records)


def test_while_the_log_is_away_hubs_are_asked_to_come_again(tmp_path: Path) -> None:
    log = Away(tmp_path / "log.sqlite3")

    async def work(by: Told) -> None:
        await subscribed(by)
        before = by.at.states.state(by.feed.feed_url)
        log.away = True
        assert await by.hub.deliver(rss(TWO)) == 503
        assert by.at.states.state(by.feed.feed_url) == before
        assert natives(by.at.items()) == ["1"]
        log.away = False
        assert await by.hub.deliver(rss(TWO)) == 200
        assert natives(by.at.items()) == ["1", "2"]

    with_hub(tmp_path, work, log=log)
    log.close()


def test_deliveries_during_a_poll_of_the_same_feed_double_nothing(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        entries = [item(str(number), f"title {number}", link=f"/{number}") for number in range(1, 30)]
        await subscribed(by, entries[0])
        for end in range(2, 30, 3):
            document = rss(*entries[:end])
            by.publishes(document)
            await asyncio.gather(
                by.poll(), by.hub.deliver(document), by.hub.deliver(rss(*entries[end - 1 : end])), by.poll()
            )
        found = natives(by.at.items())
        assert sorted(found, key=int) == [str(number) for number in range(1, 30)]

    with_hub(tmp_path, work)


def test_a_poll_under_way_keeps_what_was_delivered_meanwhile(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        for number in range(2, 22):
            before = by.now()
            await asyncio.gather(by.poll(), by.hub.deliver(rss(item(str(number), "told"))))
            assert by.push.delivered_at is not None
            assert by.push.delivered_at >= before

    with_hub(tmp_path, work)


def test_lost_memory_begins_again_at_the_last_poll_not_at_the_last_delivery(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        await subscribed(by)
        by.shift = timedelta(hours=3)
        assert await by.hub.deliver(rss(TWO)) == 200

    with_hub(tmp_path, work)
    for leftover in tmp_path.glob("feeds.sqlite3*"):
        leftover.unlink()
    log, states = EmbeddedLog(tmp_path / "log.sqlite3"), SqliteFeedStates(tmp_path / "feeds.sqlite3")
    restore(log, states)
    first = codec.decode(log.read("fetches", {}, 1)[0].value, FetchRecord)
    (state,) = states.states()
    assert state.last_ok_at == first.fetched_at
    states.close()
    log.close()
