"""The data views: one an index, with what its fields look like."""

from __future__ import annotations

import json
from typing import Any

PAGE = "http://127.0.0.1:8410"
"""The page as it is by default. `connectors.kibana` puts `alerts.base_url` in its place, or takes the links away."""

ARTICLE = {"id": "url", "params": {"urlTemplate": PAGE + "/articles/{{value}}", "labelTemplate": "{{value}}"}}
"""A story is named by the article it began with, so its id leads to a page too."""
ADDRESS = {"id": "url"}
SECONDS = {
    "id": "duration",
    "params": {
        "inputFormat": "seconds",
        "outputFormat": "humanizePrecise",
        "outputPrecision": 1,
        "useShortSuffix": True,
        "includeSpaceWithSuffix": True,
    },
}
BYTES = {"id": "bytes"}

VIEWS: dict[str, dict[str, dict[str, Any]]] = {
    "articles": {"article_id": ARTICLE, "url": ADDRESS, "feed_url": ADDRESS},
    "versions": {"article_id": ARTICLE},
    "hits": {
        "article_id": ARTICLE,
        "story_id": ARTICLE,
        "url": ADDRESS,
        "feed_url": ADDRESS,
        "publish_seconds": SECONDS,
        "match_seconds": SECONDS,
    },
    "alerts": {"story_id": ARTICLE, "articles": ARTICLE, "delivery_seconds": SECONDS},
    "deadletters": {"length": BYTES},
    "fetches": {"feed_url": ADDRESS, "final_url": ADDRESS, "bytes_read": BYTES, "seconds": SECONDS, "late": SECONDS},
}
"""Index without its prefix -> how its fields are shown, where it is not as they are."""

HIDDEN: dict[str, tuple[str, ...]] = {
    "articles": ("contents*", "fold", "folded", "observations*", "stemmed*"),
    "hits": ("cursor",),
    "deadletters": ("headers*", "raw"),
}
"""Fields that Discover leaves out of its tables: they are there for us, and long."""


def view_id(index: str) -> str:
    """The id of a data view, which is the alias it is for."""
    return f"wirewatch-{index}"


def views() -> dict[str, dict[str, Any]]:
    """Attributes of all data views by id."""
    return {
        view_id(index): {
            "title": view_id(index),
            "name": f"wirewatch: {index}",
            "timeFieldName": "@timestamp",
            "fieldFormatMap": json.dumps(formats, separators=(",", ":")),
            "sourceFilters": json.dumps(
                [{"value": pattern} for pattern in HIDDEN.get(index, ())], separators=(",", ":")
            ),
        }
        for index, formats in VIEWS.items()
    }
