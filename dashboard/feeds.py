"""The feeds as the page shows them: what is configured, joined with what the poller last found. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from schemas.feed import FINE, FeedSource, FeedState
from schemas.health import Health, verdicts

Standing = Literal["problem", "failing", "waiting", "fine"]
_ORDER: tuple[Standing, ...] = ("problem", "failing", "waiting", "fine")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class FeedRow(msgspec.Struct, frozen=True):
    """One configured feed; `state` is None before its first poll."""

    source: FeedSource
    state: FeedState | None
    health: Health

    @property
    def standing(self) -> Standing:
        """`problem`: a person should look. `failing`: the last poll brought no feed. `waiting`: there was none yet."""
        if self.state is None or self.state.last_fetch is None:
            return "waiting"
        if self.health.needs_person:
            return "problem"
        return "fine" if self.state.last_fetch.status in FINE else "failing"

    @property
    def name(self) -> str:
        """The outlet, or the address while it has no name."""
        return self.source.name or self.source.feed_url


class FeedBoard(msgspec.Struct, frozen=True):
    """All configured feeds, problems first, those failing longest before the others."""

    rows: tuple[FeedRow, ...]

    def standing(self, standing: Standing) -> int:
        """How many feeds stand so."""
        return sum(row.standing == standing for row in self.rows)

    @property
    def worst(self) -> Standing:
        """How the board stands as a whole: the colour of the top bar."""
        return min((row.standing for row in self.rows), key=_ORDER.index, default="waiting")

    @property
    def polled(self) -> int:
        """Feeds polled at least once."""
        return len(self.rows) - self.standing("waiting")

    @property
    def last_poll(self) -> datetime | None:
        """When any of them was polled last."""
        return max(
            (row.state.last_fetch.fetched_at for row in self.rows if row.state and row.state.last_fetch), default=None
        )

    @property
    def summary(self) -> str:
        """One sentence for the top bar."""
        total, problems, failing = len(self.rows), self.standing("problem"), self.standing("failing")
        if not total:
            return "no feeds configured"
        if problems:
            return f"{problems} of {total} feeds need{'s' if problems == 1 else ''} attention"
        if failing:
            return f"{failing} of {total} feeds cannot be read at the moment"
        if self.polled < total:
            return f"{self.polled} of {total} feeds polled so far"
        return f"all {total} feeds fine" if total > 1 else "the feed is fine"


def feed_board(feeds: Iterable[FeedSource], states: Iterable[FeedState]) -> FeedBoard:
    """The board of `feeds`; states of feeds no longer configured are left out."""
    known = {state.feed_url: state for state in states}
    sources = tuple(feeds)
    healths = verdicts(sources, known.values())
    rows = [
        FeedRow(source, known.get(source.feed_url), health) for source, health in zip(sources, healths, strict=True)
    ]
    return FeedBoard(tuple(sorted(rows, key=_rank)))


def _rank(row: FeedRow) -> tuple[object, ...]:
    last_ok = (row.state.last_ok_at if row.state else None) or _LONG_AGO
    longest = last_ok if row.standing in {"problem", "failing"} else _LONG_AGO
    return (_ORDER.index(row.standing), longest, row.name.casefold(), row.source.feed_url)
