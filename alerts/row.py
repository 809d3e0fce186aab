"""One row of the ledger, between deciding, composing and delivering."""

from __future__ import annotations

import msgspec

from schemas.alert import Alert
from schemas.hit import Hit
from schemas.time import Time


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with the hits its mail is composed from, ordered by query, then `hit_id`."""

    alert: Alert
    hits: tuple[Hit, ...]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to hand an alert over. Without `ended_at` the process died in it: a copy may have been delivered."""

    number: int
    started_at: Time
    ended_at: Time | None = None
    outcome: str = ""
    """`sent`, `postponed` or `failed`; empty while under way or interrupted."""
    answer: str = ""
    """What the server said."""
