from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from connectors.feeds.fetching.moves import fits, polled, probe
from connectors.feeds.fetching.validators import FULL_AFTER
from schemas.feed import FeedState, FeedStatus, FetchRecord
from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.server import item, rss

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def moved(at: Desk, *codes: int, to: str = "/new") -> str:
    """A path that redirects with each of `codes` in turn, the last time to `to`."""
    for code in reversed(codes):
        to = f"/redirect?code={code}&to={quote(to, safe='')}"
    return to


def state_of(at: Desk, path: str) -> FeedState:
    state = at.states.state(at.here.url(path))
    assert state is not None
    return state


def asked(at: Desk) -> list[str]:
    paths = [request.path for request in at.here.requests]
    at.here.requests.clear()
    return paths


@pytest.mark.parametrize("codes", [(301,), (308,), (301, 308)])
def test_a_feed_that_moved_for_good_is_polled_there_after_three_sightings(
    tmp_path: Path, codes: tuple[int, ...]
) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/new"] = rss(item("1", "one"))
        path = moved(at, *codes)
        for seen in (1, 2, 3):
            record = await at.poll(path)
            assert record.moved_to == at.here.url("/new")
            assert f"seen {seen} of 3 times" in record.reason
        at.here.documents["/new"] = rss(item("1", "one"), item("2", "two"))
        asked(at)
        record = await at.poll(path)
        assert (record.status, record.new, record.final_url) == ("working", 1, at.here.url("/new"))
        assert asked(at) == ["/new"]
        # Whatever moved, the feed and its items are those of the listed address.
        assert {one.feed_url for one in at.items()} == {at.here.url(path)}
        assert record.feed_url == at.here.url(path)

    at_desk(tmp_path, work)


@pytest.mark.parametrize("codes", [(302,), (303,), (307,), (301, 302), (302, 301)])
def test_a_redirect_for_today_moves_nothing(tmp_path: Path, codes: tuple[int, ...]) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/new"] = rss(item("1", "one"))
        path = moved(at, *codes)
        for _ in range(4):
            record = await at.poll(path)
            assert (record.moved_to, polled(state_of(at, path))) == ("", at.here.url(path))

    at_desk(tmp_path, work)


def test_another_target_begins_anew(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents |= {"/new": rss(item("1", "one")), "/newer": rss(item("1", "one"))}
        at.here.redirects["/feed"] = (301, "/new")
        await at.poll("/feed")
        await at.poll("/feed")
        at.here.redirects["/feed"] = (301, "/newer")
        await at.poll("/feed")
        state = state_of(at, "/feed")
        assert (state.moved_to, state.moved_seen) == (at.here.url("/newer"), 1)
        del at.here.redirects["/feed"]
        at.here.documents["/feed"] = rss(item("1", "one"))
        await at.poll("/feed")
        assert (state_of(at, "/feed").moved_to, state_of(at, "/feed").moved_seen) == ("", 0)

    at_desk(tmp_path, work)


def test_a_failed_poll_between_two_sightings_proves_nothing(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/new"] = rss(item("1", "one"))
        at.here.redirects["/feed"] = (301, "/new")
        await at.poll("/feed")
        await at.poll("/feed")
        del at.here.redirects["/feed"]
        assert (await at.poll("/feed")).status == "not-found"
        assert polled(state_of(at, "/feed")) == at.here.url("/feed")
        at.here.redirects["/feed"] = (301, "/new")
        await at.poll("/feed")
        assert polled(state_of(at, "/feed")) == at.here.url("/new")

    at_desk(tmp_path, work)


@pytest.mark.parametrize("loss", ["not-found", "gone"])
def test_a_feed_whose_new_address_is_lost_is_polled_at_the_listed_one_again(tmp_path: Path, loss: str) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/new"] = rss(item("1", "one"))
        at.here.headers["/new"] = {"ETag": '"1"'}
        at.here.redirects["/feed"] = (301, "/new")
        for _ in range(3):
            await at.poll("/feed")
        if loss == "gone":
            at.here.redirects["/new"] = (410, "")
        else:
            del at.here.documents["/new"]
        assert (await at.poll("/feed")).status == loss
        del at.here.redirects["/feed"]
        at.here.documents["/feed"] = rss(item("1", "one"), item("2", "two"))
        at.here.headers["/feed"] = {"ETag": '"1"'}
        record = await at.poll("/feed")
        assert (record.status, record.new, record.final_url) == ("working", 1, at.here.url("/feed"))

    at_desk(tmp_path, work)


def test_a_name_that_no_longer_exists_is_a_lost_address(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        state = FeedState(feed_url=at.here.url("/feed"), moved_to="https://gone.invalid/rss", moved_seen=3)
        at.states.save(state, {})
        record = await at.poll("/feed")
        assert (record.status, record.reason) == (
            "unreachable", "the name gone.invalid cannot be resolved: it does not exist",
        )  # fmt: skip
        assert polled(state_of(at, "/feed")) == at.here.url("/feed")

    at_desk(tmp_path, work)


def test_a_feed_that_moved_onto_another_source_is_called_a_duplicate(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/new"] = rss(item("1", "one"))
        at.here.redirects["/feed"] = (301, "/new")
        for _ in range(4):
            at.time += timedelta(hours=1)
            records = await at.poller.poll_all([at.source("/feed"), at.source("/new")])
            assert f"duplicate of {at.here.url('/new')}" in records[0].reason
            assert "duplicate" not in records[1].reason
        assert polled(state_of(at, "/feed")) == at.here.url("/feed")

    at_desk(tmp_path, work)


def test_no_step_back_from_tls_is_remembered() -> None:
    assert fits("https://a.example", "https://b.example")
    assert fits("http://a.example", "https://a.example")
    assert not fits("https://a.example", "http://a.example")
    assert not fits("https://a.example", "https://a.example")
    assert not fits("https://a.example", "")


def test_what_is_gone_is_asked_weekly_then_monthly_and_never_given_up() -> None:
    def record(status: FeedStatus) -> FetchRecord:
        return FetchRecord(feed_url="https://a.example", fetched_at=NOW, status=status, reason="")

    waits = [probe(record(FeedStatus.GONE), failures) for failures in (1, 2, 3, 4, 5, 6, 99)]
    week, month = timedelta(days=7), timedelta(days=30)
    assert waits == [timedelta(hours=1), week, week, week, week, month, month]
    assert probe(record(FeedStatus.NOT_FOUND), 3) is None


def test_a_gone_feed_that_is_back_is_polled_as_before(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.redirects["/feed"] = (410, "")
        for days in (0, 1, 8):
            assert (await at.poll("/feed")).status == "gone"
            state = state_of(at, "/feed")
            assert state.next_poll_at is not None
            assert state.next_poll_at - at.time == (timedelta(days=7) if days else timedelta(hours=1))
            at.time += timedelta(days=7)
        del at.here.redirects["/feed"]
        at.here.documents["/feed"] = rss(item("1", "one"))
        assert (await at.poll("/feed")).status == "working"

    at_desk(tmp_path, work)


def test_an_etag_that_never_changes_hides_a_new_item_for_a_day_at_most(tmp_path: Path) -> None:
    async def until_new(at: Desk, step: timedelta) -> int:
        at.here.headers["/feed"] = {"ETag": '"stuck"'}
        at.here.documents["/feed"] = rss(item("1", "one"))
        await at.poll("/feed")
        at.here.documents["/feed"] = rss(item("1", "one"), item("2", "two"))
        for number in range(1, 100):
            at.time += step
            if (await at.poll("/feed")).new:
                return number
        return 0

    async def hourly(at: Desk) -> None:
        assert await until_new(at, timedelta(hours=1)) == 24

    async def often(at: Desk) -> None:
        assert await until_new(at, timedelta(seconds=10)) == FULL_AFTER + 1

    works: list[Callable[[Desk], object]] = [hourly, often]
    for number, work in enumerate(works):
        at_desk(tmp_path / str(number), work)  # type: ignore[arg-type]


def test_validators_come_back_to_the_end_of_a_redirect(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.here.documents["/new"] = rss(item("1", "one"))
        at.here.headers["/new"] = {"ETag": '"1"'}
        at.here.redirects["/feed"] = (302, "/new")
        await at.poll("/feed")
        at.here.requests.clear()
        record = await at.poll("/feed")
        assert (record.status, record.http_status) == ("unchanged", 304)
        first, second = at.here.requests
        assert "If-None-Match" not in first.headers
        assert second.headers["If-None-Match"] == '"1"'

    at_desk(tmp_path, work)
