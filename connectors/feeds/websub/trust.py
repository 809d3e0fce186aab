"""How far each hub is trusted: every silence about something new halves the time until the next check on it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from schemas.feed import FetchRecord

LATE = timedelta(minutes=10)
"""What is delivered so soon after a poll has found it was on its way, and not kept quiet about."""
_MOST_SILENCES = 6


class Trust:
    """The silences of the hubs of one process, by feed; forgotten with it."""

    def __init__(self, backup: float) -> None:
        self._backup = backup
        self._silences: Counter[str] = Counter()
        self._last: dict[str, datetime] = {}

    def seconds(self, feed_url: str) -> float:
        """Seconds between two polls of a feed while its hub is trusted."""
        return self._backup * 0.5 ** min(self._silences[feed_url], _MOST_SILENCES)

    def silent(self, feed_url: str, at: datetime) -> None:
        """A poll `at` that time has found something that was never delivered."""
        self._silences[feed_url] += 1
        self._last[feed_url] = at

    def delivered(self, record: FetchRecord) -> None:
        """A delivery came; one of what a poll has just found takes the silence back."""
        last = self._last.pop(record.feed_url, None)
        if last is not None and record.fetched_at < last + LATE and record.new < max(record.entries, 1):
            self._silences[record.feed_url] -= 1
