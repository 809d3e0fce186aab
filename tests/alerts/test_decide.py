from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import concerned, decide
from schemas.identity import alert_key
from tests.alerts.records import RECIPIENTS, hit, told
from tests.samples import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from alerts.row import Row
    from schemas.alert import AlertState
    from schemas.hit import ItemHits

DOMAIN = "wirewatch.example"


def decided(records: Sequence[ItemHits], recipients: tuple[str, ...] = RECIPIENTS) -> dict[str, Row]:
    """The ledger after `records`, were nothing sent meanwhile."""
    rows: dict[str, Row] = {}
    for record in records:
        known = {key: rows[key] for key in concerned(record, recipients) if key in rows}
        rows.update((row.alert.alert_key, row) for row in decide(record, known, recipients, DOMAIN, NOON))
    return rows


def only(records: Sequence[ItemHits]) -> Row:
    (row,) = decided(records).values()
    return row


def states(rows: dict[str, Row]) -> dict[str, AlertState]:
    return {key: row.alert.state for key, row in rows.items()}


def test_new_article_is_told_to_those_of_the_settings() -> None:
    one = hit(severity="high")
    alert = only([told(one)]).alert
    assert alert.alert_key == alert_key("hit", one.article_id, "", "kosovo", RECIPIENTS[0])
    assert (alert.state, alert.recipient, alert.watchlist, alert.watchlist_name) == (
        "pending",
        RECIPIENTS[0],
        "kosovo",
        "Kosovo",
    )
    assert (alert.articles, alert.hits, alert.story_id) == ((one.article_id,), (one.hit_id,), one.article_id)
    assert (alert.title, alert.severity, alert.created_at) == (one.title, "high", NOON)
    assert alert.message_id.endswith("@wirewatch.example>")


def test_list_with_recipients_of_its_own_tells_only_them_each_in_a_row() -> None:
    rows = decided([told(hit(recipients=("a@x.example", "b@x.example")), hit(watchlist="other"))])
    assert {(row.alert.watchlist, row.alert.recipient) for row in rows.values()} == {
        ("kosovo", "a@x.example"),
        ("kosovo", "b@x.example"),
        ("other", RECIPIENTS[0]),
    }
    assert len({row.alert.message_id for row in rows.values()}) == 3


def test_several_queries_of_a_list_are_one_mail_that_shows_all() -> None:
    row = only([told(hit(query="b", severity="low"), hit(query="a", severity="critical"))])
    assert [one.query for one in row.hits] == ["a", "b"]
    assert row.alert.severity == "critical"


def test_same_record_again_changes_nothing() -> None:
    rows = decided([told(hit())])
    assert decide(told(hit()), rows, RECIPIENTS, DOMAIN, NOON + timedelta(hours=1)) == ()


@pytest.mark.parametrize("state", ["sending", "sent", "failed"])
def test_what_was_told_covers_every_later_feed_version_and_query(state: AlertState) -> None:
    row = only([told(hit())])
    row = msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, state=state))
    known = {row.alert.alert_key: row}
    for later in (told(hit(feed_url="https://other.example")), told(hit(query="b")), told(hit(), op="update")):
        assert decide(later, known, RECIPIENTS, DOMAIN, NOON) == ()


def test_while_it_waits_later_hits_join_it() -> None:
    row = only([told(hit()), told(hit(query="b"), op="update")])
    assert [one.query for one in row.hits] == ["b", "main"]
    assert row.alert.state == "pending"


def test_record_without_hits_concerns_nobody() -> None:
    assert decided([told(hit(), hits=(), op="update")]) == {}


def test_history_is_suppressed_and_says_why() -> None:
    published = hit(published_at=hit().seen_at - timedelta(days=9, hours=3))
    assert only([told(published, history=True)]).alert.reason == "history: published 9 days before it was first seen"
    undated = only([told(hit(published_at=None), history=True)]).alert
    assert undated.state == "suppressed"
    assert undated.reason == "history: without a usable date when its feed was first polled"
    assert (
        only([told(hit(), history=True, rematch=True)]).alert.reason == "history: found by a rematch of what was stored"
    )


def test_history_that_another_feed_brings_as_new_is_told_with_the_new_hits_alone() -> None:
    old = told(hit(query="old"), history=True)
    new = told(hit(query="new"))
    for records in permutations((old, new)):
        row = only(records)
        assert (row.alert.state, row.alert.reason) == ("pending", "")
        assert [one.query for one in row.hits] == ["new"]


def test_edit_of_history_wakes_nobody() -> None:
    row = only([told(hit(), history=True), told(hit(query="edit"), op="update")])
    assert row.alert.state == "suppressed"


@st.composite
def some_records(draw: st.DrawFn) -> list[ItemHits]:
    def record() -> ItemHits:
        number, feed = draw(st.integers(1, 3)), draw(st.sampled_from(("https://a.example", "https://b.example")))
        hits = draw(
            st.lists(
                st.builds(
                    lambda watchlist, query, recipients, seconds: hit(
                        number,
                        watchlist=watchlist,
                        query=query,
                        recipients=recipients,
                        feed_url=feed,
                        seen_at=NOON + timedelta(seconds=seconds),
                    ),
                    st.sampled_from(("kosovo", "banjska")),
                    st.sampled_from(("main", "second")),
                    st.sampled_from(((), ("a@x.example",), ("a@x.example", "b@x.example"))),
                    st.integers(0, 3),
                ),
                min_size=1,
                max_size=3,
            )
        )
        return told(*hits, history=draw(st.booleans()), op=draw(st.sampled_from(("new", "new", "update"))))

    return [record() for _ in range(draw(st.integers(1, 6)))]


@given(some_records(), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_change_who_is_told_of_what(records: list[ItemHits], random: Random) -> None:
    shuffled = records + random.sample(records, k=random.randint(0, len(records)))
    random.shuffle(shuffled)
    first, second = decided(records), decided(shuffled)
    assert {(row.alert.watchlist, row.alert.articles, row.alert.recipient) for row in first.values()} == {
        (row.alert.watchlist, row.alert.articles, row.alert.recipient) for row in second.values()
    }
    # An edit that comes before any history record is told, one that comes after it is not: only time can tell.
    if not any(record.op == "update" for record in records):
        assert first == second
