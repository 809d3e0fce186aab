"""Items to measure with: the sample wire's texts, recombined with a fixed seed to news length, one in ten a hit."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import yaml

from connectors.interfaces import NewRecord
from schemas import codec
from schemas.identity import article_id_of_address, content_hash, item_id, version_id
from schemas.item import FeedItem, Outlet
from schemas.time import now
from wirewatch.wiring import packaged

_SEED = 1244
_FEED = "https://outlet.example/rss"


def items(count: int) -> list[FeedItem]:
    """`count` different items of some 700 characters in six languages and scripts."""
    wire = yaml.safe_load(Path(packaged("sample_wire.yaml")).read_text("utf-8"))["items"]
    by_language: dict[str, list[dict[str, object]]] = {}
    for entry in wire:
        by_language.setdefault(str(entry["language"]), []).append(entry)
    choose = random.Random(_SEED)
    moment = now()
    made = []
    for number in range(count):
        language = choose.choice(sorted(by_language))
        entries = by_language[language]
        quiet = [entry for entry in entries if not entry.get("matches")]
        first = choose.choice([entry for entry in entries if entry.get("matches")] if number % 10 == 0 else quiet)
        parts = [first, *choose.choices(quiet, k=2)]
        made.append(_item(number, language, parts, moment - timedelta(seconds=count - number)))
    return made


def _item(number: int, language: str, parts: list[dict[str, object]], seen_at: object) -> FeedItem:
    title = f"{parts[0]['title']} ({number})"
    summary = str(parts[0]["summary"])
    body = " ".join(str(part.get("body", "")) for part in parts)
    url = f"https://outlet.example/{number}"
    article, words = article_id_of_address(url), content_hash("feed", title, summary, body)
    return FeedItem(
        feed_url=_FEED,
        native_id=url,
        id_policy="guid",
        item_id=item_id(_FEED, "guid", url),
        article_id=article,
        keyed_by="address",
        content_hash=words,
        version_id=version_id(article, words),
        op="new",
        url=url,
        title=title,
        summary=summary,
        body=body,
        language=language,
        source=Outlet(name="Outlet", language=language),
        seen_at=seen_at,  # type: ignore[arg-type] # an aware time, passed through
    )


def record_of(item: FeedItem) -> NewRecord:
    """The record the poller would append."""
    return NewRecord(topic="items", key=item.article_id, value=codec.encode(item), headers=codec.headers(item))
