from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from connectors.feeds.settings import PollerSettings
from connectors.interfaces import NewRecord
from schemas import codec
from schemas.errors import StoreError
from schemas.feed import FeedStatus, FetchRecord
from schemas.health import verdict
from tests.connectors.feeds.desk import Desk, Unwilling, at_desk, desk
from tests.connectors.feeds.server import PATIENT, TRAP, item, outlet, rss


def test_what_is_new_and_what_changed_goes_on_the_log_once(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = rss(item("1", "one", link="/1"), item("2", "two", link="/2"))
        first = await at.poll("/feed")
        assert (first.status, first.entries, first.new, first.updated) == ("working", 2, 2, 0)
        assert first.reason == "2 entries, 2 new, 0 changed"
        same = await at.poll("/feed")
        assert (same.status, same.reason) == ("unchanged", "the same document as last time")
        at.here.documents["/feed"] = rss(item("3", "three"), item("1", "ONE", link="/1"), item("2", "two", link="/2"))
        second = await at.poll("/feed")
        assert (second.new, second.updated) == (1, 1)
        assert [(one.native_id, one.op) for one in at.items()] == [
            ("1", "new"), ("2", "new"), ("3", "new"), ("1", "update"),
        ]  # fmt: skip
        assert at.fetches() == [first, same, second]
        record = at.kept.read("items", {}, 1)[0]
        assert record.key == at.items()[0].article_id
        assert record.headers == {"schema": "item/2", "trace": at.items()[0].trace_id}
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        assert (state.last_fetch, state.last_new_at, state.failures) == (second, at.time, 0)

    at_desk(tmp_path, work)


def test_validators_are_kept_after_a_whole_document_only(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.headers["/feed"] = {"ETag": '"1"', "Last-Modified": "x"}
        at.here.documents["/feed"] = rss(item("1", "one"), item("2", "two"))[:-40]
        cut = await at.poll("/feed")
        assert (cut.status, cut.new) == ("working", 1)
        assert "cut in the middle, only complete entries" in cut.reason
        at.here.documents["/feed"] = rss(item("1", "one"), item("2", "two"))
        whole = await at.poll("/feed")
        assert (whole.new, whole.updated) == (1, 0)
        again = await at.poll("/feed")
        assert (again.status, again.http_status) == ("unchanged", 304)

    at_desk(tmp_path, work)


def test_a_document_that_says_nothing_new_is_unchanged(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        for number, title in enumerate(("<title>Wire</title>", "<title>Wire today</title>")):
            at.here.documents["/feed"] = rss(item("1", "one"), head=title)
            record = await at.poll("/feed")
            assert (record.status, record.new, record.entries) == ("unchanged" if number else "working", 1 - number, 1)
        at.here.documents["/feed"] = rss(item("1", "one"), head=f"{title}<lastBuildDate>today</lastBuildDate>")
        assert (await at.poll("/feed")).reason == "the same document as last time"
        at.here.documents["/feed"] = rss(item("1", "ONE"), head=title)
        record = await at.poll("/feed")
        assert (record.status, record.updated) == ("working", 1)

    at_desk(tmp_path, work)


@pytest.mark.parametrize(
    ("path", "status", "words", "set_aside"),
    [
        ("/page", "html", 'web page titled "Sign in"', 1),
        ("/nothing-inside", "empty", "0 bytes", 0),
        ("/white", "empty", "white space", 0),
        ("/no-entries", "empty", "a feed without entries", 0),
        ("/garbage", "malformed", "neither XML nor JSON", 1),
        ("/cut-early", "malformed", "cut in the middle, before", 1),
        ("/broken-off", "working", "3 entries, 2 new", 1),
        ("/missing", "not-found", "HTTP 404", 0),
        ("/status/410", "gone", "removed for good", 0),
        ("/status/500", "server-error", "HTTP 500", 0),
        ("/status/429?retry=7200", "rate-limited", "7,200 s", 0),
        ("/redirect?to=http://10.0.0.1/x", "blocked-address", "--allow-network 10.0.0.0/8", 0),
        ("/bomb", "too-large", "15 MiB", 0),
        ("/endless", "too-large", "15 MiB", 0),
        ("/zipped", "working", "1 entry, 1 new", 0),
    ],
)
def test_every_state_of_a_feed_is_recorded_in_words(
    tmp_path: Path, path: str, status: str, words: str, set_aside: int
) -> None:
    async def work(at: Desk) -> None:
        at.here.documents |= {
            "/page": b"<!doctype html><html><head><title>Sign in</title></head></html>",
            "/nothing-inside": b"",
            "/white": b"  \n",
            "/no-entries": rss(),
            "/garbage": b"\x00\xff\x1fgarbage " * 900_000,
            "/cut-early": rss(item("1", "one"))[:-60],
            "/good": rss(item("1", "one", link="/1")),
        }
        records = await at.poller.poll_all([at.source(path), at.source("/good")])
        assert records[1].status == "working"
        assert (records[0].status, len(at.letters())) == (status, set_aside)
        assert words in records[0].reason
        assert sorted(at.fetches(), key=str) == sorted(records, key=str)
        for letter in at.letters():
            assert letter.stage == ("entry" if path == "/broken-off" else "parse")
            assert (letter.subject, len(letter.raw)) == (at.here.url(path), min(letter.length, 65536))
            assert letter.position == f"{at.here.url(path)}#{letter.raw_hash}"
        at.time += timedelta(minutes=1)
        again = await at.poll(path)
        assert again.status in {status, "unchanged", "rate-limited"}
        assert len(at.letters()) == set_aside

    at_desk(tmp_path, work)


def test_a_slow_feed_holds_nobody_up(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/good"] = rss(item("1", "one"))
        done: list[tuple[str, float]] = []
        began = time.monotonic()
        records = await at.poller.poll_all(
            [at.source("/drip"), at.source("/never"), at.source("/good")],
            lambda record: done.append((record.feed_url, time.monotonic() - began)),
        )
        assert [record.status for record in records] == ["timeout", "timeout", "working"]
        assert done[0][0].endswith("/good")
        assert done[0][1] < 1.0 < done[-1][1] < 3.5

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, timeout=1.5))


@pytest.mark.slow
def test_a_document_that_hangs_the_parser_is_set_aside(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/trap"] = rss(TRAP)
        at.here.documents["/good"] = rss(item("1", "one"))
        trap, good = await at.poller.poll_all([at.source("/trap"), at.source("/good")])
        assert (trap.status, good.status) == ("malformed", "working")
        assert "given up" in trap.reason
        assert [letter.stage for letter in at.letters()] == ["parse"]

    at_desk(tmp_path, work)


def test_private_addresses_are_refused_without_leave(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/feed"] = rss(item("1", "one"))
        record = await at.poll("/feed")
        assert record.status == "blocked-address"
        assert "--allow-network 127.0.0.0/8" in record.reason
        assert at.here.requests == []

    at_desk(tmp_path, work, PollerSettings())


def test_the_first_document_brings_history(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        fresh, old = (format_datetime(at.time - timedelta(hours=hours)) for hours in (1, 72))
        assert (await at.poll("/feed")).status == "not-found"
        at.here.documents["/feed"] = rss(item("1", date=fresh), item("2", date=old), item("3", "undated"))
        await at.poll("/feed")
        assert [one.history for one in at.items()] == [False, True, True]
        at.here.documents["/feed"] = rss(item("4", "undated too"), item("5", date=old))
        await at.poll("/feed")
        assert [one.history for one in at.items()[3:]] == [False, False]

    at_desk(tmp_path, work)


def test_the_switch_to_item_keys_outlives_the_state_file(tmp_path: Path) -> None:
    async def work(at: Desk) -> str:
        at.here.documents["/feed"] = rss(item("1", "one", link="/home"), item("2", "two", link="/home"))
        record = await at.poll("/feed")
        assert record.keyed_by == "item"
        assert "told apart by id" in record.reason
        assert len({one.article_id for one in at.items()}) == 2
        return at.here.address

    async def lost(before: str) -> None:
        async with outlet() as here, desk(tmp_path, here) as at:
            here.documents["/feed"] = rss(item("3", "three", link="/own"))
            # The server has another port now: the log is told of the switch under the new address.
            switch = FetchRecord(
                feed_url=here.url("/feed"), fetched_at=at.time, status=FeedStatus.WORKING, reason="", keyed_by="item"
            )
            at.kept.append(
                [NewRecord(topic="fetches", key=before, value=codec.encode(switch), headers=codec.headers(switch))]
            )
            assert (await at.poll("/feed")).keyed_by == "item"
            assert at.items()[-1].keyed_by == "item"
            assert {state.feed_url for state in at.states.states()} == {here.url("/feed"), f"{before}/feed"}
            assert at.states.positions("poller") == {0: 2}

    before = at_desk(tmp_path, work)
    for leftover in tmp_path.glob("feeds.sqlite3*"):
        leftover.unlink()
    asyncio.run(lost(before))


def test_nothing_is_remembered_of_what_the_log_did_not_take(tmp_path: Path) -> None:
    async def run() -> None:
        log = Unwilling(retryable=True)
        async with outlet() as here, desk(tmp_path, here, log=log) as at:
            here.documents["/feed"] = rss(item("1", "one"))
            here.headers["/feed"] = {"ETag": '"1"'}
            failed = await at.poll("/feed")
            assert failed.status == "unreachable"
            assert "could not be stored (log: disk full)" in failed.reason
            assert at.states.state(here.url("/feed")) is None
            log.error = None
            record = await at.poll("/feed")
            assert (record.status, record.new) == ("working", 1)
            assert [one.topic for one in log.appended] == ["items", "fetches"]

    asyncio.run(run())


def test_a_log_that_cannot_mend_is_an_error(tmp_path: Path) -> None:
    async def run() -> None:
        async with outlet() as here, desk(tmp_path, here, log=Unwilling(retryable=False)) as at:
            here.documents["/feed"] = rss(item("1", "one"))
            with pytest.raises(StoreError, match="disk full"):
                await at.poller.poll_all([at.source("/feed"), at.source("/other")])

    asyncio.run(run())


def test_a_host_is_asked_one_at_a_time_with_a_pause(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        gate = at.poller._gate
        gate._ours = False
        for number in range(4):
            at.here.documents[f"/{number}"] = rss(item("1", "one"))
        began = time.monotonic()
        await at.poller.poll_all([at.source(f"/{number}") for number in range(4)])
        assert at.here.most_in_flight == 1
        assert time.monotonic() - began >= 0.6

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, host_delay=0.2))


def test_an_allowed_network_knows_no_pause(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        for number in range(10):
            at.here.documents[f"/{number}"] = rss(item("1", "one"))
        await at.poller.poll_all([at.source(f"/{number}") for number in range(10)])
        assert at.here.most_in_flight > 1

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, host_delay=30.0))


def test_a_host_that_asks_for_quiet_gets_it_for_all_its_feeds(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.poller._gate._ours = False
        at.here.documents["/good"] = rss(item("1", "one"))
        await at.poll("/status/429?retry=7200")
        asked = len(at.here.requests)
        record = await at.poll("/good")
        assert record.status == "rate-limited"
        assert record.reason.startswith("not asked")
        assert len(at.here.requests) == asked
        state = at.states.state(at.here.url("/good"))
        assert state is not None
        assert state.next_poll_at is not None
        assert state.next_poll_at >= at.time + timedelta(seconds=7190)

    at_desk(tmp_path, work)


def test_a_feed_that_is_not_asked_has_not_failed(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.poller._gate._ours = False
        at.here.documents["/good"] = rss(item("1", "one"))
        at.here.redirects["/moved"] = (301, "/good")
        await at.poll("/moved")
        at.poller._gate.quiet(at.here.address, 86_400)
        for _ in range(25):
            at.time += timedelta(days=1)
            assert (await at.poll("/moved")).reason.startswith("not asked")
        state = at.states.state(at.here.url("/moved"))
        assert state is not None
        assert (state.failures, state.moved_to, state.moved_seen) == (0, at.here.url("/good"), 1)
        assert not verdict(at.source("/moved"), state).needs_person

    at_desk(tmp_path, work, msgspec.structs.replace(PATIENT, host_delay=0.0))
