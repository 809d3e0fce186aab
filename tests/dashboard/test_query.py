from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.interfaces import HitFilter
from dashboard.query import ParameterError, cursor, takes, wanted
from tests.samples import NOON, hit


def test_what_was_asked_is_read() -> None:
    asked = wanted([("watchlist", "kosovo"), ("language", "SR-latn"), ("since", "24h"), ("limit", "7")], NOON, limit=50)
    assert asked.filter == HitFilter(watchlist="kosovo", language="sr-Latn", since=NOON - timedelta(hours=24))
    assert asked.limit == 7
    assert asked.parameters() == {"watchlist": "kosovo", "language": "sr-Latn", "since": "24h"}
    assert asked.parameters(since="", limit="3") == {"watchlist": "kosovo", "language": "sr-Latn", "limit": "3"}


def test_empty_parameters_of_a_form_limit_nothing() -> None:
    empty = [(name, "") for name in ("watchlist", "language", "since", "limit", "after")]
    assert wanted(empty, NOON, limit=50) == wanted([], NOON, limit=50)


@pytest.mark.parametrize(
    "since", ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00+01:00", "2026-11-22T13:00:00 01:00", "0m"]
)
def test_since_is_one_moment_however_written(since: str) -> None:
    assert wanted([("since", since)], NOON, limit=50).filter.since == NOON


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "-1"),
        ("limit", "many"),
        ("limit", "٧"),
        ("limit", "9" * 5000),
        ("after", "-1"),
        ("after", str(2**63)),
        ("since", "yesterday"),
        ("since", "2026-11-22T12:00:00"),
        ("since", "999999d"),
        ("since", "0001-01-01T00:00:00+23:59"),
        ("language", "'"),
        ("language", "x"),
        ("watchlist", "a\x00b"),
        ("watchlist", "a" * 201),
        ("watchlists", "kosovo"),
    ],
)
def test_an_impossible_parameter_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ParameterError) as error:
        wanted([(name, value)], NOON, limit=50)
    assert error.value.parameter == name
    assert str(error.value).startswith(f"{name}: ")


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="watchlist: is given twice"):
        wanted([("watchlist", "kosovo"), ("watchlist", "banjska")], NOON, limit=50)


def test_pages_pass_over_parameters_they_do_not_know() -> None:
    assert wanted([("utm_source", "mail")], NOON, limit=50, strict=False) == wanted([], NOON, limit=50)


def test_a_last_event_id_is_a_cursor_or_refused() -> None:
    assert cursor("") is None
    assert cursor(" 41 ") == 41
    with pytest.raises(ParameterError, match="Last-Event-ID"):
        cursor("newest")


@pytest.mark.parametrize(
    ("chosen", "passes"),
    [
        (HitFilter(), True),
        (HitFilter(watchlist="kosovo", language="sr"), True),
        (HitFilter(language="sr-Latn"), True),
        (HitFilter(language="sr-Cyrl"), False),
        (HitFilter(language="s"), False),
        (HitFilter(watchlist="banjska"), False),
        (HitFilter(since=NOON + timedelta(seconds=1)), True),
        (HitFilter(since=NOON + timedelta(seconds=2)), False),
    ],
)
def test_a_filter_takes_a_hit_as_the_store_would(chosen: HitFilter, passes: bool) -> None:
    assert takes(chosen, hit(1, language="sr-Latn")) is passes
