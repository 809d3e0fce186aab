"""The panels of the dashboard, row by row as they lie on its 48 columns."""

from __future__ import annotations

import msgspec

from tools.kibana.lens import (
    BAD,
    WARNING,
    Chart,
    bars,
    count,
    different,
    last,
    lines,
    newest,
    number,
    over_time,
    percentile,
    table,
    top,
)
from tools.kibana.sessions import FAILING, FINE_STATUSES
from tools.kibana.views import view_id

HITS, ARTICLES, ALERTS = view_id("hits"), view_id("articles"), view_id("alerts")
FETCHES, DEAD_LETTERS = view_id("fetches"), view_id("deadletters")


class Panel(msgspec.Struct, frozen=True):
    """One panel: its title, its width, and a chart or the id of a saved search."""

    title: str
    width: int
    shows: Chart | str


def _hits_by(title: str, width: int, field: str, size: int) -> Panel:
    split = top(title, field, size, "value", other=True, missing=True)
    return Panel(f"Hits by {title.lower()}", width, bars(HITS, over_time(), split, count("Hits")))


def _seconds(title: str, view: str, field: str, *, alone: bool) -> Panel:
    values = {"half": percentile("Half within", field, 50), "most": percentile("95 % within", field, 95)}
    return Panel(title, 16, lines(view, over_time(), values, alone=alone))


FIGURES = {
    "hits": Panel("Hits", 6, number(HITS, count("Hits", zero=True))),
    "stories": Panel("Stories", 6, number(HITS, different("Stories", "story_id"))),
    "sources": Panel("Sources with hits", 6, number(HITS, different("Sources with hits", "source"))),
    "articles": Panel("Articles seen", 6, number(ARTICLES, count("Articles seen", zero=True), alone=True)),
    "sent": Panel("Alerts sent", 6, number(ALERTS, count("Alerts sent", 'state: "sent"', zero=True), alone=True)),
    "refused": Panel(
        "Alerts refused",
        6,
        number(ALERTS, count("Alerts refused", 'state: "failed"', zero=True), trouble=BAD, alone=True),
    ),
    "failing": Panel(
        "Feeds with failed polls",
        6,
        number(FETCHES, different("Feeds with failed polls", "feed_url", FAILING), trouble=WARNING, alone=True),
    ),
    "dead-letters": Panel(
        "Open dead letters",
        6,
        number(DEAD_LETTERS, count("Open dead letters", 'status: "open"', zero=True), trouble=BAD, alone=True),
    ),
}

TOP_STORIES = Panel(
    "Top stories",
    24,
    table(
        HITS,
        {
            "story": top("Story", "story_id", 20, "articles"),
            "title": last("Newest title", "title.keyword"),
            "articles": different("Articles", "article_id"),
            "sources": different("Sources", "source"),
            "newest": newest("Newest"),
        },
        {"story": 110, "articles": 80, "sources": 80, "newest": 170},
    ),
)

FAILING_FEEDS = Panel(
    "Feeds with failed polls",
    24,
    table(
        FETCHES,
        {
            "status": top("Came to", "status", 15, "polls", never=FINE_STATUSES),
            "feed": top("Feed", "feed_url", 50, "polls"),
            "polls": count("Polls"),
            "reason": last("Newest reason", "reason.keyword"),
            "newest": newest("Newest"),
        },
        {"status": 110, "polls": 70, "newest": 170},
        alone=True,
    ),
)

ALERTS_NOT_SENT = Panel(
    "Alerts suppressed or refused",
    24,
    table(
        ALERTS,
        {
            "state": top("State", "state", 5, "alerts", only=("failed", "suppressed")),
            "reason": top("Reason", "reason.keyword", 20, "alerts", missing=True),
            "alerts": count("Alerts"),
            "recipients": different("Recipients", "recipient"),
            "newest": newest("Newest"),
        },
        {"state": 110, "alerts": 70, "recipients": 90, "newest": 170},
        alone=True,
    ),
)

OPEN_DEAD_LETTERS = Panel(
    "Open dead letters",
    24,
    table(
        DEAD_LETTERS,
        {
            "status": top("Status", "status", 2, "letters", only=("open",)),
            "stage": top("Stage", "stage", 10, "letters"),
            "letters": count("Letters"),
            "reason": last("Newest reason", "reason.keyword"),
            "newest": newest("Newest"),
        },
        {"status": 0, "stage": 90, "letters": 70, "newest": 170},
        alone=True,
    ),
)

ROWS: tuple[tuple[int, dict[str, Panel]], ...] = (
    (5, FIGURES),
    (13, {"hits-by-list": _hits_by("List", 24, "watchlist", 12), "top-stories": TOP_STORIES}),
    (16, {"latest-hits": Panel("Latest hits", 48, "wirewatch-latest-hits")}),
    (
        11,
        {
            "hits-by-language": _hits_by("Language", 16, "language", 8),
            "hits-by-source": _hits_by("Source", 16, "source", 10),
            "hits-by-country": _hits_by("Country", 16, "country", 10),
        },
    ),
    (
        12,
        {
            "polls": Panel(
                "Polls by what they came to",
                24,
                bars(FETCHES, over_time(), top("Came to", "status", 15, "value"), count("Polls"), alone=True),
            ),
            "failing-feeds": FAILING_FEEDS,
        },
    ),
    (
        10,
        {
            "published-to-seen": _seconds("From published to seen", HITS, "publish_seconds", alone=False),
            "seen-to-matched": _seconds("From seen to matched", HITS, "match_seconds", alone=False),
            "alert-to-sent": _seconds("From alert to sent", ALERTS, "delivery_seconds", alone=True),
        },
    ),
    (12, {"alerts-not-sent": ALERTS_NOT_SENT, "open-dead-letters": OPEN_DEAD_LETTERS}),
)
"""Height and panels by id of each row. What the news say comes first, whether all of it runs after that."""

CONTROLS = {
    "watchlist": "List",
    "severity": "Severity",
    "language": "Language",
    "country": "Country",
    "source": "Source",
}
"""Field of hits -> what the control over the panels is called."""
