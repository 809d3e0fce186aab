from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dashboard.guard import HEADERS
from schemas.feed import FeedSource, FeedStatus
from schemas.hit import Span
from tests.dashboard.newsroom import FEED, Newsroom, Page, entry, keep, news, serving
from tests.samples import NOON


def test_a_hit_is_shown_with_its_words_marked_and_its_reason(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(
        news(
            1,
            "Пуцњава у Бањској",
            "Полиција на Косову блокирала пут.",
            words=["Косову"],
            language="sr-Cyrl",
            severity="high",
            spans=(Span("body", 13, 19, "Косову", "kosovo", "Косово"),),
        )
    )
    text = page.get("/").text
    assert "на <mark>Косову</mark> блокирала" in text
    assert 'lang="sr-Cyrl" dir="auto"' in text
    assert 'href="https://outlet.example/1" target="_blank" rel="noopener noreferrer nofollow"' in text
    assert '<span class="host">outlet.example</span>' in text
    assert re.search(r"<b>kosovo</b> ← <bdi>Косову</bdi>.*\(<bdi>Косово</bdi>\)", text)
    assert 'class="severity is-high"' in text
    assert 'title="2026-11-22 12:00:01 UTC"' in text


def test_newest_hits_come_first_and_filters_are_addresses(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(
        news(1, "Older", language="sr-Latn"),
        news(2, "Newer", language="sr-Cyrl", watchlist="banjska"),
        news(3, "Newest", language="en"),
    )

    def titles(path: str) -> list[str]:
        return re.findall(r"nofollow\">(\w+)</a></h2>", page.get(path).text)

    assert titles("/") == ["Newest", "Newer", "Older"]
    assert titles("/?watchlist=kosovo&language=&since=") == ["Newest", "Older"]
    assert titles("/?language=sr") == ["Newer", "Older"]
    assert titles("/?language=sr&watchlist=banjska") == ["Newer"]
    assert titles("/?since=2026-11-22T12:00:02Z&utm_source=mail") == ["Newest", "Newer"]
    assert titles("/?limit=1") == ["Newest"]
    assert titles("/?watchlist=gone") == []


def test_the_filters_offer_what_there_is_with_counts(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "a", language="sr-Latn"), news(2, "b", language="sr-Cyrl", watchlist="retired"))
    text = page.get("/?language=sr-Latn").text
    assert '<option value="kosovo">Kosovo (1)</option>' in text
    assert '<option value="banjska">Banjska (0)</option>' in text
    assert '<option value="sr-Latn" selected data-language="sr-Latn">sr-Latn (1)</option>' in text
    assert '<option value="sr" data-language="sr">sr (2)</option>' in text
    assert "1 in the last 24 hours" in text
    assert '<option value="retired">Retired (1)</option>' in page.get("/").text


def test_an_empty_page_says_why_it_is_empty(newsroom: Newsroom, page: Page) -> None:
    text = page.get("/").text
    assert "No hits yet." in text
    assert "1 of 1 feeds polled" in text
    assert "<b>Banjska</b>, <b>Kosovo</b>" in text
    newsroom.publish(news(1, "a"))
    assert "No hits for this choice." in page.get("/?watchlist=banjska").text


def test_the_top_bar_of_every_page_tells_how_the_feeds_are(newsroom: Newsroom) -> None:
    newsroom.feeds = tuple(FeedSource(feed_url=f"https://{n}.example/", name=f"Feed {n}") for n in range(4))
    newsroom.polled(newsroom.feeds[0], FeedStatus.UNCHANGED, "not modified")
    newsroom.polled(newsroom.feeds[1], FeedStatus.NOT_FOUND, "the server answered 404", failures=1)
    newsroom.polled(newsroom.feeds[3], FeedStatus.TIMEOUT, "no answer in 30 s", failures=40)
    with serving(newsroom) as page:
        for path in ("/", "/feeds", "/no/such/page"):
            text = page.get(path).text
            assert 'class="indicator is-problem"' in text
            assert "2 of 4 feeds need attention" in text
        names = re.findall(r"(Feed \d)</span>", page.get("/feeds").text)
        assert names == ["Feed 3", "Feed 1", "Feed 2", "Feed 0"]
        assert "no answer in 30 s" in page.get("/feeds").text
        newsroom.polled(newsroom.feeds[1], FeedStatus.WORKING, "3 entries")
        newsroom.polled(newsroom.feeds[3], FeedStatus.TIMEOUT, "no answer in 30 s", failures=1)
        assert 'class="indicator is-failing"' in page.get("/").text
        assert "1 of 4 feeds cannot be read at the moment" in page.get("/").text
        newsroom.polled(newsroom.feeds[3], FeedStatus.WORKING, "3 entries")
        assert "3 of 4 feeds polled so far" in page.get("/").text
        newsroom.polled(newsroom.feeds[2], FeedStatus.EMPTY, "no entries")
        assert 'class="indicator is-fine"' in page.get("/").text


def test_an_article_shows_every_version_with_the_marks_of_its_own_hits(newsroom: Newsroom, page: Page) -> None:
    first = entry(1, "Talks on Kosovo", "They begin.")
    second = entry(1, "Talks on Kosovo fail", "Kosovo left.", seen_at=NOON + timedelta(minutes=9))
    keep(newsroom.index, first, second)
    newsroom.publish(
        news(1, first.title, first.body, words=["Kosovo"]),
        news(1, second.title, second.body, words=["Kosovo"], seen_at=second.seen_at, op="update"),
        news(2, "Another article about Kosovo", words=["Kosovo"]),
    )
    text = page.get(f"/articles/{first.article_id}").text
    assert "Text, 2 versions" in text
    assert text.index("Version 2,") < text.index("Version 1,")
    assert '<p class="wording">Talks on <mark>Kosovo</mark> fail</p>' in text
    assert "<p><mark>Kosovo</mark> left.</p>" in text
    assert "Another article" not in text
    assert "Sightings" in text
    assert FEED.feed_url in text


def test_an_unknown_article_and_page_are_not_found_in_style(page: Page) -> None:
    for path in ("/articles/0123", "/nowhere", "/articles/%3Cscript%3E"):
        answer = page.get(path)
        assert answer.status == 404
        assert "wirewatch" in answer.text
        assert answer.headers["content-type"].startswith("text/html")


def test_a_wrong_parameter_is_named(page: Page) -> None:
    answer = page.get("/?since=yesterday")
    assert answer.status == 400
    assert "since: " in answer.text
    assert page.get("/?language=<script>").text.count("<script") == page.get("/").text.count("<script")


def test_every_answer_carries_the_strict_headers(newsroom: Newsroom, page: Page) -> None:
    style = re.findall(r"/static/page\.\w+\.css", page.get("/").text)[0]
    paths = ["/", "/feeds", "/nowhere", "/?limit=x", "/api/hits", "/api/hits?limit=x", "/healthz", "/metrics", style]
    for path in paths:
        answer = page.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name.lower()] == value, path
    assert "server" not in page.get("/").headers


def test_a_store_that_is_away_is_a_503_in_style_without_paths_or_tracebacks(newsroom: Newsroom, page: Page) -> None:
    newsroom.index.close()
    answer = page.get("/")
    assert answer.status == 503
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "wirewatch" in answer.text
    assert "Traceback" not in answer.text
    assert ".sqlite" not in answer.text


def test_a_bug_is_a_500_in_style_and_in_the_log(newsroom: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    newsroom.clock = None  # type: ignore[assignment]
    with serving(newsroom) as page:
        answer = page.get("/")
        assert answer.status == 500
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
        assert "the log says what" in answer.text
        assert "Traceback" not in answer.text
    assert "Exception in ASGI application" in caplog.text


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1", "[::1]:80", "127.8.8.8:1", "a.localhost"])
def test_loopback_names_are_served(page: Page, host: str) -> None:
    assert page.get("/", {"Host": host}).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", "", "10.0.0.1"]
)
def test_foreign_names_are_refused(page: Page, host: str) -> None:
    answer = page.get("/api/hits", {"Host": host})
    assert answer.status == 400
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_configured_name_is_served(newsroom: Newsroom) -> None:
    with serving(newsroom, hosts=["Desk.Example"]) as page:
        assert page.get("/", {"Host": "desk.example:8410"}).status == 200
        assert page.get("/", {"Host": "evil.example"}).status == 400


def test_static_files_are_named_by_their_content_and_kept_by_caches(page: Page) -> None:
    text = page.get("/").text
    for path in re.findall(r"/static/[^\"]+", text):
        answer = page.get(path)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert page.get("/static/page.css").status == 404
    assert page.get("/static/..%2Fapp.py").status == 404
    assert page.get("/").headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "Kosovo", words=["Kosovo"]))
    for path in ("/", "/feeds"):
        text = page.get(path).text
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=", text)
