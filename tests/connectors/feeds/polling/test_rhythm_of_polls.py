"""What polls of a real server leave behind: rhythm, gaps, hints, history, and when the next poll is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from connectors.feeds.fetching.freshness import fresh_for
from schemas.feed import FeedSource, FeedState
from schemas.health import verdict
from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.server import item, rss

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def document(at: Desk, times: list[datetime]) -> bytes:
    entries = [item(f"{one:%d%H%M%S}", "x", link=f"/{one:%d%H%M%S}", date=format_datetime(one)) for one in times]
    return rss(*entries)


def known(at: Desk, path: str = "/feed") -> FeedState:
    state = at.states.state(at.here.url(path))
    assert state is not None
    return state


def test_items_that_scrolled_off_between_two_polls_are_told_and_looked_for_sooner(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.time = NOW
        every = timedelta(minutes=20)
        at.here.documents["/feed"] = document(at, [NOW - every * n for n in range(20)])
        assert (await at.poll("/feed")).missed == 0
        calm = known(at).interval
        at.time += 2 * HOUR
        at.here.documents["/feed"] = document(at, [at.time - every * n for n in range(20)])
        assert (await at.poll("/feed")).missed == 0, "fourteen of them are known"
        at.time += 20 * HOUR
        at.here.documents["/feed"] = document(at, [at.time - every * n for n in range(20)])
        record = await at.poll("/feed")
        assert record.missed == pytest.approx(40, rel=0.2)
        assert "possible gap: no entry was known from the poll before, about" in record.reason
        state = known(at)
        assert state.interval < calm
        assert "scrolled off" in state.planned_by
        assert [one.status for one in state.history] == ["working", "possible-gap"]
        health = verdict(FeedSource(feed_url=at.here.url("/feed")), state)
        assert (health.status, health.needs_person) == ("possible-gap", False)

    at_desk(tmp_path, work)


def test_new_ids_for_old_entries_are_no_gap(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.time = NOW
        times = [NOW - HOUR * n for n in range(10)]
        at.here.documents["/feed"] = rss(
            *(item(f"old-{one:%H}", f"about {one:%H}", date=format_datetime(one)) for one in times)
        )
        await at.poll("/feed")
        rate = known(at).rhythm.rate
        at.time += HOUR
        at.here.documents["/feed"] = rss(
            *(item(f"new-{one:%H}", f"on {one:%H}", date=format_datetime(one)) for one in times)
        )
        record = await at.poll("/feed")
        assert (record.missed, record.new) == (0, 10)
        assert "has given them other ids" in record.reason
        assert known(at).rhythm.rate <= rate

    at_desk(tmp_path, work)


def test_half_a_document_is_no_gap(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.time = NOW
        at.here.documents["/feed"] = document(at, [NOW - HOUR * n for n in range(10)])
        await at.poll("/feed")
        at.time += 30 * HOUR
        at.here.documents["/feed"] = document(at, [at.time - HOUR * n for n in range(3)])[:-30]
        record = await at.poll("/feed")
        assert "cut in the middle" in record.reason
        assert record.missed == 0

    at_desk(tmp_path, work)


def test_what_feed_and_server_ask_for_is_kept_in_the_state(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.time = NOW
        at.here.documents["/feed"] = document(at, [NOW - timedelta(minutes=n) for n in range(20)])
        at.here.headers["/feed"] = {"Cache-Control": "public, max-age=1800", "ETag": '"1"'}
        await at.poll("/feed")
        state = known(at)
        assert (state.hint, state.interval) == (1800, 1800)
        assert "asks for 30 minutes" in state.planned_by
        assert (await at.poll("/feed")).http_status == 304
        assert known(at).hint == 1800
        pinned = at.source("/feed", interval=60.0)
        await at.poller.poll(pinned)
        assert known(at).next_poll_at == NOW + timedelta(seconds=60)

    at_desk(tmp_path, work)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": 'PUBLIC, Max-Age="60"'}, 60),
        ({"Cache-Control": "s-maxage=600"}, 0),
        ({"Cache-Control": "no-cache, max-age=600"}, 0),
        ({"Cache-Control": "max-age=-1"}, 0),
        ({"Cache-Control": "max-age=5", "Expires": "Tue, 24 Nov 2026 13:00:00 GMT"}, 5),
        ({"Expires": "Tue, 24 Nov 2026 13:00:00 GMT"}, 3600),
        ({"Expires": "Tue, 24 Nov 2026 13:00:00 GMT", "Date": "Tue, 24 Nov 2026 12:50:00 GMT"}, 600),
        ({"Expires": "Tue, 24 Nov 2015 13:00:00 GMT"}, 0),
        ({"Expires": "0"}, 0),
        ({"Expires": "-1"}, 0),
        ({"Expires": "soon"}, 0),
    ],
)  # fmt: skip
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: float) -> None:
    assert fresh_for(headers, NOW) == seconds
