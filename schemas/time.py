"""Times are aware UTC everywhere; this is the one place that makes and checks them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware datetime in UTC; on the wire RFC 3339 with `Z`."""


def now() -> datetime:
    """The current time in UTC, to the millisecond (the precision every stored time has)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """`moment` as people and JSON see it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
