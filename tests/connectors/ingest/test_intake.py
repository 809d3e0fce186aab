from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.feeds.polling.listing import FixedSources
from connectors.feeds.polling.state import SqliteFeedStates
from connectors.ingest.intake import Intake, Receipt, replay
from connectors.ingest.lines import Line
from connectors.interfaces import Known
from connectors.log.embedded import EmbeddedLog
from schemas import codec, identity
from schemas.deadletter import DeadLetter
from schemas.errors import StoreError
from schemas.feed import FeedSource, FeedState
from schemas.item import FeedItem, Outlet
from tests.connectors.feeds.desk import Unwilling
from tests.samples import item as sample

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEED = "https://a.example/feed"
KOHA = FeedSource(feed_url="https://koha.example/rss", name="Koha", country="XK", language="sq", kind="newspaper")
GOOD: dict[str, Any] = {"feed_url": FEED, "url": "https://a.example/1", "title": "one"}


class Door:
    """An intake with its log and states."""

    def __init__(self, folder: Path) -> None:
        self.log = EmbeddedLog(folder / "log.sqlite3")
        self.states = SqliteFeedStates(folder / "feeds.sqlite3")
        self.listed = FixedSources((KOHA, FeedSource(feed_url="https://b.example", name="Twice"),
                                    FeedSource(feed_url="https://c.example", name="twice")))  # fmt: skip
        self.time = NOW

    def push(self, *given: Any, default: FeedSource | None = None) -> list[Receipt]:
        intake = Intake(self.log, self.states, self.listed, file="in", now=lambda: self.time, default=default)
        raws = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in given]
        return intake.take([Line(number, raw, len(raw)) for number, raw in enumerate(raws, start=1)])

    def items(self) -> list[FeedItem]:
        return [codec.decode(one.value, FeedItem, one.headers) for one in self.log.read("items", {}, 1000)]

    def letters(self) -> list[DeadLetter]:
        return [codec.decode(one.value, DeadLetter, one.headers) for one in self.log.read("deadletters", {}, 1000)]

    def item(self, **given: Any) -> FeedItem:
        (receipt,) = self.push({**GOOD, **given})
        assert receipt.status in {"new", "update"}, receipt
        return self.items()[-1]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path)
    yield opened
    opened.states.close()
    opened.log.close()


def test_the_least_line_is_a_whole_item(door: Door) -> None:
    (receipt,) = door.push({"url": "https://A.example/1?utm_source=x#top", "title": "one"}, default=KOHA)
    (item,) = door.items()
    assert receipt == Receipt(file="in", line=1, status="new", item_id=item.item_id, article_id=item.article_id)
    assert item.article_id == identity.article_id_of_address("https://a.example/1#top")
    assert item.item_id == identity.item_id(KOHA.feed_url, "given", "https://a.example/1#top")
    assert item.version_id == identity.version_id(item.article_id, item.content_hash)
    assert (item.id_policy, item.keyed_by, item.op, item.history) == ("given", "address", "new", False)
    assert (item.url, item.native_id) == ("https://A.example/1?utm_source=x#top",) * 2
    assert item.source == Outlet(name="Koha", country="XK", language="sq", kind="newspaper")
    assert (item.published_at, item.published_reason, item.seen_at) == (None, "missing", NOW)


def test_pushing_again_changes_nothing_and_new_words_are_an_update(door: Door) -> None:
    assert [one.status for one in door.push(GOOD, GOOD)] == ["new", "unchanged"]
    assert [one.status for one in door.push(GOOD)] == ["unchanged"]
    assert [one.status for one in door.push({**GOOD, "title": "one, edited"}, GOOD)] == ["update", "update"]
    assert [(one.op, one.title) for one in door.items()] == [
        ("new", "one"),
        ("update", "one, edited"),
        ("update", "one"),
    ]
    assert len({one.item_id for one in door.items()}) == len({one.article_id for one in door.items()}) == 1
    # Another feed is another item, and another sighting of the same article.
    (other,) = door.push({**GOOD, "feed_url": "telegram:channel"})
    assert other.status == "new"
    assert other.article_id == door.items()[0].article_id
    assert door.states.state("telegram:channel") == FeedState(feed_url="telegram:channel")


def test_markup_becomes_text_and_long_texts_are_cut(door: Door) -> None:
    item = door.item(title="A &amp; B\n<b>c</b>", summary="<p>x</p><p>y</p>", body="ж" * 300_000, authors="Ana",
                     categories=["Sport", " "], language="sr")  # fmt: skip
    assert (item.title, item.summary, item.truncated) == ("A & B c", "x\ny", True)
    assert len(item.body.encode()) == 512 * 1024
    assert (item.authors, item.categories, item.language) == (("Ana",), ("Sport",), "sr")


@pytest.mark.parametrize(
    ("given", "at", "reason", "history"),
    [
        ({"published_at": "2026-11-22T11:00:00+01:00"}, NOW - timedelta(hours=2), "published", False),
        ({"published": "Fri, 20 Nov 2026 11:59:00 GMT"}, NOW - timedelta(hours=48, minutes=1), "published", True),
        ({"published_at": 1795345200}, NOW - timedelta(hours=1), "published", False),
        ({"published_at": 1795345200000.0}, NOW - timedelta(hours=1), "published", False),
        ({"published_at": None, "published_raw": "2026-11-01"}, datetime(2026, 11, 1, tzinfo=UTC), "published", True),
        ({"published_at": "2026-11-01T00:00:00Z", "history": False}, datetime(2026, 11, 1, tzinfo=UTC), "published", False),
        ({"published": "soon"}, None, "unreadable", False),
        ({"published": "2101-01-01T00:00:00Z"}, None, "implausible", False),
        ({"history": True}, None, "missing", True),
    ],
)  # fmt: skip
def test_dates_are_read_and_never_invented(
    door: Door, given: dict[str, Any], at: datetime | None, reason: str, history: bool
) -> None:
    item = door.item(**given)
    assert (item.published_at, item.published_reason.partition("-")[0], item.history) == (at, reason, history)


def test_the_time_of_first_sight_is_kept_unless_it_lies_ahead(door: Door) -> None:
    assert door.item(seen_at="2026-11-20T00:00:00Z").seen_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert door.item(seen_at="2027-01-01T00:00:00Z", title="2").seen_at == NOW
    assert door.item(seen_at="yesterday", title="3").seen_at == NOW


def test_an_item_of_the_poller_pushed_as_it_is_stays_the_same_item(door: Door) -> None:
    polled = msgspec.structs.replace(sample(), id_policy="guid", native_id="g1")
    polled = msgspec.structs.replace(polled, item_id=identity.item_id(polled.feed_url, "guid", "g1"))
    (receipt,) = door.push(codec.encode(polled))
    assert receipt.status == "new"
    (item,) = door.items()
    assert (item.item_id, item.article_id) == (polled.item_id, polled.article_id)
    assert (item.title, item.body, item.url) == (polled.title, polled.body, polled.url)
    # It had an article before: that one it keeps, wherever its address leads now.
    door.states.remember(polled.feed_url, {polled.item_id: Known(item.content_hash, "f" * 32)}, NOW)
    (receipt,) = door.push({**json.loads(codec.encode(polled)), "title": "edited"})
    assert (receipt.status, receipt.article_id) == ("update", "f" * 32)


def test_feeds_that_share_addresses_are_keyed_by_item(door: Door) -> None:
    door.states.save(FeedState(feed_url=FEED, keyed_by="item", etag='"1"'), {})
    item = door.item(native_id="n")
    assert (item.keyed_by, item.article_id) == ("item", identity.article_id_of_item(item.item_id))
    assert door.item(feed_url="x:y", keyed_by="item").keyed_by == "item"
    state = door.states.state(FEED)
    assert state is not None
    assert state.etag == '"1"'


def test_a_line_may_name_its_source(door: Door) -> None:
    first = {"url": "https://x.example/1", "title": "t", "source": "koha"}
    second = {"url": "https://x.example/2", "title": "t", "source": {"name": "Koha"}}
    assert [one.status for one in door.push(first, second)] == ["new", "new"]
    assert {(one.feed_url, one.source.country) for one in door.items()} == {(KOHA.feed_url, "XK")}
    item = door.item(feed_url=KOHA.feed_url, source={"name": "Koha Sport", "country": "AL"})
    assert item.source == Outlet(name="Koha Sport", country="AL", language="sq", kind="newspaper")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "is no JSON object"),
        (b"\xff\xfe", "is no JSON object"),
        (b'"text"', "is no JSON object"),
        (b'[{"title": "x"}]', "is a list; give one object a line"),
        (b"[" * 100_000, "is a list"),
        (b'{"x": ' + b"[" * 100_000, ""),
        ({**GOOD, "title": 5}, "title: Expected `str | null`, got `int`"),
        ({**GOOD, "feed_url": ""}, "feed_url: is missing"),
        ({**GOOD, "feed_url": "no address"}, "feed_url: 'no address' is no address"),
        ({**GOOD, "feed_url": None, "source": "Nobody"}, "no listed source is called 'Nobody'"),
        ({**GOOD, "feed_url": None, "source": "Twice"}, "2 listed sources are called 'Twice'"),
        ({**GOOD, "url": None}, "url: is missing, and so is native_id"),
        ({**GOOD, "url": "/relative"}, "url: '/relative' is no http or https address"),
        ({**GOOD, "url": "https://a.example/" + "x" * 3000}, "is no http or https address"),
        ({**GOOD, "title": "<p> </p>", "body": ""}, "title: is missing, and so are summary and body"),
        ({**GOOD, "title": "\ud800"}, "is no JSON object"),
        ({**GOOD, "native_id": "\udc00 "}, "is no JSON object"),
    ],
)  # fmt: skip
def test_a_bad_line_is_set_aside_with_its_reason_and_the_others_are_in(door: Door, raw: Any, reason: str) -> None:
    receipts = door.push(GOOD, raw, {**GOOD, "url": "https://a.example/2"})
    assert [one.status for one in receipts] == ["new", "bad", "new"]
    assert receipts[1].reason.startswith(reason) or reason in receipts[1].reason
    (letter,) = door.letters()
    written = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    assert (letter.stage, letter.raw, letter.whole, letter.subject) == ("ingest", written, True, "in:2")
    assert letter.reason == receipts[1].reason
    assert len(door.items()) == 2
    # By its words, not by its place.
    door.push(raw)
    assert len({one.id for one in door.letters()}) == 1


def test_a_line_too_long_is_told_and_its_beginning_kept(door: Door) -> None:
    intake = Intake(door.log, door.states, door.listed, file="in", now=lambda: NOW)
    (receipt,) = intake.take([Line(1, b"x" * 100, 5_000_000)])
    assert receipt.reason == "is longer than 4 MiB (5,000,000 bytes)"
    assert not door.letters()[0].whole


def test_a_dead_letter_is_pushed_again_as_it_was_given(door: Door) -> None:
    line = {"url": "https://x.example/1", "title": "t", "source": "New"}
    door.push(line)
    (letter,) = door.letters()
    again = replay(letter, door.log, door.states, door.listed, lambda: NOW)
    assert again.status == "bad"
    assert [one.id for one in door.letters()] == [letter.id] * 2
    listed = FixedSources((FeedSource(feed_url="https://new.example/rss", name="New"),))
    assert replay(letter, door.log, door.states, listed, lambda: NOW).status == "new"
    assert door.items()[0].feed_url == "https://new.example/rss"
    door.push(b"{", default=KOHA)
    assert replay(door.letters()[-1], door.log, door.states, listed, lambda: NOW).status == "bad"
    assert door.letters()[-1].id == door.letters()[-2].id


def test_nothing_is_remembered_that_the_log_has_not(door: Door) -> None:
    log = Unwilling(retryable=True)
    intake = Intake(log, door.states, door.listed, file="in", now=lambda: NOW)
    raw = json.dumps(GOOD).encode()
    with pytest.raises(StoreError):
        intake.take([Line(1, raw, len(raw))])
    assert list(door.states.states()) == []
    log.error = None
    assert [one.status for one in intake.take([Line(1, raw, len(raw))])] == ["new"]


def test_keys_that_are_not_used_are_known(door: Door) -> None:
    intake = Intake(door.log, door.states, door.listed, file="in", now=lambda: NOW)
    raws = [json.dumps({**GOOD, "tags": []}).encode(), codec.encode(sample()), b'{"titel": 1}']
    intake.take([Line(number, raw, len(raw)) for number, raw in enumerate(raws)])
    assert intake.unused == {"tags"}
