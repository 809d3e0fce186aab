from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.documents.dates import Dated, are_generated, choose, read, reading

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOW = reading(NOW)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22t10:00:00.123456+01:00", "2026-11-22T09:00:00.123000+00:00"),
        ("2026-11-22 10:00:00", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22T10:00+0530", "2026-11-22T04:30:00+00:00"),
        ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        ("2026-11-22 10:00:00 CET", "2026-11-22T09:00:00+00:00"),
        ("Sun, 22 Nov 2026 10:00:00 GMT", "2026-11-22T10:00:00+00:00"),
        ("Sun, 22 Nov 2026 10:00:00 +0100", "2026-11-22T09:00:00+00:00"),
        ("22 November 2026 10:00 EST", "2026-11-22T15:00:00+00:00"),
        ("Sun, 22 Nov 26 10:00:00 -0500", "2026-11-22T15:00:00+00:00"),
        ("Ned, 22 Nov 2026 10:00:00 +0100", "2026-11-22T09:00:00+00:00"),
        ("Sun, 22 Nov 2026 24:00:00 GMT", "2026-11-23T00:00:00+00:00"),
        ("Sun, 22 Nov 2026 10:00:00 GMT+02:00", "2026-11-22T08:00:00+00:00"),
        ("2026-11-22T10:00:5Z", "2026-11-22T10:00:05+00:00"),
        ("  Sun,\n 22 Nov 2026   10:00:00 GMT ", "2026-11-22T10:00:00+00:00"),
    ],
)
def test_written_dates_are_read(raw: str, moment: str) -> None:
    assert read(raw) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "raw",
    ["", "5", "14", "yesterday", "01/06/2025", "2026-13-01", "2026-02-30", "32 Nov 2026", "12 Xxx 2026", "2026-11",
     "2026-11-22T25:00:00Z", "2026-11-22T10:61:00Z", "Sun, 22 Nov 2026 10:00:00 QQQ", "0000-00-00", "+0000",
     "2026-11-22T10:00:00+99:00"],
)  # fmt: skip
def test_what_is_no_date_is_none(raw: str) -> None:
    assert read(raw) is None


MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2026, 11, 21), timezones=st.just(UTC)).map(  # noqa: DTZ001 hypothesis adds the zone
    lambda moment: moment.replace(microsecond=0)
)
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, ZONES)
def test_both_standards_round_trip_in_every_zone(moment: datetime, zone: timezone) -> None:
    assert read(moment.astimezone(zone).isoformat()) == moment
    assert read(format_datetime(moment.astimezone(zone))) == moment


@given(st.text(max_size=40), st.text(max_size=40))
def test_choosing_never_raises_and_never_makes_up(published: str, updated: str) -> None:
    dated = choose(published, updated, HOW)
    assert (dated.at is not None) == dated.reason.startswith(("published", "updated"))


@pytest.mark.parametrize("raw", ["03-12", "--12", "-0312", "2026", "26-11", "5", "2026-01", "2026-327", "12:30"])
def test_nothing_is_filled_in_from_today(raw: str) -> None:
    assert choose(raw, "", HOW) == Dated(None, raw, "unreadable")


def test_implausible_dates_are_kept_as_written_only() -> None:
    for raw in ("1970-01-01T00:00:00Z", "2026-11-22T12:11:00Z", "2041-01-01", "1405/09/01", "2569-11-22"):
        assert choose(raw, "", HOW) == Dated(None, raw, "implausible")
    assert choose("2026-11-22T12:10:00Z", "", HOW).reason == "published"


def test_the_date_of_change_stands_in_for_an_unusable_one() -> None:
    good = "2026-11-20T10:00:00Z"
    for bad in ("", "nonsense", "2041-01-01"):
        dated = choose(bad, good, HOW)
        assert (dated.reason, dated.raw) == ("updated", good)
    assert choose("", "", HOW) == Dated(None, "", "missing")
    assert choose("nonsense", "", HOW) == Dated(None, "nonsense", "unreadable")


def test_a_day_without_a_time_says_so() -> None:
    assert choose("2026-11-20", "", HOW).reason == "published-day"
    assert choose("", "20. novembar 2026.", HOW).reason == "updated-day"
    assert choose("20. novembar 2026. 00:00", "", HOW).reason == "published"


def test_a_date_without_a_zone_is_in_that_of_the_source() -> None:
    belgrade = reading(NOW, "Europe/Belgrade")
    assert read("22.11.2026 10:30", belgrade) == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert read("2026-07-01", belgrade) == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    assert read("2026-07-01T10:00:00Z", belgrade) == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert read("2026-07-01 10:00", reading(NOW, "No/Such_Zone")) == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    # `IST` is the time of India, Israel or Ireland: the source list says which, or nobody does.
    assert read("Wed, 01 Jul 2026 10:00:00 IST") is None
    assert read("Wed, 01 Jul 2026 10:00:00 IST", reading(NOW, "Asia/Jerusalem")) == datetime(
        2026, 7, 1, 7, 0, tzinfo=UTC
    )


def test_the_clock_of_the_server_is_no_date() -> None:
    minute = [NOW + timedelta(seconds=seconds) for seconds in (-40, 0, 50)]
    assert are_generated(minute, NOW)
    assert not are_generated(minute[:2], NOW)
    assert not are_generated([*minute, None], NOW)
    assert not are_generated([*minute, NOW - timedelta(minutes=2)], NOW)
