"""Full text as a user meets it: a term that only the page has, one alert, offsets that hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from schemas.item import FeedItem
from schemas.time import now
from tests.connectors.feeds.pages import WORDS, page
from tests.product import LOOPBACK, mails, records, wirewatch
from tests.samples import item
from tests.wire import Answer, Wire, rss, serving

pytestmark = pytest.mark.slow

BEGAN = now()


def html(document: bytes) -> Answer:
    return 200, {"Content-Type": "text/html; charset=utf-8"}, document


def entry(wire: Wire, title: str, text: str = "What happened, in short.") -> FeedItem:
    return item(1, title=title, body=text, url=wire.url("/1.html"), published_at=BEGAN - timedelta(minutes=5))


def once(wire: Wire, data: Path) -> None:
    listed = data.parent / "feeds.toml"
    listed.write_text(f'[[feeds]]\nurl = "{wire.url("/a.rss")}"\nfull_text = true\n')
    wirewatch("run", "--once", "--feeds", listed, *LOOPBACK, "--data", data)


def verify(hit: dict[str, object], data: Path) -> None:
    version = records("articles", "show", str(hit["article_id"]), "--version", str(hit["version_id"]), "--data", data)[
        0
    ]
    spans = hit["spans"]
    assert isinstance(spans, list)
    assert spans
    for span in spans:
        assert version[span["field"]][span["start"] : span["end"]] == span["text"]


def test_a_term_of_the_page_alone_is_a_hit_and_one_alert(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving() as wire:
        wire["/a.rss"] = rss(entry(wire, "Quiet day at the monastery"))
        wire["/1.html"] = lambda: html(
            page("Quiet day at the monastery", WORDS * 4, f"{WORDS} It was in Banjska, they say.")
        )
        once(wire, data)
        once(wire, data)
        assert wire.requests.count("/1.html") == 1
        assert wire.requests.count("/robots.txt") == 1
    (hit,) = records("hits", "--data", data)
    assert (hit["watchlist"], hit["op"], hit["spans"][0]["field"]) == ("banjska", "new", "body")
    verify(hit, data)
    (article,) = records("search", "*", "--data", data)
    assert article["body"].endswith("It was in Banjska, they say.")
    assert (article["summary"], article["version_id"]) == ("What happened, in short.", hit["version_id"])
    assert len(mails(data)) == 1
    assert [one["state"] for one in records("alerts", "list", "--data", data)] == ["sent"]


def test_a_lost_memory_makes_no_edit_of_a_page(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving() as wire:
        wire["/a.rss"] = rss(entry(wire, "Quiet day in Banjska"))
        wire["/1.html"] = lambda: html(page("Quiet day in Banjska"))
        once(wire, data)
        for file in data.glob("feeds.sqlite3*"):
            file.unlink()
        once(wire, data)
        assert wire.requests.count("/1.html") == 1
        for file in data.glob("feeds.sqlite3*"):
            file.unlink()
        wire["/a.rss"] = rss(entry(wire, "Quiet days in Banjska"))
        once(wire, data)
        assert wire.requests.count("/1.html") == 2
    assert [one["op"] for one in records("hits", "--data", data)] == ["update", "new"]
    assert len(mails(data)) == 1


def test_a_page_that_comes_late_alerts_only_for_what_the_feed_did_not_say(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving() as wire:
        wire["/a.rss"] = rss(entry(wire, "Quiet day in Banjska"))
        wire["/1.html"] = lambda: (503, {}, b"")
        once(wire, data)
        assert [(one["watchlist"], one["op"]) for one in records("hits", "--data", data)] == [("banjska", "new")]
        assert len(mails(data)) == 1
        wire["/1.html"] = lambda: html(page("Quiet day in Banjska", WORDS * 4, f"{WORDS} All of Kosovo heard of it."))
        once(wire, data)
        once(wire, data)
        assert wire.requests.count("/1.html") == 2
    hits = records("hits", "--data", data)
    # Banjska twice, in the feed's words and in the page's; the alert for it was sent before.
    assert sorted((one["watchlist"], one["op"]) for one in hits) == [
        ("banjska", "new"), ("banjska", "new"), ("kosovo", "new"),
    ]  # fmt: skip
    for hit in hits:
        verify(hit, data)
    alerts = records("alerts", "list", "--data", data)
    assert sorted((one["watchlist"], one["state"]) for one in alerts) == [("banjska", "sent"), ("kosovo", "sent")]
    assert len(mails(data)) == 2
    (article,) = records("search", "*", "--data", data)
    assert len(article["sightings"]) == 1
    assert article["body"].endswith("All of Kosovo heard of it.")
