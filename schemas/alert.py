"""What the team is told: one row of the ledger."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.hit import Severity
from schemas.time import Time

AlertState = Literal["pending", "sending", "sent", "failed", "suppressed"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert to one recipient. `alert_key` decides what counts as the same alert."""

    alert_key: str
    kind: Literal["hit"]
    story_id: str
    watchlist: str
    watchlist_name: str = ""
    recipient: str
    severity: Severity = "normal"
    articles: tuple[str, ...]
    """The article ids this alert covers: nothing covered is ever new again."""
    hits: tuple[str, ...]
    """The hit ids it was made from."""
    title: str
    state: AlertState
    reason: str = ""
    """Why it was suppressed, or the last answer of the mail server."""
    message_id: str
    """`<hash of alert_key@domain>`: the same on every attempt."""
    attempts: int = 0
    created_at: Time
    sent_at: Time | None = None
    next_attempt_at: Time | None = None
