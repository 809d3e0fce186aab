"""The saved searches, which Kibana calls Discover sessions."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from schemas.feed import FINE
from tools.kibana.views import view_id

FINE_STATUSES = tuple(sorted(map(str, FINE)))
FAILING = "not status: (" + " or ".join(f'"{status}"' for status in FINE_STATUSES) + ")"
"""Polls in which a feed did not answer as one."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A table of documents, newest first. A column has a width in pixels, or 0: it shares what is left."""

    title: str
    description: str
    index: str
    columns: dict[str, int]
    query: str = ""

    def attributes(self) -> dict[str, Any]:
        """Its attributes as Kibana stores them."""
        source = {
            "query": {"query": self.query, "language": "kuery"},
            "filter": [],
            "indexRefName": self.reference["name"],
        }
        return {
            "title": self.title,
            "description": self.description,
            "columns": list(self.columns),
            "sort": [["@timestamp", "desc"]],
            "grid": {"columns": {name: {"width": width} for name, width in self.columns.items() if width}},
            "hideChart": False,
            "isTextBasedQuery": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source, separators=(",", ":"))},
        }

    @property
    def reference(self) -> dict[str, str]:
        """What ties it to its data view."""
        name = "kibanaSavedObjectMeta.searchSourceJSON.index"
        return {"type": "index-pattern", "id": view_id(self.index), "name": name}


SESSIONS = {
    "wirewatch-latest-hits": Session(
        title="wirewatch: latest hits",
        description="Every hit, newest first.",
        index="hits",
        columns={
            "watchlist_name": 140,
            "severity": 90,
            "title": 0,
            "source": 150,
            "language": 90,
            "excerpt": 0,
            "article_id": 180,
        },
    ),
    "wirewatch-latest-articles": Session(
        title="wirewatch: articles",
        description="Every article that came in, whether a list found it or not.",
        index="articles",
        columns={"title": 0, "source.name": 150, "language": 90, "summary": 0, "url": 220, "article_id": 180},
    ),
    "wirewatch-failing-feeds": Session(
        title="wirewatch: failing feeds",
        description="Polls in which a feed did not answer as a feed, with the reason.",
        index="fetches",
        columns={"feed_url": 320, "status": 120, "reason": 0, "http_status": 100, "seconds": 100},
        query=FAILING,
    ),
    "wirewatch-alerts-not-sent": Session(
        title="wirewatch: alerts not sent",
        description="Alerts that wait, were suppressed or were refused, with the reason.",
        index="alerts",
        columns={
            "state": 110,
            "reason": 0,
            "watchlist_name": 140,
            "title": 0,
            "recipient": 200,
            "attempts": 90,
            "next_attempt_at": 190,
        },
        query='not state: "sent"',
    ),
    "wirewatch-dead-letters": Session(
        title="wirewatch: dead letters",
        description="What could not be processed and still waits to be replayed: `wirewatch deadletters replay`.",
        index="deadletters",
        columns={"stage": 100, "reason": 0, "subject": 320, "position": 260, "length": 90},
        query='status: "open"',
    ),
}
"""Saved searches by id."""
