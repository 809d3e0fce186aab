from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from connectors.index.documents import of_alert, of_hit
from schemas.alert import Alert
from schemas.hit import Hit
from tests.samples import NOON, hit


def of(kind: Hit) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(of_hit(kind, 1))
    return document


@pytest.mark.parametrize(
    ("published", "history", "seconds"),
    [
        (timedelta(seconds=-90.5), False, 90.5),
        (timedelta(0), False, 0.0),
        (None, False, None),
        (timedelta(seconds=-90), True, None),
        (timedelta(seconds=5), False, None),
    ],
    ids=["before", "at once", "undated", "history", "ahead"],
)
def test_how_long_a_hit_took_to_be_seen(published: timedelta | None, history: bool, seconds: float | None) -> None:
    when = None if published is None else NOON + published
    document = of(msgspec.structs.replace(hit(), seen_at=NOON, published_at=when, history=history))
    assert document.get("publish_seconds") == seconds


def test_how_long_a_hit_took_to_be_matched() -> None:
    found = msgspec.structs.replace(hit(), seen_at=NOON, matched_at=NOON + timedelta(milliseconds=250))
    assert of(found)["match_seconds"] == 0.25


def test_how_long_an_alert_took() -> None:
    sent = Alert(
        alert_key="a",
        kind="hit",
        story_id="s",
        watchlist="kosovo",
        recipient="desk@example.org",
        articles=("s",),
        hits=("h",),
        title="T",
        state="sent",
        message_id="<a@x>",
        created_at=NOON,
        sent_at=NOON + timedelta(seconds=2),
    )
    assert json.loads(of_alert(sent))["delivery_seconds"] == 2.0
    assert "delivery_seconds" not in json.loads(of_alert(msgspec.structs.replace(sent, sent_at=None)))
