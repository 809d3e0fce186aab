from __future__ import annotations

import msgspec

from schemas.article import Article
from schemas.feed import FeedState, Push
from schemas.hit import Hit
from tests.dashboard.newsroom import FEED, Newsroom, Page, entry, keep, news, serving


def test_hits_are_the_schema_s_own_objects_newest_first(newsroom: Newsroom, page: Page) -> None:
    hits = [news(number, f"Kosovo {number}", words=["Kosovo"]) for number in range(1, 4)]
    newsroom.publish(*hits)
    answer = page.get("/api/hits?limit=2")
    assert answer.headers["content-type"] == "application/json"
    assert msgspec.convert(answer.json["hits"], list[Hit]) == [hits[2], hits[1]]
    assert answer.json["cursor"] == newsroom.index.last_cursor()
    assert page.get("/api/hits?watchlist=banjska").json["hits"] == []


def test_a_misspelt_or_impossible_parameter_is_a_400_that_names_it(page: Page) -> None:
    for parameter, value in (("watchlists", "kosovo"), ("limit", "0"), ("since", "x"), ("language", "!")):
        answer = page.get(f"/api/hits?{parameter}={value}")
        assert answer.status == 400
        assert answer.json["parameter"] == parameter
        assert page.get(f"/events?{parameter}={value}").status == 400


def test_an_article_is_the_schema_s_own_object(newsroom: Newsroom, page: Page) -> None:
    item = entry(1, "Kosovo")
    keep(newsroom.index, item)
    answer = page.get(f"/api/articles/{item.article_id}")
    assert msgspec.convert(answer.json, Article) == newsroom.index.article(item.article_id)
    missing = page.get("/api/articles/none")
    assert (missing.status, missing.json) == (404, {"error": "there is no article with this id"})


def test_feeds_tell_source_standing_and_state(page: Page) -> None:
    answer = page.get("/api/feeds").json
    assert (answer["total"], answer["problems"]) == (1, 0)
    (feed,) = answer["feeds"]
    assert feed["source"]["feed_url"] == FEED.feed_url
    assert feed["standing"] == "fine"
    assert feed["state"]["last_fetch"]["reason"] == "12 entries, 2 new"


def test_an_unknown_api_address_is_a_json_404(page: Page) -> None:
    answer = page.get("/api/nothing")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")


def test_health_is_200_or_503_with_details(newsroom: Newsroom) -> None:
    with serving(newsroom) as page:
        answer = page.get("/healthz")
        assert (answer.status, answer.json) == (200, {"ok": True, "details": {"poller": "running"}})
        newsroom.healthy = False
        answer = page.get("/healthz")
        assert (answer.status, answer.json) == (503, {"ok": False, "details": {"poller": "stuck"}})


def test_metrics_hold_those_of_the_process_and_of_the_page(page: Page) -> None:
    lines = page.get("/metrics").text.splitlines()
    assert "wirewatch_items_total 7" in lines
    assert "wirewatch_page_clients 0" in lines


def test_the_secret_of_a_subscription_is_nobodys_business(newsroom: Newsroom) -> None:
    feed = newsroom.feeds[0]
    push = Push(hub="https://hub.example/", secret="hush-hush", callback="unguessable")
    newsroom.states.save(FeedState(feed_url=feed.feed_url, push=push), {})
    with serving(newsroom) as page:
        answer = page.get("/api/feeds").text
    assert "https://hub.example/" in answer
    assert "hush-hush" not in answer
    assert "unguessable" not in answer
