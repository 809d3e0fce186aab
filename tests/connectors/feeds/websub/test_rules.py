from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.documents.document import Hints
from connectors.feeds.fetching.linkheader import linked
from connectors.feeds.fetching.offer import Offer, offered
from connectors.feeds.websub import rules
from connectors.feeds.websub.rules import Terms
from schemas.feed import FeedState, FeedStatus, FetchRecord, Push

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FEED = "https://outlet.example/rss"
TERMS = Terms(base="https://hooks.example")
PUSH = Push(
    hub="https://hub.example/", topic=FEED, callback="token", secret="s3cret", asked_at=NOW,
    lease_until=NOW + timedelta(days=10), delivered_at=NOW,
)  # fmt: skip


def fetch(at: datetime = NOW, **more: object) -> FetchRecord:
    return FetchRecord(feed_url=FEED, fetched_at=at, status=FeedStatus.WORKING, reason="fine", **more)  # type: ignore[arg-type]


def state(**more: object) -> FeedState:
    told = {"push": PUSH, "last_fetch": fetch(), "interval": 600.0, "next_poll_at": NOW + timedelta(minutes=10), **more}
    return FeedState(feed_url=FEED, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("links", "hints", "offer"),
    [
        (('<https://h.example/>; rel="hub"', f'<{FEED}>; rel="self"'), Hints(), Offer(("https://h.example/",), FEED)),
        ((f"<https://h.example/>; rel=HUB, <{FEED}>;rel=self",), Hints(), Offer(("https://h.example/",), FEED)),
        # Headers go before the document, each relation for itself.
        (
            ("<https://h.example/>; rel=hub",),
            Hints(hub="https://other.example/", topic="https://outlet.example/self"),
            Offer(("https://h.example/",), "https://outlet.example/self"),
        ),
        ((), Hints(hub="/hub", topic="rss?a=b"), Offer(("https://outlet.example/hub",), "https://outlet.example/rss?a=b")),
        (
            ("<https://a.example/>; rel=hub, <https://b.example/>; rel=hub, <https://a.example/>; rel=hub",),
            Hints(topic=FEED), Offer(("https://a.example/", "https://b.example/"), FEED),
        ),
        # No topic is guessed, and nothing but the web is asked.
        (("<https://h.example/>; rel=hub",), Hints(), None),
        ((), Hints(topic=FEED), None),
        ((), Hints(hub="javascript:alert(1)", topic=FEED), None),
        ((), Hints(hub="https://user:pass@h.example/", topic=FEED), None),
        ((), Hints(hub="http://[broken", topic=FEED), None),
        ((), Hints(hub="https://h.example/" + "x" * 3_000, topic=FEED), None),
        (('<https://h.example/>; rel="hub"; anchor="https://elsewhere.example/"',), Hints(topic=FEED), None),
    ],
)  # fmt: skip
def test_discovery_takes_headers_before_the_document(links: tuple[str, ...], hints: Hints, offer: Offer | None) -> None:
    assert offered(links, hints, FEED) == offer


def test_link_headers_are_taken_apart_at_the_right_commas() -> None:
    header = '<https://a.example/?x=1,2;3>; title="a, b; c"; rel="self hub", junk, <b>; rel=next; rel=hub, <c>'
    assert linked((header,)) == {
        "self": ("https://a.example/?x=1,2;3",), "hub": ("https://a.example/?x=1,2;3",), "next": ("b",),
    }  # fmt: skip


@given(st.lists(st.text('<>;,="rel hubsf:/', max_size=200)))
def test_any_link_header_is_read(headers: list[str]) -> None:
    found = linked(headers)
    assert all(target in "\n".join(headers) for targets in found.values() for target in targets)


def test_an_offer_is_taken_up_once_and_changed_once_a_day_at_most() -> None:
    offer = Offer(("https://hub.example/", "https://b.example/"), FEED)
    asked_for = Push(hub="https://hub.example/", topic=FEED)
    assert rules.taken_up(Push(), offer, NOW) == asked_for
    assert rules.taken_up(PUSH, offer, NOW) is PUSH
    assert rules.taken_up(PUSH, Offer(offer.hubs[::-1], FEED), NOW) is PUSH
    other = Offer(("https://c.example/",), FEED)
    assert rules.taken_up(PUSH, other, NOW + timedelta(hours=23)) is PUSH
    assert rules.taken_up(PUSH, other, NOW + timedelta(hours=25)) == Push(hub="https://c.example/", topic=FEED)


def test_a_callback_belongs_to_one_public_address() -> None:
    first = rules.prepared(PUSH, TERMS, "new", "fresh")
    assert (first.callback, first.secret, first.lease_until) == ("new" + TERMS.mark(), "fresh", None)
    assert rules.prepared(first, TERMS, "newer", "fresher") is first
    moved = rules.prepared(first, Terms(base="https://elsewhere.example"), "newer", "fresher")
    assert (moved.secret, moved.hub, moved.topic) == ("fresher", PUSH.hub, PUSH.topic)


def test_the_request_is_the_one_of_the_recommendation() -> None:
    assert rules.form(PUSH, "subscribe", TERMS) == {
        "hub.mode": "subscribe", "hub.topic": FEED, "hub.callback": "https://hooks.example/websub/token",
        "hub.lease_seconds": "864000", "hub.secret": "s3cret",
    }  # fmt: skip
    assert "hub.secret" not in rules.form(PUSH, "unsubscribe", TERMS)


def query(mode: str = "subscribe", **more: str) -> dict[str, str]:
    fields = {"mode": mode, "topic": FEED, "challenge": "echo me", "lease_seconds": "3600", **more}
    return {f"hub.{name}": value for name, value in fields.items()}


def test_a_subscription_we_asked_for_is_confirmed() -> None:
    decision = rules.answer(PUSH, query(), NOW, leaving=False)
    assert (decision.status, decision.text) == (200, "echo me")
    assert decision.push is not None
    assert decision.push.lease_until == NOW + timedelta(hours=1)
    never = rules.answer(PUSH, query(lease_seconds="99999999999999"), NOW, leaving=False)
    assert never.push is not None
    assert never.push.lease_until == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    "asked",
    [
        query(topic="https://other.example/rss"), query(topic=""), query(mode="unsubscribe"), query(mode="publish"),
        query(challenge=""), query(challenge="x" * 5_000), query(lease_seconds="soon"), query(lease_seconds="-1"),
        query(lease_seconds="٣٦٠٠"), {},
    ],
)  # fmt: skip
def test_what_we_did_not_ask_for_is_not_confirmed(asked: dict[str, str]) -> None:
    assert rules.answer(PUSH, asked, NOW, leaving=False) == rules.Decision(404, rules.UNKNOWN)
    assert rules.answer(Push(), asked, NOW, leaving=False) == rules.Decision(404, rules.UNKNOWN)


def test_a_lease_of_a_minute_is_confirmed_and_not_counted_on() -> None:
    fresh = msgspec.structs.replace(PUSH, lease_until=None, delivered_at=None)
    decision = rules.answer(fresh, query(lease_seconds="60"), NOW, leaving=False)
    assert (decision.status, decision.text) == (200, "echo me")
    assert decision.push is not None
    assert (decision.push.lease_until, "60 s only" in decision.push.refused) == (None, True)


def test_a_denied_subscription_is_none_any_more() -> None:
    decision = rules.answer(PUSH, query(mode="denied", reason="not\nfor you"), NOW, leaving=False)
    assert decision.push is not None
    assert (decision.push.lease_until, decision.push.delivered_at) == (None, None)
    assert decision.push.refused == "the hub denies the subscription: not for you"
    assert not rules.trusted(decision.push, NOW)


def test_only_a_subscription_left_is_ended() -> None:
    assert rules.answer(PUSH, query(mode="unsubscribe"), NOW, leaving=True).text == "echo me"
    assert rules.answer(PUSH, query(mode="subscribe"), NOW, leaving=True).status == 404


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_of_a_known_algorithm_counts(name: str) -> None:
    right = hmac.new(b"s3cret", b"body", name).hexdigest()
    assert rules.signed("s3cret", f"{name}={right}", b"body")
    assert rules.signed("s3cret", f" {name.upper()}={right.upper()} ", b"body")
    assert not rules.signed("s3cret", f"{name}={right}", b"other")
    assert not rules.signed("other", f"{name}={right}", b"body")
    assert not rules.signed("s3cret", f"{name}={right[:-1]}", b"body")
    assert not rules.signed("s3cret", right, b"body")


@pytest.mark.parametrize("header", ["", "sha256=", "=", "md5=" + hashlib.md5(b"body").hexdigest(), "sha256=é\udc80"])
def test_anything_else_is_no_signature(header: str) -> None:
    assert not rules.signed("s3cret", header, b"body")
    assert not rules.signed("", "sha256=" + hmac.new(b"", b"body", "sha256").hexdigest(), b"body")


def test_hubs_are_asked_again_ever_more_rarely() -> None:
    asked = Push(hub="h", asked_at=NOW)
    waits = [(rules.ask_at(asked, failures, TERMS) or NOW) - NOW for failures in (0, 1, 2, 5, 9, 100)]
    assert [wait.total_seconds() for wait in waits] == [300, 600, 1_200, 9_600, 86_400, 86_400]
    assert rules.ask_at(Push(hub="h"), 0, TERMS) is None


def test_a_lease_is_renewed_at_80_percent_and_then_in_ever_smaller_steps() -> None:
    assert rules.ask_at(PUSH, 0, TERMS) == NOW + timedelta(days=8)
    again = msgspec.structs.replace(PUSH, asked_at=NOW + timedelta(days=8))
    assert rules.ask_at(again, 1, TERMS) == NOW + timedelta(days=9.6)
    last = msgspec.structs.replace(PUSH, asked_at=NOW + timedelta(days=10) - timedelta(seconds=1))
    assert (rules.ask_at(last, 3, TERMS) or NOW) > NOW + timedelta(days=10)


def test_polls_wait_for_a_trusted_hub() -> None:
    later = fetch(NOW + timedelta(hours=6))
    polled = state(last_fetch=later, interval=21_600.0, next_poll_at=later.fetched_at + timedelta(hours=5))
    after, lost = rules.after_poll(polled, later, pinned=False, backup=21_600.0)
    assert (after.next_poll_at, lost) == (later.fetched_at + timedelta(hours=6), False)
    assert "its hub delivers" in after.planned_by
    pinned, _ = rules.after_poll(polled, later, pinned=True, backup=21_600.0)
    assert pinned.next_poll_at == polled.next_poll_at
    failing = msgspec.structs.replace(polled, failures=1)
    assert rules.after_poll(failing, later, pinned=False, backup=21_600.0) == (failing, False)
    ending = msgspec.structs.replace(
        polled, push=msgspec.structs.replace(PUSH, lease_until=NOW + timedelta(hours=11.5))
    )
    after, _ = rules.after_poll(ending, later, pinned=False, backup=21_600.0)
    assert after.next_poll_at == NOW + timedelta(hours=11.5)


def test_a_hub_that_kept_something_quiet_is_trusted_no_more() -> None:
    found = fetch(NOW + timedelta(hours=6), new=1)
    polled = state(last_fetch=found, next_poll_at=found.fetched_at + timedelta(minutes=10))
    after, lost = rules.after_poll(polled, found, pinned=False, backup=21_600.0)
    assert (after.push.delivered_at, after.next_poll_at, lost) == (None, polled.next_poll_at, True)
    assert after.push.lease_until == PUSH.lease_until


def test_a_delivery_postpones_polls_and_nothing_else() -> None:
    before = state(push=msgspec.structs.replace(PUSH, delivered_at=None), etag='"1"', body_hash="b", conditional=3)
    brought = fetch(NOW + timedelta(minutes=5), new=2, pushed=True)
    after = rules.after_delivery(before, brought, pinned=False, backup=21_600.0)
    assert after == msgspec.structs.replace(
        before, push=msgspec.structs.replace(PUSH, delivered_at=brought.fetched_at),
        next_poll_at=NOW + timedelta(hours=6), planned_by=after.planned_by,
    )  # fmt: skip
    again = fetch(NOW + timedelta(hours=5), pushed=True)
    assert rules.after_delivery(after, again, pinned=False, backup=21_600.0).next_poll_at == NOW + timedelta(hours=6)
    assert rules.after_delivery(before, brought, pinned=True, backup=21_600.0).next_poll_at == before.next_poll_at
    unbound = state(push=msgspec.structs.replace(PUSH, lease_until=None, delivered_at=None))
    assert rules.after_delivery(unbound, brought, pinned=False, backup=1e6).next_poll_at == unbound.next_poll_at


def test_after_a_start_trusted_feeds_are_due_by_their_rhythm() -> None:
    pushed = state(next_poll_at=NOW + timedelta(hours=6))
    assert rules.due_by_rhythm(pushed) == NOW + timedelta(minutes=10)
    polled = state(next_poll_at=NOW + timedelta(hours=6), push=Push())
    assert rules.due_by_rhythm(polled) == NOW + timedelta(hours=6)
    assert rules.due_by_rhythm(FeedState(feed_url=FEED)) is None


def test_a_server_that_wants_quiet_gets_it_whatever_the_hub_does() -> None:
    due = NOW + timedelta(hours=12)
    quiet = msgspec.structs.replace(fetch(), status=FeedStatus.RATE_LIMITED)
    waiting = state(next_poll_at=due, last_fetch=quiet)
    assert rules.due_by_rhythm(waiting) == due
    assert rules.due_by_rhythm(state(next_poll_at=due, failures=1)) == due
    assert rules.after_poll(waiting, quiet, pinned=False, backup=86_400.0) == (waiting, False)


def test_an_account_of_a_delivery_tells_of_no_gap_and_no_empty_feed() -> None:
    told = rules.accounted(msgspec.structs.replace(fetch(missed=5), status=FeedStatus.EMPTY))
    assert (told.status, told.missed, told.pushed) == ("unchanged", 0, True)
    assert told.reason == "delivered by the hub: fine"
