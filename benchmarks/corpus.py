"""Items to measure with: the sample wire's texts, recombined with a fixed seed to news length, one in ten a hit."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from connectors.interfaces import NewRecord
from schemas import codec
from schemas.item import FeedItem, Outlet
from schemas.time import now
from tests.samples import item
from wirewatch.wiring import packaged

_SEED = 1244


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


def _item(number: int, language: str, parts: list[dict[str, object]], seen_at: datetime) -> FeedItem:
    return item(
        number,
        title=f"{parts[0]['title']} ({number})",
        summary=str(parts[0]["summary"]),
        body=" ".join(str(part.get("body", "")) for part in parts),
        language=language,
        source=Outlet(name="Outlet", language=language),
        seen_at=seen_at,
    )


def record_of(one: FeedItem) -> NewRecord:
    """The record the poller would append."""
    return NewRecord(topic="items", key=one.article_id, value=codec.encode(one), headers=codec.headers(one))
