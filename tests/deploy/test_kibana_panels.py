"""Each panel's aggregation, run on a real Elasticsearch over documents stored as the product stores them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchIndex
from connectors.index.server import ElasticsearchServer
from schemas.alert import Alert, AlertState
from schemas.article import version_of_item
from schemas.deadletter import DeadLetter
from schemas.feed import FeedStatus, FetchRecord
from schemas.hit import Hit
from tests.connectors.elasticsearch_index import prepared
from tests.deploy.aggregations import request, rows
from tests.deploy.kibana_file import SEARCHES, clause, layers, source_of
from tests.samples import NOON, article, content, hit, item
from tests.servers.elasticsearch import Node

pytestmark = pytest.mark.servers

SINCE, UNTIL = "2026-11-21T13:00:00Z", "2026-11-22T13:00:00Z"
OLD = NOON - timedelta(days=3)
A, B, C = (hit(number).article_id for number in (1, 4, 5))
Rows = list[dict[str, Any]]


def found(number: int, story: str, source: str, country: str, language: str, **changes: Any) -> Hit:
    seen = changes.pop("seen_at", NOON)
    took = changes.pop("took", 60)
    return hit(
        number,
        story_id=story,
        source=source,
        country=country,
        language=language,
        seen_at=seen,
        published_at=seen - timedelta(seconds=took),
        matched_at=seen + timedelta(seconds=number),
        **changes,
    )


HITS = (
    found(1, A, "Alpha", "XK", "sr-Latn", took=10),
    found(1, A, "Alpha", "XK", "sr-Latn", took=10, watchlist="banjska"),
    found(2, A, "Beta", "RS", "sr-Cyrl", took=20, seen_at=NOON + timedelta(minutes=5)),
    found(3, A, "Alpha", "XK", "sq", took=30, seen_at=NOON - timedelta(hours=1)),
    found(4, B, "Gamma", "", "sq", took=40),
    found(5, C, "Delta", "DE", "de", took=86400, history=True),
    found(6, "old", "Old", "AL", "sq", seen_at=OLD),
)


def alert(key: str, state: AlertState, reason: str = "", **changes: Any) -> Alert:
    return msgspec.structs.replace(
        Alert(
            alert_key=key,
            kind="hit",
            story_id=A,
            watchlist="kosovo",
            recipient="desk@example.org",
            articles=(A,),
            hits=(HITS[0].hit_id,),
            title="Kosovo 1",
            state=state,
            reason=reason,
            message_id=f"<{key}@x>",
            created_at=NOON,
        ),
        **changes,
    )


ALERTS = (
    alert("a", "sent", "250 queued", sent_at=NOON + timedelta(seconds=1)),
    alert("b", "sent", "250 queued", sent_at=NOON + timedelta(seconds=3), recipient="two@example.org"),
    alert("c", "failed", "550 no such user", recipient="gone@example.org"),
    alert("d", "failed", "550 no such user", recipient="away@example.org", created_at=NOON + timedelta(minutes=1)),
    alert("e", "suppressed", "snoozed by ana"),
    alert("f", "pending"),
    alert("g", "failed", "550 no such user", created_at=OLD),
)


def fetch(feed: str, minute: int, status: FeedStatus, reason: str = "fine") -> FetchRecord:
    at = NOON + timedelta(minutes=minute)
    return FetchRecord(feed_url=f"https://{feed}.example/rss", fetched_at=at, status=status, reason=reason)


FETCHES = (
    fetch("a", 0, FeedStatus.WORKING),
    fetch("a", 5, FeedStatus.UNCHANGED),
    fetch("b", 0, FeedStatus.TIMEOUT, "no answer within 30 s"),
    fetch("b", 5, FeedStatus.TIMEOUT, "no answer within 30 s, again"),
    fetch("c", 0, FeedStatus.GONE, "410 Gone"),
    fetch("d", 1, FeedStatus.EMPTY),
)


def letter(key: str, stage: str, status: Any = "open", minute: int = 0) -> DeadLetter:
    at = NOON + timedelta(minutes=minute)
    return DeadLetter(id=key, stage=stage, reason=f"{key} is wrong", position=key, failed_at=at, status=status)


LETTERS = (
    letter("l1", "decode"),
    letter("l2", "decode", minute=2),
    letter("l3", "parse"),
    letter("l4", "match", "replayed"),
)


@pytest.fixture(scope="module")
def server(elasticsearch: Node) -> Iterator[ElasticsearchServer]:
    with prepared(elasticsearch) as server:
        index = ElasticsearchIndex(server)
        items = [item(number, seen_at=NOON) for number in (1, 2, 3)] + [item(9, seen_at=OLD)]
        index.apply(
            [article(number, seen_at=one.seen_at) for number, one in zip((1, 2, 3, 9), items, strict=True)],
            [version_of_item(one, content(one)) for one in items],
        )
        index.put(HITS, ALERTS)
        index.put_fetches(FETCHES)
        index.put_dead_letters(LETTERS)
        index.settle()
        index.close()
        yield server


@pytest.fixture(scope="module")
def ask(server: ElasticsearchServer) -> Iterator[Callable[[str, dict[str, Any]], Any]]:
    client = connect(server)
    client.indices.refresh(index=f"{server.prefix}-*")
    yield lambda view, body: client.search(index=view.replace("wirewatch", server.prefix), **body)
    client.close()


ELEVEN, TWELVE = "2026-11-22T11:00:00.000Z", "2026-11-22T12:00:00.000Z"
FIVE_PAST, ONE_PAST, TWO_PAST = "2026-11-22T12:05:00.000Z", "2026-11-22T12:01:00.000Z", "2026-11-22T12:02:00.000Z"


def over_time(*counted: tuple[str, str, int]) -> Rows:
    return [{"split": split, "time": time, "value": count} for split, time, count in counted]


def lines(*values: tuple[str, float, float]) -> Rows:
    return [{"time": time, "half": pytest.approx(half), "most": pytest.approx(most)} for time, half, most in values]


EXPECTED: dict[str, Rows] = {
    "hits": [{"value": 6}],
    "stories": [{"value": 3}],
    "sources": [{"value": 4}],
    "articles": [{"value": 3}],
    "sent": [{"value": 2}],
    "refused": [{"value": 2}],
    "failing": [{"value": 2}],
    "dead-letters": [{"value": 3}],
    "hits-by-list": over_time(("kosovo", ELEVEN, 1), ("kosovo", TWELVE, 4), ("banjska", TWELVE, 1)),
    "hits-by-language": over_time(
        ("sq", ELEVEN, 1), ("sq", TWELVE, 1), ("sr-Latn", TWELVE, 2), ("de", TWELVE, 1), ("sr-Cyrl", TWELVE, 1)
    ),
    "hits-by-source": over_time(
        ("Alpha", ELEVEN, 1), ("Alpha", TWELVE, 2), ("Beta", TWELVE, 1), ("Delta", TWELVE, 1), ("Gamma", TWELVE, 1)
    ),
    "hits-by-country": over_time(
        ("XK", ELEVEN, 1), ("XK", TWELVE, 2), ("", TWELVE, 1), ("DE", TWELVE, 1), ("RS", TWELVE, 1)
    ),
    "top-stories": [
        {"story": A, "title": "Kosovo 2", "articles": 3, "sources": 2, "newest": FIVE_PAST},
        *(
            {"story": story, "title": title, "articles": 1, "sources": 1, "newest": TWELVE}
            for story, title in sorted([(B, "Kosovo 4"), (C, "Kosovo 5")])
        ),
    ],
    "polls": over_time(
        ("timeout", TWELVE, 2),
        ("empty", TWELVE, 1),
        ("gone", TWELVE, 1),
        ("unchanged", TWELVE, 1),
        ("working", TWELVE, 1),
    ),
    "failing-feeds": [
        {
            "status": "timeout",
            "feed": "https://b.example/rss",
            "polls": 2,
            "reason": "no answer within 30 s, again",
            "newest": FIVE_PAST,
        },
        {"status": "gone", "feed": "https://c.example/rss", "polls": 1, "reason": "410 Gone", "newest": TWELVE},
    ],
    # Between two values, Elasticsearch takes the share of the way that the rank asks for.
    "published-to-seen": lines((ELEVEN, 30, 30), (TWELVE, 15, 37)),
    "seen-to-matched": lines((ELEVEN, 3, 3), (TWELVE, 2, 4.8)),
    "alert-to-sent": lines((TWELVE, 2, 2.9)),
    "alerts-not-sent": [
        {"state": "failed", "reason": "550 no such user", "alerts": 2, "recipients": 2, "newest": ONE_PAST},
        {"state": "suppressed", "reason": "snoozed by ana", "alerts": 1, "recipients": 1, "newest": TWELVE},
    ],
    "open-dead-letters": [
        {"status": "open", "stage": "decode", "letters": 2, "reason": "l2 is wrong", "newest": TWO_PAST},
        {"status": "open", "stage": "parse", "letters": 1, "reason": "l3 is wrong", "newest": TWELVE},
    ],
}


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.panel)
def test_a_panel_shows_what_is_stored(layer: Any, ask: Callable[[str, dict[str, Any]], Any]) -> None:
    assert rows(layer, ask(layer.view, request(layer, SINCE, UNTIL))) == EXPECTED[layer.panel]


@pytest.mark.parametrize(
    ("name", "hits"),
    [
        ("wirewatch-latest-hits", 6),
        ("wirewatch-latest-articles", 3),
        ("wirewatch-failing-feeds", 3),
        ("wirewatch-alerts-not-sent", 4),
        ("wirewatch-dead-letters", 3),
    ],
)
def test_a_saved_search_finds_what_is_stored(name: str, hits: int, ask: Callable[[str, dict[str, Any]], Any]) -> None:
    search = SEARCHES[name]
    kql = source_of(search)["query"]["query"]
    within = {"range": {"@timestamp": {"gte": SINCE, "lt": UNTIL}}}
    answer = ask(
        search["references"][0]["id"],
        {
            "query": {"bool": {"filter": [within, *([clause(kql).query()] if kql else [])]}},
            "fields": search["attributes"]["columns"],
            "sort": [{field: order} for field, order in search["attributes"]["sort"]],
        },
    )
    assert answer["hits"]["total"]["value"] == hits
    shown = [one["sort"][0] for one in answer["hits"]["hits"]]
    assert shown == sorted(shown, reverse=True)


def test_all_saved_searches_and_panels_are_run() -> None:
    assert {layer.panel for layer in layers()} == set(EXPECTED)
    assert len(SEARCHES) == 5
