from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.settings import PollerSettings
from connectors.feeds.websub.hubs import addresses
from schemas.feed import FeedState, Push
from tests.connectors.feeds.desk import desk, until
from tests.connectors.feeds.hub import Told, hub, listening, told, with_hub
from tests.connectors.feeds.server import LOOPBACK, PATIENT, item, outlet, rss

ONE, TWO, THREE = item("1", "one"), item("2", "two"), item("3", "three")


@pytest.mark.parametrize("verifies", ["during", "after"])
def test_hubs_may_verify_before_or_after_they_answer(tmp_path: Path, verifies: str) -> None:
    async def work(by: Told) -> None:
        by.hub.verifies = verifies
        by.hub.lease = 7_200
        by.publishes(rss(ONE))
        await by.subscribed()
        assert by.push.lease_until is not None
        assert timedelta(minutes=119) < by.push.lease_until - by.now() < timedelta(hours=2)
        await asyncio.sleep(0.5)
        assert len(by.hub.asked) == 1

    with_hub(tmp_path, work)


def test_a_slow_hub_holds_no_poll_up(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.hub.slow = 3.0
        by.publishes(rss(ONE))
        await by.poll()
        await until(lambda: bool(by.hub.asked))
        by.publishes(rss(TWO, ONE))
        async with asyncio.timeout(2):
            assert (await by.poll()).new == 1

    with_hub(tmp_path, work)


@pytest.mark.parametrize(
    "claims",
    [
        {"topic": "https://elsewhere.example/rss"}, {"mode": "unsubscribe"}, {"challenge": ""},
        {"lease_seconds": "for ever"},
    ],
)  # fmt: skip
def test_a_hub_that_lies_is_not_confirmed_and_asked_again_later(tmp_path: Path, claims: dict[str, str]) -> None:
    async def work(by: Told) -> None:
        by.hub.claims = claims
        by.publishes(rss(ONE))
        await by.poll()
        await until(lambda: len(by.hub.verified) > 1)
        assert {status for status, _ in by.hub.verified} == {404}
        assert by.push.lease_until is None
        by.hub.claims = {}
        await until(lambda: by.push.lease_until is not None)

    with_hub(tmp_path, work)


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (408, True), (400, False), (403, False), (404, False)]
)
def test_a_hub_with_a_fault_is_asked_again_one_that_refuses_tomorrow(tmp_path: Path, status: int, again: bool) -> None:
    async def work(by: Told) -> None:
        by.hub.status, by.hub.text = status, "go away"
        by.publishes(rss(ONE))
        await by.poll()
        await until(lambda: bool(by.push.refused))
        assert by.push.refused == f"the hub refuses the request (HTTP {status}: go away)"
        by.hub.status = 202
        if not again:
            await asyncio.sleep(1.5)
            assert len(by.hub.asked) == 1
            by.shift = timedelta(days=1, seconds=1)
        await until(lambda: by.push.lease_until is not None)
        assert by.push.refused == ""

    with_hub(tmp_path, work)


def test_a_hub_is_asked_when_it_says_and_where_it_sends(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.hub.status, by.hub.headers = 503, {"Retry-After": "600"}
        by.publishes(rss(ONE))
        await by.poll()
        await until(lambda: bool(by.push.refused))
        await asyncio.sleep(1.2)
        assert len(by.hub.asked) == 1
        async with hub() as other:
            by.hub.status, by.hub.headers = 308, {"Location": other.url}
            by.shift = timedelta(seconds=601)
            await until(lambda: by.push.lease_until is not None and bool(other.subscribers))
            assert len(other.asked) == 1
            assert await other.deliver(rss(TWO)) == 200

    with_hub(tmp_path, work)


def test_a_hub_on_a_private_address_is_not_asked(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.publishes(rss(ONE))
        links = f'<http://10.0.0.1/hub>; rel="hub", <{by.feed.feed_url}>; rel="self"'
        by.here.headers["/feed"] = {"Link": links}
        await by.poll()
        await until(lambda: bool(by.push.refused))
        assert "10.0.0.1 belongs to a private network" in by.push.refused
        by.publishes(rss(TWO, ONE))
        assert (await by.poll()).new == 1

    with_hub(tmp_path, work)


def test_a_hub_is_asked_with_tls_first() -> None:
    assert addresses("http://hub.example/a?b=c") == ("https://hub.example/a?b=c", "http://hub.example/a?b=c")
    assert addresses("http://hub.example:80/") == ("https://hub.example/", "http://hub.example:80/")
    assert addresses("https://hub.example/") == ("https://hub.example/",)
    assert addresses("http://hub.example:8080/") == ("http://hub.example:8080/",)


def test_one_hub_gets_one_request_at_a_time(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.hub.slow = 0.05
        sources = [by.at.source(f"/feed{number}") for number in range(8)]
        await by.at.poller.subscriptions.keep(sources)
        for number in range(8):
            by.publishes(rss(ONE), f"/feed{number}")
        await by.at.poller.poll_all(sources)
        await until(lambda: len(by.hub.subscribers) == 8)
        assert by.hub.most_in_flight == 1
        assert len({fields["hub.secret"] for fields in by.hub.asked}) == 8

    with_hub(tmp_path, work)


def test_a_lease_is_renewed_with_the_same_callback_and_secret(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.hub.lease = 1_000
        by.publishes(rss(ONE))
        await by.subscribed()
        first = by.push
        by.shift = timedelta(seconds=790)
        await asyncio.sleep(1.2)
        assert len(by.hub.asked) == 1
        by.shift = timedelta(seconds=805)
        await until(lambda: by.push.lease_until is not None and by.push.lease_until > (first.lease_until or by.now()))
        assert len(by.hub.asked) == 2
        assert (by.push.callback, by.push.secret) == (first.callback, first.secret)

    with_hub(tmp_path, work)


def test_a_lease_that_ended_brings_polling_back(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.hub.lease = 1_000
        by.publishes(rss(ONE))
        await by.subscribed()
        assert await by.hub.deliver(rss(TWO)) == 200
        planned = by.at.states.state(by.feed.feed_url)
        assert planned is not None
        assert planned.next_poll_at == by.push.lease_until
        by.hub.status = 500
        by.shift = timedelta(seconds=1_001)
        by.publishes(rss(TWO, ONE))
        await by.poll()
        after = by.at.states.state(by.feed.feed_url)
        assert after is not None
        assert after.next_poll_at is not None
        assert after.next_poll_at - by.now() < timedelta(minutes=12)
        # A late delivery is as welcome as ever.
        assert await by.hub.deliver(rss(THREE)) == 200

    with_hub(tmp_path, work, settings=msgspec.structs.replace(PATIENT, max_interval=600.0))


def test_short_leases_are_no_subscription(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.hub.lease = 60
        by.publishes(rss(ONE))
        await by.poll()
        await until(lambda: bool(by.hub.subscribers))
        assert by.push.lease_until is None
        assert "60 s only" in by.push.refused
        before = by.at.states.state(by.feed.feed_url)
        assert await by.hub.deliver(rss(TWO)) == 200
        after = by.at.states.state(by.feed.feed_url)
        assert before is not None
        assert after is not None
        assert after.next_poll_at == before.next_poll_at

    with_hub(tmp_path, work)


def test_a_denial_ends_the_trust_at_once(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.publishes(rss(ONE))
        await by.subscribed()
        assert await by.hub.deliver(rss(TWO)) == 200
        moved: list[str] = []
        by.at.poller.subscriptions.sooner = lambda feed_url, _: moved.append(feed_url)
        callback = next(iter(by.hub.subscribers))
        assert (await by.hub.call(callback, mode="denied", topic="https://else.example/"))[0] == 404
        assert await by.hub.call(callback, mode="denied", topic=by.feed.feed_url, reason="no") == (200, "")
        state = by.at.states.state(by.feed.feed_url)
        assert state is not None
        assert (state.push.lease_until, state.push.delivered_at) == (None, None)
        assert state.push.refused == "the hub denies the subscription: no"
        assert state.next_poll_at is not None
        assert state.next_poll_at - by.now() <= timedelta(seconds=state.interval)
        assert moved == [by.feed.feed_url]
        await asyncio.sleep(1.2)
        assert len(by.hub.asked) == 1

    with_hub(tmp_path, work)


def test_each_silence_of_a_hub_halves_the_time_it_is_trusted_for(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        entries = [ONE]
        by.publishes(rss(*entries))
        await by.subscribed()
        waits = []
        for number in range(2, 8):
            entries.append(item(str(number), "told"))
            by.publishes(rss(*entries))
            assert await by.hub.deliver(rss(entries[-1])) == 200
            state = by.at.states.state(by.feed.feed_url)
            assert state is not None
            assert state.last_fetch is not None
            assert state.next_poll_at is not None
            waits.append((state.next_poll_at - state.last_fetch.fetched_at).total_seconds())
            entries.append(item(f"{number}-quiet", "not told"))
            by.publishes(rss(*entries))
            assert (await by.poll()).new == 1
            assert not by.trusts()
        assert waits[:5] == [21_600.0, 10_800.0, 5_400.0, 2_700.0, 1_350.0]

    with_hub(tmp_path, work, settings=msgspec.structs.replace(PATIENT, max_interval=600.0))


def test_a_hub_that_a_poll_overtook_is_not_held_to_have_been_silent(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        entries = [ONE]
        by.publishes(rss(*entries))
        await by.subscribed()
        assert await by.hub.deliver(rss(ONE)) == 200
        for number in range(2, 6):
            entries.append(item(str(number), "told late"))
            by.publishes(rss(*entries))
            assert (await by.poll()).new == 1
            assert not by.trusts()
            assert await by.hub.deliver(rss(entries[-1])) == 200
        assert (await by.poll()).new == 0
        state = by.at.states.state(by.feed.feed_url)
        assert state is not None
        assert state.last_fetch is not None
        assert state.next_poll_at == state.last_fetch.fetched_at + timedelta(hours=6)

    with_hub(tmp_path, work, settings=msgspec.structs.replace(PATIENT, max_interval=600.0))


def test_a_removed_source_is_unsubscribed(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.publishes(rss(ONE))
        await by.subscribed()
        callback = next(iter(by.hub.subscribers))
        await by.at.poller.subscriptions.keep(())
        await until(lambda: not by.hub.subscribers)
        assert by.hub.asked[-1]["hub.mode"] == "unsubscribe"
        assert by.push == Push()
        assert await by.hub.deliver(rss(TWO), callback=callback, signature="sha1=0") == 410
        # Back again, it is subscribed anew.
        await by.at.poller.subscriptions.keep((by.feed,))
        by.publishes(rss(TWO, ONE))
        await by.subscribed()
        assert next(iter(by.hub.subscribers)) != callback
        assert await by.hub.deliver(rss(THREE)) == 200

    with_hub(tmp_path, work)


def test_a_feed_that_moves_to_another_hub_is_subscribed_there(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.publishes(rss(ONE))
        await by.subscribed()
        async with hub() as other:
            first, by.hub = by.hub, other
            by.publishes(rss(TWO, ONE))
            await by.poll()
            assert by.push.hub == first.url
            by.shift = timedelta(days=2)
            by.publishes(rss(THREE, TWO, ONE))
            await by.subscribed()
            assert by.push.hub == other.url
            await until(lambda: not first.subscribers)
            assert await other.deliver(rss(item("4", "four"))) == 200

    with_hub(tmp_path, work)


def test_subscriptions_outlive_the_process_and_follow_its_address(tmp_path: Path) -> None:
    async def run() -> None:
        async with outlet() as here, hub() as hub_:
            async with told(tmp_path, here, hub_) as by:
                by.publishes(rss(ONE))
                await by.subscribed()
                port = int(by.address.rpartition(":")[2])
                callback = by.push.callback
            async with told(tmp_path, here, hub_, bound=listening(port)) as by:
                assert await hub_.deliver(rss(TWO)) == 200
                assert len(hub_.asked) == 1
                # Somebody else may listen at this address one day.
                hub_.subscribers.clear()
            async with told(tmp_path, here, hub_) as by:
                await until(lambda: bool(hub_.subscribers))
                assert by.push.callback != callback
                assert await hub_.deliver(rss(THREE)) == 200
                assert [one.native_id for one in by.at.items()] == ["1", "2", "3"]

    asyncio.run(run())


def test_without_a_public_address_offers_are_kept_and_nobody_is_asked(tmp_path: Path) -> None:
    async def run() -> None:
        async with outlet() as here, hub() as hub_, desk(tmp_path, here) as at:
            links = f'<{hub_.url}>; rel="hub", <{here.url("/feed")}>; rel="self"'
            here.documents["/feed"], here.headers["/feed"] = rss(ONE), {"Link": links}
            trusted = Push(hub="https://old.example", topic="x", callback="c", secret="s", delivered_at=at.time)
            at.states.save(FeedState(feed_url=here.url("/feed"), push=trusted, last_ok_at=at.time), {})
            await at.poll("/feed")
            state = at.states.state(here.url("/feed"))
            assert state is not None
            assert state.push == Push(hub=hub_.url, topic=here.url("/feed"))
            assert hub_.asked == []

    asyncio.run(run())


def test_a_run_keeps_subscriptions_for_its_sources(tmp_path: Path) -> None:
    quick = PollerSettings(allow_networks=LOOPBACK, parsers=1, min_interval=0.2, max_interval=0.3)

    async def work(by: Told) -> None:
        # Until the run has read its sources it is not known whose callbacks there are.
        assert (await by.hub.call(f"{by.address}/websub/x", mode="subscribe", topic="x"))[0] == 503
        by.publishes(rss(ONE))
        stop = asyncio.Event()
        running = asyncio.ensure_future(by.at.poller.run((by.feed,), stop))
        await until(lambda: bool(by.hub.subscribers) and by.push.lease_until is not None)
        by.publishes(rss(TWO, ONE))
        assert await by.hub.deliver(rss(TWO)) == 200
        asked = len(by.here.requests)
        await asyncio.sleep(1.0)
        # One poll may have been under way; then they wait for the hub.
        assert len(by.here.requests) <= asked + 1
        assert len(by.at.items()) == 2
        callback = next(iter(by.hub.subscribers))
        await by.hub.call(callback, mode="denied", topic=by.feed.feed_url)
        by.publishes(rss(THREE, TWO, ONE))
        await until(lambda: len(by.at.items()) == 3)
        stop.set()
        await running

    with_hub(tmp_path, work, settings=quick, kept=False)


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><id>urn:w</id><updated>2026-11-24T10:00:00Z</updated>
<link rel="hub" href="{hub}"/><link rel="self" href="{topic}"/>
<entry><id>urn:1</id><title>one</title><updated>2026-11-24T10:00:00Z</updated></entry></feed>"""
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Wire</title>
<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/><item><guid>1</guid></item></channel></rss>"""
JSON = """{{"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "feed_url": "{topic}",
"hubs": [{{"type": "WebSub", "url": "{hub}"}}], "items": [{{"id": "1", "content_text": "one"}}]}}"""


@pytest.mark.parametrize("document", [ATOM, RSS, JSON], ids=["atom", "rss", "json"])
def test_a_hub_named_in_the_document_is_found(tmp_path: Path, document: str) -> None:
    async def work(by: Told) -> None:
        topic = by.feed.feed_url + "?canonical"
        by.here.documents["/feed"] = document.format(hub=by.hub.url, topic=topic).encode()
        await by.subscribed()
        assert by.hub.asked[0]["hub.topic"] == topic
        assert await by.hub.deliver(rss(TWO)) == 200
        assert len(by.at.items()) == 2

    with_hub(tmp_path, work)
